"""Show a report as a table: one row per node, the last line of its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nowfab.blobs import Blob
from nowfab.report.fit import ELLIPSIS, cut, width
from nowfab.report.visible import visible
from nowfab.results import GOOD, Report, Result

HEADERS = ("node", "status", "exit", "seconds", "output")
_GAP = 2  # columns that tabulate puts between two columns
LEAST_OUTPUT = 12  # columns; a terminal too narrow for more wraps
_LOOK_BACK = 64 * 1024  # bytes from the end of a stream in which its last line is looked for
_NO_TERMINAL = 2000  # columns of output where nothing has to fit


@dataclass(frozen=True, slots=True)
class Table:
    """The table, ending in a newline; `hidden` says that some row has more output than is shown."""

    text: str
    hidden: bool


def table(report: Report, columns: int | None) -> Table:
    """Lay a report out for a terminal of `columns`, None for no terminal."""
    rows = [_row(result) for result in report.results]
    room = _NO_TERMINAL if columns is None else max(columns - _left(rows), LEAST_OUTPUT)
    shown = [(*row[:-1], cut(row[-1], room)) for row in rows]
    text = grid(HEADERS, shown, right=("exit", "seconds"))
    hidden = any(_more(result, row[-1], room) for result, row in zip(report.results, rows, strict=True))
    return Table(text, hidden)


def grid(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[str, ...] = ()) -> str:
    """Lay out cells that are visible already; columns in `right` are set to the right."""
    import tabulate  # a tenth of the time that `nowfab --list` takes, so only where there is a table

    if not rows:
        return ""
    rule = ["-" * max(map(width, column)) for column in zip(headers, *rows, strict=True)]
    align = ["right" if header in right else "left" for header in headers]
    # tabulate's own headers are two columns wider than they need to be
    laid = tabulate.tabulate([headers, rule, *rows], tablefmt="plain", disable_numparse=True, colalign=align)
    return "\n".join(line.rstrip() for line in laid.splitlines()) + "\n"


def seconds(value: float) -> str:
    """Format a duration with three digits, at most two of them behind the point."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def outline(result: Result) -> str:
    """Say on one visible line what came of a node: its reason, or the last line that it wrote."""
    said = _last_line(result.stdout) or _last_line(result.stderr)
    if result.status not in GOOD:
        said = _last_line(result.stderr) or said
    return "; ".join(filter(None, (_one_line(result.reason), said)))


def _row(result: Result) -> tuple[str, ...]:
    ended = result.signal or ("" if result.exit_code is None else str(result.exit_code))
    took = seconds(result.seconds) if result.seconds or result.exit_code is not None else ""
    return visible(result.node), str(result.status), visible(ended), took, outline(result)


def _left(rows: list[tuple[str, ...]]) -> int:
    """Count the columns that stand before the output."""
    cells = zip(HEADERS, *rows, strict=True)
    return sum(max(map(width, column)) + _GAP for column in list(cells)[:-1])


def _last_line(blob: Blob) -> str:
    """Give the last line that is not blank, made visible; "" when there is none."""
    text = blob.tail(_LOOK_BACK).rstrip()
    start = text.rfind(b"\n") + 1
    clipped = start == 0 and blob.size > _LOOK_BACK
    line = _one_line(text[start:].decode("utf-8", "backslashreplace"))
    return ELLIPSIS + line if clipped and line else line


def _one_line(text: str) -> str:
    return visible(text.strip().replace("\n", "; ").expandtabs())


def _more(result: Result, line: str, room: int) -> bool:
    """Tell whether a node wrote more than its row shows."""
    streams = [blob for blob in (result.stdout, result.stderr) if blob.size]
    several = len(streams) > 1 or any(_lines(blob) > 1 for blob in streams)
    return several or width(line) > room


def _lines(blob: Blob) -> int:
    return 2 if blob.size > _LOOK_BACK else blob.tail(_LOOK_BACK).strip().count(b"\n") + 1
