"""Lay rows of many columns out so that they fit: wide columns shrink, a bad row says why across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nowfab.report import table
from nowfab.report.fit import cut, width
from nowfab.report.visible import visible
from nowfab.results import GOOD, Result

UNKNOWN = "-"

_GAP = 2
_HEAD = ("node", "status")


@dataclass(frozen=True, slots=True)
class Column:
    """A column behind node and status; in a narrow terminal it is cut, down to `least`, 0 for never."""

    header: str
    least: int = 0
    right: bool = False


def lay(
    columns: Sequence[Column], rows: Sequence[tuple[Result, tuple[str, ...]]], room: int | None
) -> table.Table:
    """Lay out each result with its cells, of which a bad one has none; `room` is the terminal's columns."""
    headers = (*_HEAD, *(column.header for column in columns))
    none = ("",) * len(columns)
    whole = [(visible(one.node), str(one.status), *(map(visible, cells or none))) for one, cells in rows]
    widths = [max(map(width, cells)) for cells in zip(headers, *whole, strict=True)]
    least = [*widths[: len(_HEAD)], *(column.least or 10**9 for column in columns)]
    narrow = widths if room is None else _squeezed(widths, least, room)
    shown = [tuple(map(cut, row, narrow)) for row in whole]
    laid = table.grid(headers, shown, tuple(column.header for column in columns if column.right))
    begin = sum(narrow[: len(_HEAD)]) + _GAP * len(_HEAD)
    lines, hidden = laid.splitlines(), shown != whole
    for number, (one, _) in enumerate(rows, len(lines) - len(rows)):
        if one.status not in GOOD:
            why = table.outline(one)
            said = why if room is None else cut(why, max(room - begin, table.LEAST_OUTPUT))
            lines[number] = (lines[number].ljust(begin) + said).rstrip()
            hidden = hidden or said != why
    return table.Table("".join(f"{line}\n" for line in lines), hidden)


def _squeezed(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Take from the columns that can spare most, until all fit or none can spare any."""
    left = list(widths)
    for _ in range(sum(left) + _GAP * (len(left) - 1) - room):
        spare = [have - need for have, need in zip(left, least, strict=True)]
        if max(spare) <= 0:
            break
        left[spare.index(max(spare))] -= 1
    return left


def size(count: int | None) -> str:
    """Write a number of bytes in as few characters as make sense: `926M`, `3.7G`."""
    if count is None:
        return UNKNOWN
    value = float(count)
    for unit in "BKMGTP":
        if value < 999.5 or unit == "P":
            break
        value /= 1024
    return f"{value:.1f}{unit}" if value < 9.95 and unit not in "BK" else f"{value:.0f}{unit}"


def share(part: int | None, total: int | None) -> str:
    """Write a part of a whole in percent."""
    return UNKNOWN if part is None or not total else f"{100 * part / total:.0f}%"
