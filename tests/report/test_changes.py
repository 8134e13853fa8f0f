"""A plan's rows fit the terminal, and say so where they leave something out."""

from __future__ import annotations

from nowfab.report import changes
from nowfab.results import Changed, Report, Result, Status

LONG = "nobody confirmed it within 90 s; what was changed before stays (3)"
REPORT = Report(
    "apply `x`",
    (
        Result("red01", Status.REVERTED, seconds=91.4, reason=LONG, changes=(Changed("write /a"),)),
        Result("red02", Status.CHANGED, seconds=1.25, changes=(Changed("write /a"), Changed("remove /b"))),
        Result("red03", Status.OK, seconds=0.5),
        Result("red04", Status.UNREACHABLE, reason="no answer\nafter 8 s"),
    ),
)


def test_a_row_says_how_many_changes_and_what_or_why() -> None:
    laid = changes.rows(REPORT, None)

    assert not laid.hidden
    assert [
        "node   status       changes  seconds  what",
        "-----  -----------  -------  -------  " + "-" * len(LONG),
        f"red01  reverted           1     91.4  {LONG}",
        "red02  changed            2     1.25  write /a; remove /b",
        "red03  ok                 0     0.50",
        "red04  unreachable                    no answer; after 8 s",
    ] == laid.text.splitlines()


def test_what_does_not_fit_is_cut_and_that_is_told() -> None:
    laid = changes.rows(REPORT, 60)

    assert laid.hidden
    assert all(len(line) <= 60 for line in laid.text.splitlines())
    assert "nobody confirmed it w…" in laid.text


def test_equal_changes_are_told_once() -> None:
    report = Report(
        "t", tuple(Result(f"red0{n}", Status.CHANGED, changes=(Changed("a", ("+x",)),)) for n in (1, 2))
    )

    assert ["red[01-02]: 1 change", "  a", "    +x"] == list(changes.details(report))


def test_a_diff_keeps_its_tabs_and_nothing_else_that_a_terminal_obeys() -> None:
    """Files are full of tabs, and `\\x09` in their place is read by nobody."""
    changed = Changed("a", ("+127.0.1.1\tred01", "-\x1b[2J"))
    report = Report("t", (Result("red01", Status.CHANGED, changes=(changed,)),))

    assert ["    +127.0.1.1\tred01", "    -\\x1b[2J"] == list(changes.details(report))[2:]
