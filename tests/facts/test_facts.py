"""A node's files become facts: what it says is told, what it does not say is unknown."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.facts import health, material, nature
from nowfab.facts.health import Health
from nowfab.facts.nature import Facts
from tests.facts.pis import BARE, PI_3, PI_4, PI_5, STRETCH, ZERO_2, Pi

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
TOOLS = ("sed", "cat", "ls")
"""What the script may use besides what the node answers with."""

KIB = 1024


def answer(pi: Pi, asks: tuple[str, ...], folder: Path, shell: str = "sh") -> material.Sections:
    """Run the real script over a node's files, with nothing in the PATH but its programs and sed."""
    root, programs = folder / "root", folder / "bin"
    root.mkdir()
    pi.make(root, programs)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (programs / tool).symlink_to(found)
    words = [shutil.which(shell) or "/bin/sh", *(["sh"] if shell == "busybox" else [])]
    script = material.script(asks, str(root)).replace("/usr/sbin:/sbin:/opt/vc/bin", "")
    done = subprocess.run(
        [*words, "-c", script], env={"PATH": str(programs)}, capture_output=True, timeout=30, check=True
    )
    assert b"" == done.stderr
    sections = material.cut(done.stdout)
    assert sections is not None
    return sections


def facts(pi: Pi, folder: Path, shell: str = "sh") -> Facts:
    return nature.read(answer(pi, nature.ASKS, folder, shell))


def found(pi: Pi, folder: Path, shell: str = "sh") -> Health:
    return health.read(answer(pi, health.ASKS, folder, shell))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("pi", "model", "system", "kernel"),
    [
        (PI_3, "Raspberry Pi 3 Model B Plus Rev 1.3", ("raspbian", "11", "bullseye"), "6.1.21-v7+"),
        (PI_4, "Raspberry Pi 4 Model B Rev 1.4", ("raspbian", "12", "bookworm"), "6.6.51+rpt-rpi-v8"),
        (PI_5, "Raspberry Pi 5 Model B Rev 1.0", ("debian", "12", "bookworm"), "6.6.31+rpt-rpi-2712"),
        (ZERO_2, "Raspberry Pi Zero 2 W Rev 1.0", ("debian", "13", "trixie"), "6.12.47+rpt-rpi-v8"),
        (STRETCH, "Raspberry Pi 3 Model B Rev 1.2", ("raspbian", "9", "stretch"), "4.14.52-v7+"),
    ],
)
def test_model_release_and_kernel_are_what_the_pi_says(
    pi: Pi, model: str, system: tuple[str, str, str], kernel: str, shell: str, tmp_path: Path
) -> None:
    told = facts(pi, tmp_path, shell)
    if shell == "busybox":  # may prefer its own uname, which knows this computer
        told = replace(told, kernel=kernel)

    assert (model, system, kernel) == (told.model, (told.system_id, told.version, told.codename), told.kernel)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("pi", "degrees"), [(PI_3, 51.54), (PI_4, 82.761), (PI_5, 43.15), (ZERO_2, 47.236), (STRETCH, 48.312)]
)
def test_the_temperature_is_the_processors(pi: Pi, degrees: float, shell: str, tmp_path: Path) -> None:
    assert degrees == found(pi, tmp_path, shell).temperature


def test_all_facts_of_one_pi(tmp_path: Path) -> None:
    """A 64-bit kernel under a 32-bit system is what Raspberry Pi OS (32-bit) runs on a Pi 4."""

    assert Facts(
        model="Raspberry Pi 4 Model B Rev 1.4",
        system="Raspbian GNU/Linux 12 (bookworm)",
        system_id="raspbian",
        version="12",
        codename="bookworm",
        kernel="6.6.51+rpt-rpi-v8",
        machine="aarch64",
        userland_bits=32,
        packages="armhf",
        cpus=4,
        memory=3884408 * KIB,
        disk=61278584 * KIB,
        network=("NetworkManager",),
        python="3.11.2",
    ) == facts(PI_4, tmp_path)


def test_the_whole_health_of_one_pi(tmp_path: Path) -> None:
    assert Health(
        up=273845.11,
        since=1795000000,
        load=(0.08, 0.03, 0.01),
        memory=945512 * KIB,
        memory_free=756410 * KIB,
        disk=30358988 * KIB,
        disk_used=5313176 * KIB,
        disk_free=23773856 * KIB,
        temperature=51.54,
        throttled=("under-voltage", "throttled"),
        was_throttled=("under-voltage", "throttled"),
        reboot=False,
        failed=(),
    ) == found(PI_3, tmp_path)


def test_a_node_that_tells_nothing_has_only_unknowns(tmp_path: Path) -> None:
    """No systemd, none of the files, none of the programs: nothing is guessed."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert (Facts(), Health()) == (facts(BARE, tmp_path / "a"), found(BARE, tmp_path / "b"))


def test_who_sees_to_the_network(tmp_path: Path) -> None:
    """dhcpcd until bullseye, NetworkManager since; ifupdown may be active beside either."""
    told = []
    for number, pi in enumerate((PI_3, PI_5, STRETCH)):
        (tmp_path / str(number)).mkdir()
        told.append(facts(pi, tmp_path / str(number)).network)

    assert [("dhcpcd", "networking"), ("NetworkManager",), ("dhcpcd",)] == told


@pytest.mark.parametrize(
    ("value", "now", "before"),
    [
        ("0x0", (), ()),
        ("0x50000", (), ("under-voltage", "throttled")),
        ("0x50005", ("under-voltage", "throttled"), ("under-voltage", "throttled")),
        ("0x20002", ("frequency capped",), ("frequency capped",)),
        ("0x80008", ("soft temperature limit",), ("soft temperature limit",)),
        ("0xe0008", ("soft temperature limit",), ("frequency capped", "throttled", "soft temperature limit")),
    ],
)
def test_throttling_in_words(value: str, now: tuple[str, ...], before: tuple[str, ...]) -> None:
    told = health.read({"throttled": (f"throttled={value}",)})

    assert (now, before) == (told.throttled, told.was_throttled)


@pytest.mark.parametrize(
    ("pi", "due"),
    [
        (PI_3, False),
        (PI_4, True),  # /run/reboot-required
        (PI_5, True),  # 6.6.51 for its kind is installed, 6.6.31 runs
        (ZERO_2, False),
        (STRETCH, True),  # the package took the running kernel's modules away
    ],
)
def test_a_reboot_is_due(pi: Pi, due: bool, tmp_path: Path) -> None:
    """A kernel for another model, `-v8` beside `-2712`, is no reason."""

    assert due is found(pi, tmp_path).reboot


@pytest.mark.parametrize(
    ("running", "there", "due"),
    [
        ("6.1.0-rpi7-rpi-v8", ("6.1.0-rpi7-rpi-v8", "6.6.20+rpt-rpi-v8"), True),
        ("6.6.20+rpt-rpi-v8", ("6.1.0-rpi7-rpi-v8", "6.6.20+rpt-rpi-v8"), False),
        ("6.1.0-9-amd64", ("6.1.0-10-amd64", "6.1.0-9-amd64"), True),
        ("5.10.63-v7l+", ("5.15.84+", "5.15.84-v7+"), None),
        ("6.18.44", (), None),
        ("6.18.44", ("6.18.44",), False),
    ],
)
def test_kernels_are_compared_by_their_numbers_within_a_kind(
    running: str, there: tuple[str, ...], due: bool | None
) -> None:
    """10 is more than 9; a custom kernel without modules is no reason to say anything."""

    assert due is health.read({"kernel": (running,), "modules": there}).reboot


def test_failed_units_are_named_without_the_dot_of_old_releases(tmp_path: Path) -> None:
    assert ("cups.service",) == found(PI_4, tmp_path).failed


@pytest.mark.parametrize(
    ("lines", "degrees"),
    [
        (("41000 ddr-thermal", "52300 cpu-thermal"), 52.3),
        (("39000 acpitz", "47000 x86_pkg_temp"), 47.0),
        (("27800 acpitz",), None),
        (("51000 iwlwifi_1",), None),
        (("-274000 cpu-thermal",), None),
        (("999999 cpu-thermal", "45000 soc-thermal"), 45.0),
        (("hot cpu-thermal",), None),
        (("-4250 cpu-thermal",), -4.25),
    ],
)
def test_only_a_sensor_of_the_processor_counts(lines: tuple[str, ...], degrees: float | None) -> None:
    """The first zone of an Odroid is its memory, that of a notebook its case or its Wi-Fi card."""

    assert degrees == health.read({"heat": lines}).temperature


@pytest.mark.parametrize(
    "sections",
    [
        {"load": ("nan inf 1e9",)},
        {"load": ("0.1 0.2",)},
        {"uptime": ("9" * 5000,)},
        {"uptime": ("-3.5 0",)},
        {"memory": ("MemTotal: 12 pages", "MemAvailable: 3 kB extra words")},
        {"disk": ("Filesystem", "/dev/root 100 900 900 90% /")},
        {"disk": ("/dev/root 100 9 90 90% /",)},
        {"throttled": ("throttled=0xnothing",)},
        {"stat": ("btime \N{ARABIC-INDIC DIGIT THREE}",)},
    ],
)
def test_nonsense_is_unknown(sections: material.Sections) -> None:
    """Digits of other scripts, numbers without an end, more used than there is."""

    assert Health() == health.read(sections)


@pytest.mark.parametrize(
    "section",
    [
        {"cpus": ("3-0",)},
        {"cpus": ("0-99999999999",)},
        {"bits": ("48",)},
        {"python": ("Python \x1b[31m",)},
        {"network": ("active", "active")},
        {"network": ("Failed", "to", "connect", "bus")},
    ],
)
def test_nonsense_is_no_fact(section: material.Sections) -> None:
    assert Facts() == nature.read(section)


def test_a_line_of_a_file_is_never_taken_for_a_section(tmp_path: Path) -> None:
    """An os-release that holds the words of an answer stays os-release."""
    pi = Pi({"etc/os-release": f"ID=x\n{material.END}\nkernel\nevil\n{material.BEGIN}\n"}, {}, ())
    sections = answer(pi, nature.ASKS, tmp_path)

    assert ("ID=x", material.END, "kernel", "evil", material.BEGIN) == sections["os"]
    assert None is nature.read(sections).kernel


def test_what_a_login_says_around_the_answer_is_left_out() -> None:
    assert {"bits": ("64",)} == material.cut(
        b"Welcome!\nbits\n 32\n\nnowfab-facts-1\n\nbits\n 64\n\nend\nbye\n"
    )


@pytest.mark.parametrize("said", [b"", b"nowfab-facts-1\n", b"end\n", b"bits\n 64\nend\n", b"\xff\x00"])
def test_half_an_answer_is_none(said: bytes) -> None:
    assert None is material.cut(said)


@given(st.binary(max_size=400), st.sampled_from((*nature.ASKS, *health.ASKS)))
def test_any_bytes_can_be_read(said: bytes, section: str) -> None:
    """Whatever a node sends, alone or inside an answer, costs no other node its row."""
    material.cut(said)
    whole = material.cut(b"nowfab-facts-1\n" + section.encode() + b"\n " + said + b"\nend\n")

    assert None is not whole
    assert isinstance(nature.read(whole), Facts)
    assert isinstance(health.read(whole), Health)


@given(st.dictionaries(st.sampled_from((*nature.ASKS, *health.ASKS)), st.lists(st.text()).map(tuple)))
def test_any_sections_can_be_read(sections: dict[str, tuple[str, ...]]) -> None:
    assert isinstance(nature.read(sections), Facts)
    assert isinstance(health.read(sections), Health)


def test_the_script_leaves_the_node_as_it_was(tmp_path: Path) -> None:
    """It looks only."""
    facts(PI_3, tmp_path)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "root").rglob("*"))
    script = material.script((*nature.ASKS, *health.ASKS), str(tmp_path / "root"))
    subprocess.run(["sh", "-c", script], env=dict(os.environ), capture_output=True, timeout=30, check=True)

    assert before == sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "root").rglob("*"))
