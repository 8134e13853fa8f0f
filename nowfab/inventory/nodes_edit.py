"""Put facts into the text of a nodes.yaml, and leave every other byte of it alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.inventory import nodes
from nowfab.inventory.facts import Facts, NodesFile

Said = Mapping[str, Mapping[str, str]]
"""What should be said, by node and key."""

_PLAIN = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.@~-]*")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text, and the kind of its line ends."""

    text: str
    ending: str

    def at(self, start: int, new: str, end: int | None = None) -> str:
        """Give the text with something put in, or in the place of what ends before `end`."""
        return self.text[:start] + new + self.text[start if end is None else end :]

    def below(self, at: int, lines: str) -> str:
        """Give the text with lines put below the one in which a character stands."""
        if not at or self.text[at - 1] == "\n":
            return self.at(at, lines)
        end = self.text.find("\n", at) + 1
        return self.at(end, lines) if end else self.text + self.ending + lines


def put(text: str, file: str, facts: Said) -> str:
    """Say these facts of these nodes, each under its own name.

    FileError where the file cannot be read, or where the facts would not hold behind what it says else.
    """
    before = nodes.parse(text, file)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    ending = "\r\n" if "\r\n" in text else "\n"
    found = text.removeprefix(mark)
    root = yaml.compose(found, Loader=_LOADER)
    known = _entries(root)
    for name in facts:
        for key, value in facts[name].items() if name in known else ():
            found = _said(_Text(found, ending), name, key, value)
    fresh = {name: said for name, said in facts.items() if name not in known}
    if fresh:
        found = _new(_Text(found, ending), fresh)
    _check(before, found, file, facts)
    return mark + found


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _entries(root: Node | None) -> dict[str, tuple[Node, Node]]:
    inner = _value(root, "nodes")
    return {key.value: (key, value) for key, value in inner.value} if isinstance(inner, MappingNode) else {}


def _value(table: Node | None, wanted: str) -> Node | None:
    if not isinstance(table, MappingNode):
        return None
    return next((value for key, value in table.value if key.value == wanted), None)


def _said(text: _Text, name: str, key: str, value: str) -> str:
    """Say one thing of a node that has an entry."""
    _, entry = _entries(yaml.compose(text.text, Loader=_LOADER))[name]
    known = _value(entry, key)
    if known is not None:
        return text.at(known.start_mark.index, _scalar(value), known.end_mark.index)
    pair = f"{key}: {_scalar(value)}"
    if not isinstance(entry, MappingNode):
        return text.at(entry.start_mark.index, f" {{{pair}}}", entry.end_mark.index)
    if not entry.value:
        return text.at(entry.start_mark.index, f"{{{pair}}}", entry.end_mark.index)
    if entry.flow_style:
        return text.at(_end(entry.value[-1][1]), f", {pair}")
    indent = " " * entry.value[0][0].start_mark.column
    return text.below(_end(entry), f"{indent}{pair}{text.ending}")


def _new(text: _Text, fresh: Said) -> str:
    """Put entries behind the last one."""
    root = yaml.compose(text.text, Loader=_LOADER)
    inner = _value(root, "nodes")
    entries = [f"{_scalar(name)}: {{{_pairs(said)}}}" for name, said in fresh.items()]
    if inner is None:
        return text.below(len(text.text), f"nodes:{text.ending}{_lines(entries, '  ', text)}")
    if isinstance(inner, MappingNode) and inner.value:
        if inner.flow_style:
            return text.at(_end(inner.value[-1][1]), "".join(f", {entry}" for entry in entries))
        indent = " " * inner.value[0][0].start_mark.column
        return text.below(_end(inner), _lines(entries, indent, text))
    start = len(text.text[: inner.start_mark.index].rstrip(" "))
    without = _Text(text.at(start, "", inner.end_mark.index), text.ending)
    return without.below(start, _lines(entries, "  ", text))


def _lines(entries: list[str], indent: str, text: _Text) -> str:
    return "".join(f"{indent}{entry}{text.ending}" for entry in entries)


def _pairs(said: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {_scalar(value)}" for key, value in said.items())


def _end(node: Node) -> int:
    """Tell where the last thing of a value ends; the end of a block is behind the comments below it."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _scalar(text: str) -> str:
    """Write a text so that YAML reads that very text, in a flow mapping too."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check(before: NodesFile, text: str, file: str, facts: Said) -> None:
    """Hold that the new text says the facts, and otherwise what it said."""
    try:
        after = nodes.parse(text, file)
    except FileError as error:
        raise _by_hand(file, facts, error.what) from None
    said = nodes.parse(_alone(facts), file)
    wanted = {name: before.of(name).under(said.of(name)) for name in {*before.entries, *said.entries}}
    for name, expected in wanted.items():
        if _placeless(after.of(name)) != _placeless(expected):
            raise _by_hand(file, facts, f"another entry of {names.shown(name)} counts more")


def _placeless(facts: Facts) -> Facts:
    """Forget where a gateway stands; lines move."""
    return replace(facts, via=facts.via and replace(facts.via, place=Place("", 1)))


def _alone(facts: Said) -> str:
    return "nodes:\n" + "".join(f"  {_scalar(name)}: {{{_pairs(said)}}}\n" for name, said in facts.items())


def _by_hand(file: str, facts: Said, why: str) -> FileError:
    name, said = next(iter(facts.items()))
    return FileError(
        file, f"cannot be edited ({why}); put `{_scalar(name)}: {{{_pairs(said)}}}` there by hand"
    )
