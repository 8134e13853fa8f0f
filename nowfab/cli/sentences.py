"""End a task with one sentence and its exit code, whatever went wrong in it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from invoke import Exit

from nowfab.errors import NowfabError
from nowfab.report.visible import visible
from nowfab.terminal import signals


@contextmanager
def sentences() -> Iterator[None]:
    """Turn our errors, a reader that left, and Ctrl-C into Invoke's Exit."""
    try:
        yield
    except NowfabError as error:
        raise Exit(sentence(error), error.exit_code) from None
    except BrokenPipeError:
        raise Exit(code=128 + signal.SIGPIPE) from None
    except signals.Leave as left:
        signals.leave(128 + left.number)
    except KeyboardInterrupt:
        raise Exit(code=128 + signal.SIGINT) from None


def sentence(error: NowfabError) -> str:
    """Word an error as it is shown."""
    return f"nowfab: {visible(str(error), keep=chr(10))}"
