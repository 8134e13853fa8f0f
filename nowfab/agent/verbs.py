"""Name what can be asked of a guarded run, by a controller or by PID 1."""

import sys

from nowfab.agent.arm import arm
from nowfab.agent.confirm import confirm
from nowfab.agent.guarded import apply_guarded
from nowfab.agent.status import status
from nowfab.agent.undo import undo, undo_from_disk
from nowfab.agent.words import to_bytes

GUARDED_VERBS = {"arm": arm, "confirm": confirm, "undo": undo, "status": status}


def from_disk(words: "list[str]") -> None:
    """Do what PID 1 asks for: the words are the verb, the state folder, the RUN, and why."""
    verb, state, run, cause = words
    if verb == "apply":
        apply_guarded(to_bytes(state), run)
    elif not undo_from_disk(to_bytes(state), run, cause):
        sys.exit(1)
