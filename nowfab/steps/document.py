"""Read a person's plan from YAML, and make it the plan of one node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from nowfab import names
from nowfab.errors import FileError, Place, UsageError
from nowfab.inventory import strict_yaml
from nowfab.inventory.strict_yaml import Items, Table, Text, Value
from nowfab.plan.changes import Change
from nowfab.plan.steps import Plan, Refused, Step
from nowfab.plan.view import View
from nowfab.steps import gathering, hiding, templates, when
from nowfab.steps.entry import Entry, Fill, Source, filled, holds_secret
from nowfab.steps.gathering import Gather
from nowfab.steps.kind import Kind
from nowfab.steps.kinds import KINDS
from nowfab.steps.when import CONDITIONS, Condition

_KEYS = ("title", "gather", "steps")
_WHEN = ("when", "unless")


@dataclass(frozen=True, slots=True)
class Document:
    """A plan as it is written, for any node."""

    title: str
    entries: tuple[Entry, ...]
    gathers: tuple[Gather, ...] = ()


def read(text: str, file: str) -> Document:
    """Read a plan; FileError with the line of what cannot be meant."""
    value = strict_yaml.read(text, file)
    if not isinstance(value, Table):
        raise FileError(Place(file, 1), "a plan is a mapping with `title` and `steps`")
    parts = {key.value: part for key, part in value.entries}
    for key, _ in value.entries:
        if key.value not in _KEYS:
            raise FileError(key.place, f"no key {names.shown(key.value)}; a plan has {', '.join(_KEYS)}")
    steps = parts.get("steps")
    if not isinstance(steps, Items) or not steps.items:
        raise FileError(steps.place if steps else Place(file, 1), "`steps` is a list of at least one step")
    title = parts.get("title")
    if not isinstance(title, Text) or title.is_nothing:
        raise FileError(title.place if title else Place(file, 1), "`title` says what the plan is for")
    gathers = gathering.read(parts["gather"]) if "gather" in parts else ()
    return Document(title.value, tuple(map(_entry, steps.items)), gathers)


def build(
    document: Document,
    fill: Fill,
    source: Source,
    gathers: Sequence[Gather] = (),
    blind: Fill | None = None,
    untold: Fill | None = None,
) -> Plan:
    """Make the plan of one node; FileError with the line of what cannot be meant.

    `gathers` are the values that this node gives. `blind` fills other values in for secret ones: a
    text that it makes another one of holds a secret. So does `untold` for values that nobody has told
    yet: a step that needs one is refused.
    """
    blind = blind or fill
    entries = [templates.opened(entry, fill, source) for entry in document.entries]
    hiding.keep_apart(entries, fill, blind)
    steps = tuple(step for entry in entries for step in _steps(entry, fill, source, blind, untold or fill))
    asked = tuple(
        (one.name, gathering.question(one, lambda value: _open(value, fill, blind, "argv")))
        for one in gathers
    )
    return Plan(document.title, steps, asked)


def _entry(value: Value) -> Entry:
    if not isinstance(value, Table):
        raise FileError(value.place, f"a step has one key, its kind: {', '.join(KINDS)}")
    kinds = [(key, said) for key, said in value.entries if key.value not in _WHEN]
    if len(kinds) != 1:
        place = kinds[1][0].place if kinds else value.place
        raise FileError(place, f"a step has one key, its kind ({', '.join(KINDS)}), and `when` or `unless`")
    key, said = kinds[0]
    if key.value not in KINDS:
        raise FileError(key.place, f"no step {names.shown(key.value)}{_hint(key.value, KINDS)}")
    if not isinstance(said, Table):
        fields = ", ".join(KINDS[key.value].fields)
        raise FileError(said.place, f"`{key.value}` is followed by its fields, a mapping of {fields}")
    conditions = {key.value: _conditions(said) for key, said in value.entries if key.value in _WHEN}
    entry = Entry(key.value, said.entries, key.place, **conditions)
    _complete(entry, KINDS[key.value])
    return entry


def _conditions(value: Value) -> tuple[tuple[Text, Value], ...]:
    if not isinstance(value, Table) or not value.entries:
        raise FileError(value.place, f"a condition is a mapping of {', '.join(CONDITIONS)}")
    for key, _ in value.entries:
        if key.value not in CONDITIONS:
            raise FileError(key.place, f"no condition {names.shown(key.value)}{_hint(key.value, CONDITIONS)}")
    return value.entries


def _complete(entry: Entry, kind: Kind) -> None:
    given = {key.value for key, _ in entry.fields}
    for key, _ in entry.fields:
        if key.value not in kind.fields:
            raise FileError(
                key.place,
                f"`{entry.kind}` has no field {names.shown(key.value)}{_hint(key.value, kind.fields)}",
            )
    for name, field in kind.fields.items():
        if field.needed and name not in given:
            raise FileError(entry.place, f"`{entry.kind}` needs the field `{name}`")
    for name, other in kind.besides.items():
        if name in given and other not in given:
            raise FileError(entry.place, f"`{entry.kind}` with `{name}` needs the field `{other}`")
    if kind.either and len(given.intersection(kind.either)) != 1:
        raise FileError(entry.place, f"`{entry.kind}` needs exactly one of {', '.join(kind.either)}")


def _steps(entry: Entry, fill: Fill, source: Source, blind: Fill, untold: Fill) -> tuple[Step, ...]:
    kind = KINDS[entry.kind]
    values: dict[str, Any] = {}
    for key, value in entry.fields:
        text = filled(value, fill)
        if holds_secret(value, text, fill, blind):
            if key.value != kind.keeps:
                raise _seen(value, key.value)
            if "secret" in kind.fields:
                values["secret"] = True
        read = kind.fields[key.value].read(text)
        values[key.value.replace("-", "_")] = source(read, value.place) if key.value == "source" else read
    try:
        made = kind.make(**values)
    except UsageError as error:
        raise FileError(entry.place, str(error)) from None
    steps = (made,) if isinstance(made, Step) else made
    if _needs(entry.fields, fill, untold):
        steps = tuple(_refused(step, entry.place) for step in steps)
    all_of, none_of = _all(entry.when, fill, blind), _all(entry.unless, fill, blind)
    steps = tuple(when.step(step, all_of, none_of) for step in steps)
    if _needs((*entry.when, *entry.unless), fill, untold):
        steps = tuple(_refused(step, entry.place) for step in steps)
    return steps


def _needs(said: Sequence[tuple[Text, Value]], fill: Fill, untold: Fill) -> bool:
    """Say whether values need one that nobody has told yet; most plans have none."""
    return untold is not fill and any(filled(value, fill) != filled(value, untold) for _, value in said)


def _refused(step: Step, place: Place) -> Step:
    """Have a step refused where its conditions let it be done: nobody knows what it would write."""

    def decide(view: View) -> tuple[Change, ...]:
        what = "it needs a value that is gathered only once this node's plan is done"
        raise Refused(f"{place}: {what}; `unless` leaves the step out here")

    return replace(step, decide=decide)


def _all(conditions: Sequence[tuple[Text, Value]], fill: Fill, blind: Fill) -> list[Condition]:
    return [CONDITIONS[key.value].of(_open(value, fill, blind, key.value)) for key, value in conditions]


def _open(value: Value, fill: Fill, blind: Fill, where: str) -> Value:
    """Fill a value that others may see, and that may hold no secret."""
    text = filled(value, fill)
    if holds_secret(value, text, fill, blind):
        raise _seen(value, where)
    return text


def _seen(value: Value, where: str) -> FileError:
    what = f"a secret stands in `{where}`, where others see it"
    return FileError(value.place, f"{what}; `file` keeps one in `content`, `run` in `stdin`")


def _hint(typed: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(typed[:64], tuple(known), 1)
    return f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(known)}"
