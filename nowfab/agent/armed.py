"""Keep the file `armed`: it names the RUN that waits for its confirmation, and goes when that is over."""

import os

from nowfab.agent.paths import sync_folder
from nowfab.agent.words import to_bytes, to_text


def armed_run(state: bytes) -> str:
    """Give the RUN that waits for its confirmation, "" for none."""
    try:
        with open(state + b"/armed", "rb") as file:
            return to_text(file.read(64)).strip()
    except FileNotFoundError:
        return ""


def put_armed(state: bytes, run: str) -> None:
    """Have a run wait for its confirmation, whatever happens from now on."""
    path = state + b"/armed"
    with open(path + b".new", "wb") as file:
        file.write(to_bytes(run))
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + b".new", path)
    sync_folder(state)


def take_armed(state: bytes) -> None:
    """Have the run wait no more: what stands on the disk now stays."""
    os.unlink(state + b"/armed")
    sync_folder(state)
