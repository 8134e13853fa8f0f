"""Settings of sshd, as tables of cases: where they are put, what stands in their way, what can be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import Blob
from nowfab.errors import FileError, Place
from nowfab.plan import sshd_config
from nowfab.plan.changes import WriteFile
from nowfab.plan.dangers import endangers
from nowfab.plan.decide import next_stage
from nowfab.plan.questions import Absent, Answer, File, OutputOf, Question, Said, Unit, UnitNamed
from nowfab.plan.steps import Plan, Refused
from nowfab.plan.view import View
from nowfab.steps import document
from nowfab.steps.sshd import DROP_IN, PROOF, merged, sshd
from tests.steps.cases import Case, a_file, at, lawful

FILE, FOLDER = sshd_config.FILE, sshd_config.FOLDER
OFF = {"PasswordAuthentication": "no", "X11Forwarding": "no"}
STEP = sshd(OFF)
TEXT = b"PasswordAuthentication no\nX11Forwarding no\n"
DEBIAN = b"# x\nInclude /etc/ssh/sshd_config.d/*.conf\n#Port 22\nX11Forwarding yes\nAcceptEnv LANG LC_*\n"
OLD = b"#Port 22\nX11Forwarding yes\nMatch User x\n    PasswordAuthentication yes\n"
BLOCK = b"# nowfab sshd: begin\n%s# nowfab sshd: end %s\n"
OURS = BLOCK % (TEXT, b"2a4bbf0bd6bf")
RUNNING = Unit("enabled", "active", 10.0)
GREP = ("grep", "-RsHE", "--include=*.conf", "--null", '^[[:space:]]*[A-Za-z"]', FOLDER)


def node(
    main: bytes = DEBIAN,
    drop_in: Answer | None = None,
    others: str = "",
    ssh: Unit = RUNNING,
    changed: float = 0.0,
) -> dict[Question, Answer]:
    """Say how a node answers; `others` are lines `FILE␣TEXT` of its other drop-ins."""
    ours = drop_in or Absent()
    rows = "".join(f"{FOLDER}/{line.replace(' ', chr(0), 1)}\n" for line in others.splitlines())
    both = {**at(FILE, a_file(main, changed=changed)), **at(FILE, a_file(main, changed=changed), False)}
    return {
        **both,
        **at(DROP_IN, ours),
        **at(DROP_IN, ours, False),
        OutputOf(GREP): Said(0 if rows else 1, rows.encode()),
        UnitNamed("ssh.service"): ssh,
        UnitNamed("sshd.service"): ssh if not ssh.known else Unit("alias", "active", 10.0),
    }


NEW = f"write {DROP_IN} 0644 root:root, {len(TEXT)} bytes"
CASES = {
    "a new drop-in": Case(STEP, node(), [NEW, "restart ssh.service"], TEXT),
    "as it should be": Case(STEP, node(drop_in=a_file(TEXT))),
    "changed, and never started anew": Case(
        STEP, node(drop_in=a_file(TEXT, changed=11.0)), ["restart ssh.service"]
    ),
    "a service that does not run is not started": Case(STEP, node(ssh=Unit("disabled")), [NEW], TEXT),
    "another plan's settings stay": Case(
        STEP,
        node(drop_in=a_file(b"# x\nMaxSessions 20\npasswordauthentication yes\nX11Forwarding no\n")),
        [f"change {DROP_IN}: 62 bytes", "restart ssh.service"],
        b"# x\nMaxSessions 20\nPasswordAuthentication no\nX11Forwarding no\n",
    ),
    "a keyword twice, and by its older word": Case(
        sshd({"KbdInteractiveAuthentication": "no"}),
        node(drop_in=a_file(b"ChallengeResponseAuthentication yes\nKbdInteractiveAuthentication yes\n")),
        [f"change {DROP_IN}: 32 bytes", "restart ssh.service"],
        b"KbdInteractiveAuthentication no\n",
    ),
    "what others say later, in a Match, or likewise is no matter": Case(
        STEP,
        node(
            others="50-cloud-init.conf PasswordAuthentication yes\n"
            "00-a.conf Match User backup\n00-a.conf PasswordAuthentication yes\n"
            "00-b.conf PasswordAuthentication  no\ndeeper/00-a.conf X11Forwarding yes\n"
        ),
        [NEW, "restart ssh.service"],
        TEXT,
    ),
    "without drop-ins: at the top, before any Match": Case(
        STEP, node(OLD), [f"change {FILE}: {len(OURS + OLD)} bytes", "restart ssh.service"], OURS + OLD
    ),
    "drop-ins that are read for some only": Case(
        STEP,
        node(b"Match User x\nInclude sshd_config.d/*.conf\n"),
        [f"change {FILE}: {len(OURS) + 42} bytes", "restart ssh.service"],
    ),
    "a block as it should be": Case(STEP, node(OURS + OLD)),
    "a block with other settings keeps them": Case(
        STEP,
        node(BLOCK % (b"MaxSessions 20\n", b"27772cfe7f58") + OLD),
        [f"change {FILE}: {len(OURS + OLD) + 15} bytes", "restart ssh.service"],
    ),
    "a relative Include": Case(
        STEP, node(b'Include "sshd_config.d/*.conf"\n'), [NEW, "restart ssh.service"], TEXT
    ),
    "not ssh but sshd": Case(
        STEP,
        {**node(), UnitNamed("ssh.service"): Unit(), UnitNamed("sshd.service"): RUNNING},
        [NEW, "restart sshd.service"],
        TEXT,
    ),
    "what adds up, and nobody says otherwise": Case(
        sshd({"AllowUsers": "pi anna"}),
        node(others="50-x.conf AllowUsers  pi anna"),
        [f"write {DROP_IN} 0644 root:root, 19 bytes", "restart ssh.service"],
        b"AllowUsers pi anna\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_writes_what_is_missing_where_sshd_takes_it_and_starts_it_anew_once(name: str) -> None:
    lawful(CASES[name])


@pytest.mark.parametrize("name", ["a new drop-in", "without drop-ins: at the top, before any Match"])
def test_what_is_made_is_wanted_no_more_guarded_and_proven_by_sshd_itself(name: str) -> None:
    """One stage: the file, its proof, one restart."""
    case = CASES[name]
    view = View(case.answers)
    stage = next_stage([case.step], view)
    written = [change for change in stage.changes if isinstance(change, WriteFile)]
    for change in stage.changes:
        assert endangers(change)
        view = view.after(change)
    place = written[0].path
    later = {**view.answers, OutputOf(GREP): case.answers[OutputOf(GREP)]}

    assert ([PROOF], True) == ([change.verify for change in written], stage.guarded)
    assert () == case.step.decide(View(later)), place


REFUSED = {
    "an earlier drop-in": (
        node(others="00-b.conf PasswordAuthentication yes"),
        f"{FOLDER}/00-b.conf says `PasswordAuthentication yes` before, and sshd takes the first",
    ),
    "a line before the drop-ins": (
        node(b"PasswordAuthentication=yes # all\n" + DEBIAN),
        f"{FILE} says `PasswordAuthentication yes` before",
    ),
    "a line before the block": (
        node(b"X11Forwarding yes\n" + OURS),
        f"{FILE} says `X11Forwarding yes` before",
    ),
    "an Include before": (node(b"Include /etc/ssh/mine\n" + DEBIAN), "includes `/etc/ssh/mine` before"),
    "an Include in an earlier drop-in": (
        node(others="00-b.conf Include /x"),
        "00-b.conf includes `/x` before",
    ),
    "a Match among ours": (node(drop_in=a_file(b"Match User x\n")), "a `Match` among"),
    "half a block": (node(b"# nowfab sshd: begin\n"), "the marks of the block do not belong together"),
    "no service": (node(ssh=Unit()), "no unit `ssh.service`"),
    "a file that is too large": ({**node(), **at(FILE, File(b"", 0o644, "root", "root"))}, "too large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_count_instead_of_ours_is_refused_with_its_place(name: str) -> None:
    """sshd takes the first value of a keyword: a file written behind it would change nothing."""
    answers, reason = REFUSED[name]

    with pytest.raises(Refused) as refused:
        STEP.decide(View(answers))

    assert reason in str(refused.value)


def test_what_adds_up_is_refused_where_somebody_says_it_later_too() -> None:
    with pytest.raises(Refused, match=r"says `AcceptEnv LANG LC_\*` too, and sshd takes both"):
        sshd({"AcceptEnv": "TZ"}).decide(View(node()))


def test_a_block_that_somebody_edited_is_kept_from_being_overwritten() -> None:
    edited = OURS.replace(b"X11Forwarding no", b"X11Forwarding yes")
    stage = next_stage([STEP], View(node(edited + OLD)))

    assert "somebody has edited it there" in stage.refused


def build(settings: str) -> Plan:
    def source(name: str, place: Place) -> Blob:
        raise AssertionError(name)

    text = f"title: t\nsteps:\n  - sshd: {{settings: {settings}}}\n"
    return document.build(document.read(text, "p"), lambda text: text.value.replace("FILLED", "12"), source)


def test_a_plan_says_it_as_a_mapping_with_variables_and_without_quotes() -> None:
    (step,) = build("{PasswordAuthentication: no, MaxAuthTries: FILLED}").steps
    (written, _) = step.decide(View(node()))

    assert isinstance(written, WriteFile)
    assert b"PasswordAuthentication no\nMaxAuthTries 12\n" == written.content.head(99)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("[PasswordAuthentication no]", "a list stands where a mapping"),
        ("{}", "a mapping stands where a mapping such as `{PasswordAuthentication: no}`"),
        ("{Match: User x}", "`Match` is not one value for all; write a `file` in"),
        ("{include: /x}", "`include` is not one value for all"),
        ("{Subsystem: sftp internal-sftp}", "`Subsystem` is not one value for all"),
        ("{Port 22: 1}", "where a keyword of sshd_config(5) should"),
        ("{-o: 1}", "where a keyword of sshd_config(5) should"),
        ('{Banner: "a\\nPermitRootLogin yes"}', "in one line and without `#`, should"),
        ("{Banner: }", "nothing"),
        ('{Banner: " "}', "in one line"),
        ("{AllowUsers: [a, b]}", "a list"),
        ('{Banner: "x # y"}', "without `#`"),
        ("{SkeyAuthentication: no, KbdInteractiveAuthentication: yes}", "are the same, and get two values"),
    ],
)
def test_what_a_mapping_cannot_say_is_refused_before_anything_is_sent(settings: str, reason: str) -> None:
    with pytest.raises(FileError) as error:
        build(settings)

    assert reason in str(error.value)


WORD = st.sampled_from(["PasswordAuthentication", "passwordauthentication", "Port", "#Port", "MaxSessions"])
LINES = st.lists(
    st.tuples(WORD, st.sampled_from(["no", "yes", "22", "a\x0cPort 1", "\u2028Port"])).map(" ".join),
    max_size=8,
)


@given(
    LINES, st.dictionaries(st.sampled_from(["PasswordAuthentication", "Port"]), st.sampled_from(["no", "1"]))
)
def test_each_setting_stands_there_once_and_all_other_lines_stay(
    lines: list[str], settings: dict[str, str]
) -> None:
    new = merged("".join(f"{line}\n" for line in lines), settings)
    wanted = {sshd_config.plain(keyword): value for keyword, value in settings.items()}
    said = [(each.keyword, each.value) for each in sshd_config.read(new) if each.keyword in wanted]

    assert sorted(wanted.items()) == sorted(said)
    assert new == merged(new, settings)
    assert [line for line in lines if sshd_config.plain(line.split()[0]) not in wanted] == [
        line for line in new.split("\n") if line and sshd_config.plain(line.split()[0]) not in wanted
    ]
