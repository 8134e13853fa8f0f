"""inv init: the first groups/ and tasks.py of a folder."""

from __future__ import annotations

from pathlib import Path

from invoke import Context

from nowfab.cli import surroundings
from nowfab.cli.node_task import our_task
from nowfab.errors import FileError
from nowfab.inventory import starter
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard


@our_task()
def init(context: Context) -> None:
    """Write commented groups/ files and a tasks.py here, never over existing ones."""
    folder, screen = surroundings.folder(), standard()
    for name, text in starter.FILES.items():
        if context.config.run.dry:
            said = "is there already" if (folder / name).exists() else "would be written (dry)"
        else:
            said = "written" if _write(folder / name, text) else "is there already, left as it is"
        screen.data([visible(f"{name}: {said}"), "\n"])


def _write(path: Path, text: str) -> bool:
    """Write a new file; False when something stands there already."""
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise FileError(str(path), f"cannot be written: {error.strerror}") from error
    return True
