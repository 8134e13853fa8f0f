"""Fill the variables of a node into the texts of a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from nowfab import names
from nowfab.errors import FileError
from nowfab.inventory.strict_yaml import Text
from nowfab.steps.variables import Known

if TYPE_CHECKING:
    from jinja2 import Template

_MARKS = ("{{", "{%", "{#")


@dataclass(slots=True)
class Templates:
    """The templates of one plan, each compiled once for all nodes."""

    _known: dict[str, Template] = field(default_factory=dict)
    _environment: Any = None

    def fill(self, text: Text, variables: Mapping[str, Any]) -> str:
        """Give the text with its variables filled in; FileError for one that is not there."""
        if not any(mark in text.value for mark in _MARKS):
            return text.value
        from jinja2 import TemplateError, UndefinedError

        try:
            return self._compiled(text.value).render(variables)
        except UndefinedError as error:
            there = ", ".join(sorted(variables))
            what = _without_class(error.message or "")
            raise _wrong(text, f"{what}; there are {there}", _line(error)) from None
        except TemplateError as error:
            raise _wrong(text, error.message or "", getattr(error, "lineno", 0) or _line(error)) from None
        except Exception as error:  # whatever an expression of somebody's plan may raise
            raise _wrong(text, f"{type(error).__name__}: {error}", _line(error)) from None

    def _compiled(self, text: str) -> Template:
        if self._environment is None:
            self._environment = _strict()
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._environment.from_string(text)
        return found


def _wrong(text: Text, what: str, line: int) -> FileError:
    """Say what is wrong in a text, with its line where the text has a file of its own, else with the text."""
    if text.whole and line:
        return FileError(replace(text.place, line=line), what)
    return FileError(text.place, f"{names.shown(text.value)}: {what}")


def _line(error: Exception) -> int:
    """Find the line of a template in which something went wrong, 0 where Jinja does not tell."""
    found, where = 0, error.__traceback__
    while where is not None:
        if where.tb_frame.f_code.co_filename == "<template>":
            found = where.tb_lineno
        where = where.tb_next
    return found


def _without_class(message: str) -> str:
    """Say in a person's words that a node has no such thing: Jinja names the class of it."""
    missing = re.fullmatch(r"'nowfab\.[^']* object' has no attribute '([^']*)'", message)
    if missing is None:
        return message
    return f"a node has no `{missing[1]}`, only {', '.join(field.name for field in fields(Known))}"


def _strict() -> Any:
    """Make Jinja strict: nothing is undefined, nothing reaches out of the sandbox.

    A tag that stands alone in its line leaves no empty one behind; other line ends stay.
    """
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
