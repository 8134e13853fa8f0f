"""Have Debian packages installed, or not."""

from __future__ import annotations

from nowfab.plan.changes import Change, Packages
from nowfab.plan.questions import PackageNamed
from nowfab.plan.steps import Step
from nowfab.plan.view import View


def package(names: tuple[str, ...], installed: bool = True) -> Step:
    """Install what is missing, or remove what is there, in one transaction; no upgrade."""

    def decide(view: View) -> tuple[Change, ...]:
        found = {name: view.package(name) for name in names}
        wrong = tuple(name for name in found if bool(found[name].version) != installed)
        if not wrong:
            return ()
        was = tuple((name, found[name]) for name in wrong)
        return (Packages(wrong, (), was) if installed else Packages((), wrong, was),)

    verb = "package" if installed else "no package"
    return Step(f"{verb} {', '.join(names)}", tuple(PackageNamed(name) for name in names), decide)
