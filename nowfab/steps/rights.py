"""Say who may do what with a path, as far as anybody cares."""

from __future__ import annotations

from dataclasses import dataclass

from nowfab.plan.questions import File, Folder


@dataclass(frozen=True, slots=True)
class Rights:
    """A mode, an owner, a group; None is left as it is, and for what is new to the system."""

    mode: int | None = None
    owner: str | None = None
    group: str | None = None

    def hold(self, was: File | Folder) -> bool:
        """Whether all that is named is so."""
        named = ((self.mode, was.mode), (self.owner, was.owner), (self.group, was.group))
        return all(wanted is None or wanted == found for wanted, found in named)

    def over(self, was: File | Folder | None, new: int) -> tuple[int, str, str]:
        """Give mode, owner and group to set; `new` is the mode of what is not there yet."""
        mode, owner, group = (was.mode, was.owner, was.group) if was else (new, "", "")
        return (
            mode if self.mode is None else self.mode,
            owner if self.owner is None else self.owner,
            group if self.group is None else self.group,
        )


ANY = Rights()
"""Nobody cares."""
