"""Hold that edited groups files say what was wanted, and nothing that lint would refuse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from nowfab.errors import UsageError
from nowfab.groups import edit, lint
from nowfab.groups.edit import Edited
from nowfab.groups.finding import Finding
from nowfab.groups.sources import Source, load

_LINES = re.compile(r"(?<=:)[0-9]+|(?<=line )[0-9]+")


def check(before: Sequence[Source], edited: Edited) -> tuple[Finding, ...]:
    """Give what lint newly warns of; UsageError for a new error, or where other members come out."""
    found = lint.findings(edited.sources)
    found = _new(lint.findings(before), found) if found else found
    for finding in found:
        if finding.level == "error":
            raise UsageError(
                f"nothing was written: {finding.place} would be wrong: {finding.what}; {finding.mend}"
            )
    said = edit.members(load(edited.sources))
    for name, words in edited.members.items():
        if said.get(name) != words:
            raise UsageError(
                f"nothing was written: the lines of `{name}` would come out as something else; "
                "`groups.lint` may tell why, else change the file by hand"
            )
    return found


def _new(before: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """Leave out as many findings of a sort as there were before; the lines that they stand in may move."""
    known = Counter(map(_sort, before))
    found = []
    for finding in after:
        sort = _sort(finding)
        if known[sort]:
            known[sort] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _sort(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.place.file, _LINES.sub("", finding.what)
