"""Host keys are judged as OpenSSH judges them; `ssh-keygen -F` is asked the same."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nowfab.errors import FileError
from nowfab.machines.ssh import hostkeys, knownhosts_hash
from nowfab.machines.ssh.hostkeys import KnownHosts, State

KEYGEN = shutil.which("ssh-keygen")

needs_keygen = pytest.mark.skipif(KEYGEN is None, reason="there is no ssh-keygen on this computer")

ED, RSA = "ssh-ed25519", "ssh-rsa"


def packed(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def ed(seed: int) -> bytes:
    """Make a key that no host has."""
    return packed(b"ssh-ed25519", bytes([seed]) * 32)


RSA_BLOB = packed(b"ssh-rsa", b"\x01\x00\x01", b"\x00" + b"\xc5" * 256)
SK_BLOB = packed(b"sk-ssh-ed25519@openssh.com", bytes([9]) * 32, b"ssh:")


def line(names: str, blob: bytes, kind: str = ED) -> str:
    return f"{names} {kind} {base64.b64encode(blob).decode()}"


def known(folder: Path, *lines: str | bytes) -> KnownHosts:
    return KnownHosts.read([written(folder, *lines)])


def written(folder: Path, *lines: str | bytes) -> Path:
    file = folder / "known_hosts"
    file.write_bytes(b"".join((x if isinstance(x, bytes) else x.encode()) + b"\n" for x in lines))
    return file


def keygen_finds(file: Path, name: str) -> list[tuple[int, str]]:
    """Ask OpenSSH for the lines of a name: number and fingerprint."""
    done = subprocess.run([str(KEYGEN), "-l", "-F", name, "-f", str(file)], capture_output=True, timeout=20)
    text = done.stdout.decode("latin-1")
    return [
        (int(number), fingerprint)
        for number, fingerprint in re.findall(r"# Host .* found: line (\d+).*\n.*(SHA256:\S+)", text)
    ]


def we_find(file: Path, name: str) -> list[tuple[int, str]]:
    found = KnownHosts.read([file])._look_up(name)
    return [(entry.place.line, hostkeys.fingerprint(entry.blob)) for entry in found]


def states(hosts: KnownHosts, lookups: list[str], *blobs: bytes) -> list[State]:
    return [hosts.check(lookups, ED, blob).state for blob in blobs]


def test_names_are_written_as_known_hosts_does() -> None:
    """A port of its own makes another host."""

    assert "red01" == hostkeys.lookup_name("Red01", 22)
    assert "[127.0.0.1]:2222" == hostkeys.lookup_name("127.0.0.1", 2222)
    assert "[fe80::1%eth0]:2222" == hostkeys.lookup_name("fe80::1%eth0", 2222)


@needs_keygen
def test_a_fingerprint_is_the_one_that_openssh_prints(tmp_path: Path) -> None:
    """People compare it by eye with what the Pi shows."""
    file = tmp_path / "key.pub"
    file.write_text(f"{ED} {base64.b64encode(ed(1)).decode()}\n")
    done = subprocess.run([str(KEYGEN), "-l", "-f", str(file)], capture_output=True, text=True, timeout=20)

    assert done.stdout.split()[1] == hostkeys.fingerprint(ed(1))


def test_B1_a_changed_key_is_named_with_the_line_that_it_offends(tmp_path: Path) -> None:
    """The row shows both fingerprints and where to look."""
    hosts = known(tmp_path, "# mine", line("red01", ed(1)))
    verdict = hosts.check(["red01"], ED, ed(2))

    assert (State.CHANGED, f"{tmp_path}/known_hosts:2") == (verdict.state, str(verdict.place))
    assert [(ED, hostkeys.fingerprint(ed(1)), f"{tmp_path}/known_hosts:2")] == [
        (kind, fingerprint, str(place)) for kind, fingerprint, place in verdict.known
    ]


def test_B1_the_known_key_is_known_by_either_name(tmp_path: Path) -> None:
    """One hit is enough: people know their Pis by name or by address."""
    hosts = known(tmp_path, line("red01", ed(1)), line("[10.0.0.1]:2222", ed(2)))

    assert State.KNOWN is hosts.check(["red01", "10.0.0.9"], ED, ed(1)).state
    assert State.KNOWN is hosts.check(["red07", "[10.0.0.1]:2222"], ED, ed(2)).state


def test_B1_two_names_that_differ_are_a_change(tmp_path: Path) -> None:
    """The name says one thing, the address another: somebody may have taken the address."""
    hosts = known(tmp_path, line("red01", ed(1)), line("10.0.0.1", ed(2)))

    assert [State.CHANGED] * 2 == states(hosts, ["red01", "10.0.0.1"], ed(1), ed(2))


def test_B1_an_address_with_a_key_of_another_type_does_not_contradict_the_name(tmp_path: Path) -> None:
    """A host has several keys, and each name may have met another of them."""
    hosts = known(tmp_path, line("red01", ed(1)), line("10.0.0.1", RSA_BLOB, RSA))

    assert State.KNOWN is hosts.check(["red01", "10.0.0.1"], ED, ed(1)).state


def test_B2_a_host_that_nobody_met_is_unknown(tmp_path: Path) -> None:
    """Unknown is refused too, but it can be accepted."""
    verdict = known(tmp_path, line("red01", ed(1))).check(["red02", "10.0.0.2"], ED, ed(1))

    assert (State.UNKNOWN, None, ()) == (verdict.state, verdict.place, verdict.known)


def test_B5_a_revoked_key_is_refused_under_every_name(tmp_path: Path) -> None:
    """Even where the same key stands as known, before or behind."""
    revoked = "@revoked * " + line("x", ed(1)).partition(" ")[2]
    hosts = known(tmp_path, line("red01", ed(1)), revoked, line("red02", ed(2)))

    assert [State.REVOKED, State.CHANGED] == states(hosts, ["red01"], ed(1), ed(2))
    assert [State.REVOKED, State.KNOWN] == states(hosts, ["red02"], ed(1), ed(2))
    assert [State.REVOKED, State.UNKNOWN] == states(hosts, ["red03"], ed(1), ed(3))


def test_B5_an_authority_is_no_key_of_a_host(tmp_path: Path) -> None:
    """A host that shows the authority's own key is a stranger, as in OpenSSH."""
    hosts = known(tmp_path, "@cert-authority *.lan " + line("x", ed(1)).partition(" ")[2])

    assert [State.UNKNOWN, State.UNKNOWN] == states(hosts, ["red01.lan"], ed(1), ed(2))
    assert () == hosts.kinds(["red01.lan"])


def test_B5_the_key_of_the_bare_name_is_good_on_another_port(tmp_path: Path) -> None:
    """OpenSSH looks there too before it calls a host a stranger; but another key is no change."""
    hosts = known(tmp_path, line("red01", ed(1)))

    assert [State.KNOWN, State.UNKNOWN] == states(hosts, ["[red01]:2222"], ed(1), ed(2))


LINES: list[str | bytes] = [
    "# a comment",
    "",
    "\t \r",
    line("red01,10.0.0.1", ed(1)),
    line("[red01]:2222,[10.0.0.1]:2222", ed(2)) + " a comment",
    line("*.pi,!bad.pi", ed(3)),
    line("10.0.?.7", ed(4)) + "\r",
    "  \t" + line("Blue", ed(5)),
    line("caf", ed(6)).encode() + b" caf\xe9",
    b"caf\xe9,red02 " + line("", ed(7)).strip().encode(),
    line("red01", SK_BLOB, "sk-ssh-ed25519@openssh.com"),
    line("red01", RSA_BLOB, RSA),
    line("red01", ed(8))[:-9],
    line("red01", ed(8), RSA),
    line("red01", ed(8), "ed25519"),
    line("red01", ed(8) + b"x"),
    "red01",
    "red01 ssh-ed25519",
    "red01 ssh-ed25519 #",
    "red01 1024 35 1234567",
    "red01 ssh-ed25519 !!!!",
    "@unknown " + line("red01", ed(8)),
    "@revoked " + line("red03", ed(8)),
    "@cert-authority " + line("*.pi", ed(9)),
    line("|1|short|short", ed(8)),
    line("red01,!red01", ed(8)),
    line("!red01,red04", ed(10)),
    line("r*d*5", ed(11)),
    line("a[b]c", ed(12)),
    line("*", ed(13)).replace(" ", "\t"),
]

NAMES = (
    *("red01", "red02", "red03", "red04", "red05", "10.0.0.1", "10.0.0.7", "10.0.10.7", "blue", "nobody"),
    *("x.pi", "bad.pi", "pi", "[red01]:2222", "[10.0.0.1]:2222", "a[b]c", "abc", "caf", "rd5"),
)


@needs_keygen
@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_B5_every_line_means_what_it_means_to_openssh(tmp_path: Path, hashed: bool) -> None:
    """One bad line must not hide the others, and no line may let in whom OpenSSH keeps out."""
    file = written(tmp_path, *LINES)
    if hashed:
        good = [x for x in LINES if x.strip() and KnownHosts.read([written(tmp_path, x)]).problems == ()]
        file = written(tmp_path, *good)
        subprocess.run([str(KEYGEN), "-H", "-f", str(file)], capture_output=True, timeout=20, check=True)

    assert [(name, keygen_finds(file, name)) for name in NAMES] == [
        (name, we_find(file, name)) for name in NAMES
    ]


PATTERNS = st.text("ab.*?!", min_size=1, max_size=6).filter(lambda text: text != "!")


@needs_keygen
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(PATTERNS, min_size=1, max_size=4), min_size=1, max_size=4), st.text("ab.", min_size=1)
)
def test_B5_any_patterns_match_as_in_openssh(tmp_path: Path, lists: list[list[str]], name: str) -> None:
    """Stars, question marks and negation meet in ways that no table foresees."""
    lines = [line(",".join(patterns), ed(number)) for number, patterns in enumerate(lists)]
    file = written(tmp_path, *lines)

    assert keygen_finds(file, name) == we_find(file, name)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_B5_no_bytes_can_stop_the_reader(tmp_path: Path, junk: list[bytes]) -> None:
    """A file that others write may hold anything; the good line in it still counts."""
    hosts = known(tmp_path, *(b.replace(b"@", b"") for b in junk), line("red01", ed(1)))

    assert State.KNOWN is hosts.check(["red01"], ED, ed(1)).state


def test_B5_bad_lines_are_named_with_their_place(tmp_path: Path) -> None:
    """A key that is passed over must be findable."""
    hosts = known(tmp_path, line("red01", ed(1)), line("red02", ed(2))[:-9], "@what red03 x y")
    file = tmp_path / "known_hosts"

    assert (
        f"{file}:2: the key is not base64",
        f"{file}:3: unknown marker `@what`",
    ) == hosts.problems


def test_B5_a_line_without_an_end_counts(tmp_path: Path) -> None:
    """Editors and cut-off copies leave such files."""
    file = tmp_path / "known_hosts"
    file.write_text(line("red01", ed(1)))

    assert State.KNOWN is KnownHosts.read([file]).check(["red01"], ED, ed(1)).state


def test_B7_a_missing_file_is_empty_and_the_others_count(tmp_path: Path) -> None:
    """known_hosts2 is hardly ever there."""
    file = written(tmp_path, line("red01", ed(1)))

    assert State.KNOWN is KnownHosts.read([tmp_path / "no", file]).check(["red01"], ED, ed(1)).state


def test_B7_a_symlink_to_a_file_is_a_file(tmp_path: Path) -> None:
    """People keep their dot files elsewhere."""
    (tmp_path / "link").symlink_to(written(tmp_path, line("red01", ed(1))))

    assert State.KNOWN is KnownHosts.read([tmp_path / "link"]).check(["red01"], ED, ed(1)).state


@pytest.mark.parametrize(
    "kind", ["folder", "symlink to a folder", "symlink to itself", "pipe", "below a file"]
)
def test_B7_what_cannot_be_read_is_an_error_and_never_no_keys(tmp_path: Path, kind: str) -> None:
    """No keys known would make every impostor a stranger whom accept-new lets in."""
    path = tmp_path / "hosts"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "below a file":
        path.write_text("")
        path = path / "known_hosts"
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if "itself" in kind else tmp_path)

    with pytest.raises(FileError, match=re.escape(f"{path}: cannot be read: ")):
        KnownHosts.read([path])


def test_B7_dev_null_has_no_keys(tmp_path: Path) -> None:
    """People write `UserKnownHostsFile /dev/null`."""

    assert () == KnownHosts.read([Path(os.devnull)]).kinds(["red01"])


def test_B8_the_types_on_file_are_given_so_that_they_can_be_asked_for(tmp_path: Path) -> None:
    """A server shows the key of the type that we prefer, so we prefer what we know."""
    hosts = known(tmp_path, line("red01", RSA_BLOB, RSA), line("10.0.0.1", ed(1)), line("red02", ed(2)))

    assert (RSA, ED) == hosts.kinds(["red01", "10.0.0.1"])
    assert (ED,) == hosts.kinds(["[red02]:2222"])
    assert () == hosts.kinds(["red03"])


def test_B8_a_key_of_a_type_that_is_not_on_file_is_a_change_as_in_openssh(tmp_path: Path) -> None:
    """The type on file was asked for first: who cannot show it may not choose a type nobody knows.

    Tried with OpenSSH 9.2: it says REMOTE HOST IDENTIFICATION HAS CHANGED, also with accept-new.
    """
    hosts = known(tmp_path, line("red01", RSA_BLOB, RSA))
    verdict = hosts.check(["red01"], ED, ed(1))

    assert (State.CHANGED, 1) == (verdict.state, verdict.place.line if verdict.place else None)


def test_B5_many_threads_find_the_same_hashed_names(tmp_path: Path) -> None:
    """Sixty-four nodes are judged at once, several of them behind one address."""
    names = [f"node{n % 8}" for n in range(64)]
    hosts = known(
        tmp_path, *(line(knownhosts_hash.hashed(f"node{n}", bytes([n]) * 20), ed(n)) for n in range(200))
    )
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda name: hosts.check([name], ED, ed(int(name[4:]))).state, names))

    assert [State.KNOWN] * 64 == found


def test_a_thousand_nodes_are_judged_in_a_moment(tmp_path: Path) -> None:
    """Two lines a node, two names each, as after a first run with accept-new."""
    hosts = known(tmp_path, *(line(f"node{n}", ed(n % 256)) for n in range(2000)))
    began = time.process_time()
    found = [hosts.check([f"node{n}", f"10.0.{n}.1"], ED, ed(n % 256)).state for n in range(1000)]
    spent = time.process_time() - began

    assert [State.KNOWN] * 1000 == found
    assert spent < 0.5  # 0.02 s on a quiet box; what tries every line for every node takes seconds
