"""Have sshd do as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nowfab.plan import blocks, sshd_config
from nowfab.plan.changes import Change
from nowfab.plan.questions import OutputOf, PathAt, UnitNamed
from nowfab.plan.sshd_config import FILE, FOLDER, Said
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.rights import ANY, Rights
from nowfab.steps.service import service
from nowfab.steps.text import text, text_at

DROP_IN = f"{FOLDER}/00-nowfab.conf"
"""Of two values sshd takes the first (sshd_config(5)), and it reads this folder in the order of names."""

MARKS = blocks.marks("sshd")
"""The block at the top of FILE, where no drop-in is read (OpenSSH before 8.2)."""

UNITS = ("ssh.service", "sshd.service")
"""Debian's name, and that of most others."""

PROOF = ("/usr/sbin/sshd", "-t")
"""sshd wants to be called by its whole path (sshd(8))."""

ADD_UP = (
    *("acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers"),
    *("hostcertificate", "hostkey", "listenaddress", "port"),
)
"""Of these sshd takes not the first value but all of them."""

_OTHERS = ("grep", "-RsHE", "--include=*.conf", "--null", '^[[:space:]]*[A-Za-z"]', FOLDER)
_ROOTS = Rights(0o644, "root", "root")


@dataclass(frozen=True, slots=True)
class _Line:
    """What is said at a place that sshd reads; `first` where it comes before ours."""

    file: str
    said: Said
    first: bool


def sshd(settings: Mapping[str, str]) -> Step:
    """Give each keyword its value, and start sshd anew where that changed something.

    They stand in a drop-in of our own where sshd reads such, else in a block at the top of its file.
    What is said before them by somebody else, and otherwise, is refused: sshd would take that.
    """
    title = f"sshd {', '.join(settings)}"

    def decide(view: View) -> tuple[Change, ...]:
        main = text_at(FILE, view.at(FILE))
        place = DROP_IN if _reads_folder(main) else FILE
        _refuse_others(list(_lines(view, main, place)), settings)
        changes = _written(title, place, settings).decide(view)
        for change in changes:
            view = view.after(change)
        unit = next((name for name in UNITS if view.unit(name).known), UNITS[0])
        return (*changes, *service(unit, after_change_of=(place,)).decide(view))

    paths = tuple(PathAt(path, content) for path in (FILE, DROP_IN) for content in (True, False))
    return Step(title, (*paths, OutputOf(_OTHERS), *map(UnitNamed, UNITS)), decide)


def merged(old: str, settings: Mapping[str, str]) -> str:
    """Have each setting once in a text of ours, in the place of the line that has its keyword."""
    lines, left = [], dict(settings)
    numbers = {each.number: each.keyword for each in sshd_config.read(old)}
    if "match" in numbers.values():
        raise Refused("somebody has put a `Match` among nowfab's own settings of sshd; it belongs elsewhere")
    wanted = {sshd_config.plain(keyword) for keyword in settings}
    for number, line in enumerate(old.removesuffix("\n").split("\n") if old else (), 1):
        if numbers.get(number) not in wanted:
            lines.append(line)
            continue
        same = [keyword for keyword in left if sshd_config.plain(keyword) == numbers[number]]
        lines += [f"{keyword} {left.pop(keyword)}" for keyword in same]
    lines += [f"{keyword} {value}" for keyword, value in left.items()]
    return "".join(f"{line}\n" for line in lines)


def _written(title: str, place: str, settings: Mapping[str, str]) -> Step:
    if place == DROP_IN:
        return text(title, place, lambda old: merged(old, settings), _ROOTS, verify=PROOF)

    def render(old: str) -> str:
        found = _block(old)
        inside = merged(found.inside if found else "", settings)
        return blocks.put(old, MARKS, inside) if found else blocks.put("", MARKS, inside) + old

    def edited(old: str) -> bool:
        found = _block(old)
        return found is not None and found.edited and found.inside != merged(found.inside, settings)

    return text(title, place, render, ANY, check=(*PROOF, "-f", "{}"), verify=PROOF, edited=edited)


def _block(old: str) -> blocks.Block | None:
    try:
        return blocks.find(old, MARKS)
    except blocks.Torn as torn:
        raise Refused(f"{FILE}: {torn}") from None


def _reads_folder(main: str) -> bool:
    """Say whether drop-ins are read for every login."""
    return any(each.includes_folder and not each.matched for each in sshd_config.read(main))


def _lines(view: View, main: str, place: str) -> Iterator[_Line]:
    """Give all that others tell sshd, and whether sshd reads it before what is ours."""
    block = _block(main)
    ours = range(block.before.count("\n") + 1, (block.before + block.inside).count("\n") + 3) if block else ()
    before = True
    for said in sshd_config.read(main):
        if place == DROP_IN and said.includes_folder:
            before = False
            yield from _drop_ins(view)
        elif place == FILE and said.number in ours:
            before = False
        else:
            yield _Line(FILE, said, before and (place == DROP_IN or block is not None))


def _drop_ins(view: View) -> Iterator[_Line]:
    """Give what the other drop-ins say; in folders below sshd looks for none."""
    found: dict[str, list[str]] = {}
    for row in view.said(*_OTHERS).stdout.decode("utf-8", "surrogateescape").split("\n"):
        path, mark, line = row.partition("\0")
        if mark and path.rpartition("/")[0] == FOLDER and path != DROP_IN:
            found.setdefault(path, []).append(line)
    for path in sorted(found):
        for said in sshd_config.read("\n".join(found[path])):
            yield _Line(path, said, path < DROP_IN)


def _refuse_others(lines: Sequence[_Line], settings: Mapping[str, str]) -> None:
    """Refuse where what is said elsewhere counts instead of ours, or besides it. A Match is an exception."""
    wanted = {sshd_config.plain(keyword): (keyword, value) for keyword, value in settings.items()}
    for line in lines:
        said = line.said
        if said.matched:
            continue
        if said.keyword == "include" and line.first:
            raise Refused(f"{line.file} includes `{said.value}` before: what that says would count first")
        keyword, value = wanted.get(said.keyword, ("", said.value))
        if value.split() == said.value.split() or not keyword:
            continue
        if said.keyword in ADD_UP:
            raise Refused(f"{line.file} says `{keyword} {said.value}` too, and sshd takes both")
        if line.first:
            raise Refused(f"{line.file} says `{keyword} {said.value}` before, and sshd takes the first")
