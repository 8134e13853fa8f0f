"""Have a keyboard mean what is printed on it."""

from __future__ import annotations

from nowfab.plan.changes import Change
from nowfab.plan.questions import PathAt, UnitNamed
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps.line import line
from nowfab.steps.service import service
from nowfab.steps.together import together

FILE = "/etc/default/keyboard"
UNIT = "keyboard-setup.service"


def keyboard(layout: str, variant: str = "", model: str = "pc105") -> Step:
    """Write layout, variant and model (keyboard(5)), and have the console read them where there is one."""
    lines = (("XKBMODEL", model), ("XKBLAYOUT", layout), ("XKBVARIANT", variant))
    restart = service(UNIT, after_change_of=(FILE,))

    def decide(view: View) -> tuple[Change, ...]:
        return restart.decide(view) if view.unit(UNIT).known else ()

    again = Step(restart.title, (UnitNamed(UNIT), PathAt(FILE, content=False)), decide)
    steps = (*(line(FILE, f'{name}="{value}"', instead_of=rf"^{name}=") for name, value in lines), again)
    return together(f"keyboard {layout}{f' {variant}' if variant else ''}", steps)
