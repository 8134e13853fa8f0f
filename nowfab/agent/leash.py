"""Tie this agent to the channel that started it: when that ends, so does what it looks at.

Changes that have begun stand apart from it and go on.
"""

import os
import time

GRACE_SECONDS = 2
"""How long a process group that is told to end has for it."""

KILL, TERM = 9, 15
"""Signals, which have these numbers everywhere (POSIX, kill(1)); the module with their names loads slowly."""

HIGHEST = 64
"""More descriptors than an agent has."""


def lay_leash() -> None:
    """Have a process of its own wait for the end of the input, and then end this group."""
    parent, group = os.getpid(), os.getpgrp()
    if os.fork():
        return
    try:
        os.setsid()
        let_go_of_all_but_the_input()
        while os.read(0, 65536):
            pass
        for number in (TERM, KILL):
            if os.getppid() == parent:
                os.killpg(group, number)
                time.sleep(GRACE_SECONDS)
    finally:
        os._exit(0)


def let_go_of_all_but_the_input() -> None:
    """Hold neither the outputs, whose end somebody waits for, nor the lock."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for each in (1, 2):
        os.dup2(nothing, each)
    os.closerange(3, HIGHEST)
