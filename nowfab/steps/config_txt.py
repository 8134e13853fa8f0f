"""Have a setting in a Raspberry Pi's config.txt."""

from __future__ import annotations

import re
from collections.abc import Callable

from nowfab.errors import UsageError
from nowfab.plan.steps import Step
from nowfab.steps.firmware import firmware

NAME = "config.txt"
ALL = "all"

LONGEST = 98
"""Characters of a line; the firmware passes over what is behind them (config.txt's documentation)."""

REPEATED = ("dtparam", "dtoverlay", "gpio", "include", "initramfs", "device_tree_param")
"""What may stand there several times, so that none of them is *the* value."""

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = re.compile(r"\[([^\]\n]+)\]")
_MODEL = re.compile(r"(?:pi|cm)[0-9a-z+]*")
_TOKEN = re.compile(r"[!-~]+(?: [!-~]+)*")


def config_txt(
    line: str = "", key: str = "", value: str | None = None, section: str = ALL, present: bool = True
) -> Step:
    """Have a line, or a value behind a key, hold in a section such as `all` or `pi4`; or not.

    A key is `arm_boost`, or `dtparam=audio` of one parameter. UsageError for what cannot be meant.
    """
    if bool(line) == bool(key):
        raise UsageError("`config-txt` has one `line`, or a `key`")
    if key and (value is None) == present:
        raise UsageError("a `key` needs its `value`; with `present: false` it has none")
    if key in REPEATED:
        raise UsageError(f"`{key}` may stand there several times: say the whole `line`, or `{key}=NAME`")
    wanted = line or (key if value is None else f"{key}={value}")
    if not _TOKEN.fullmatch(wanted) or len(wanted) > LONGEST or wanted[0] in "[#":
        raise UsageError(f"a line of config.txt has 1 to {LONGEST} characters and is no comment")
    if not _HEADER.fullmatch(f"[{section}]"):
        raise UsageError(f"`{section}` is no section; there are `all`, `pi4`, `cm4` and so on")

    def meant(found: str) -> bool:
        if line:
            return found == line
        return found.startswith(f"{key}=") or (found == key and key.startswith("dtparam="))

    def render(old: str) -> str:
        return put(old, wanted, section, meant) if present else take(old, section, meant)

    verb = "" if present else "no "
    return firmware(f"{NAME}: {verb}{wanted}{'' if section == ALL else f' for {section}'}", NAME, render)


def put(old: str, wanted: str, section: str, meant: Callable[[str], bool]) -> str:
    """Have the line in the section: where the last one stands that is meant, for that one counts."""
    lines = _LINE.findall(old)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    at = _found(lines, section, meant)
    if at:
        if lines[at[-1]].strip() != wanted:
            lines[at[-1]] = wanted + end
        return "".join(lines)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    its = [number for number, name in enumerate(_sections(lines)) if name == section]
    if not its and section != ALL:
        return "".join([*lines, *(each + end for each in _new(lines, section, wanted))])
    last = its[-1] if its else -1
    while last >= 0 and last in its and not lines[last].strip():
        last -= 1  # behind what is said there, not behind the empty lines that end it
    return "".join([*lines[: last + 1], wanted + end, *lines[last + 1 :]])


def take(old: str, section: str, meant: Callable[[str], bool]) -> str:
    """Have no line that is meant in the section."""
    lines = _LINE.findall(old)
    gone = set(_found(lines, section, meant))
    return "".join(found for number, found in enumerate(lines) if number not in gone)


def _found(lines: list[str], section: str, meant: Callable[[str], bool]) -> list[int]:
    names = _sections(lines)
    return [number for number, found in enumerate(lines) if names[number] == section and meant(found.strip())]


def _new(lines: list[str], section: str, wanted: str) -> tuple[str, ...]:
    """Give a section to be appended, after which all is for all again."""
    before = () if not lines or _sections(lines)[-1] == ALL else (f"[{ALL}]",)
    gap = ("",) if lines and lines[-1].strip() else ()
    return (*gap, *before, f"[{section}]", wanted, "", f"[{ALL}]")


def _sections(lines: list[str]) -> list[str]:
    """Say for each line for which section it holds, "" where several filters hold at once.

    `[all]` ends all filters; of one kind the last one holds, of different kinds all of them do
    (config.txt's documentation, conditional filters).
    """
    names, filters = [], dict[str, str]()
    for found in lines:
        header = _HEADER.fullmatch(found.strip())
        if header and header[1] == ALL:
            filters.clear()
        elif header:
            kind = "model" if _MODEL.fullmatch(header[1]) else re.split("[=:]", header[1])[0]
            filters[kind] = header[1]
        names.append(ALL if not filters else next(iter(filters.values())) if len(filters) == 1 else "")
    return names
