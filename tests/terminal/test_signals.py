"""The first signal asks, the second leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from nowfab.terminal.signals import Leave, stopping


def test_D1_the_first_signal_asks_to_stop() -> None:
    """The run ends by itself and says what became of every node."""
    reasons: list[str] = []
    notices: list[str] = []
    with stopping(reasons.append, notices.append) as caught:
        os.kill(os.getpid(), signal.SIGINT)

    assert (["stopped by Ctrl-C"], ["stopping after Ctrl-C; once more leaves at once"], 2, False) == (
        reasons,
        notices,
        caught.number,
        caught.left,
    )


def test_D2_the_second_signal_leaves() -> None:
    """Whoever asks twice does not want to wait."""
    with stopping(lambda reason: None, lambda text: None) as caught:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Leave) as left:
            os.kill(os.getpid(), signal.SIGINT)

    assert (signal.SIGTERM, True) == (left.value.number, caught.left)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_D3_other_ends_of_a_session_ask_as_well(number: signal.Signals) -> None:
    """A closed terminal must not leave commands running."""
    reasons: list[str] = []
    with stopping(reasons.append, lambda text: None) as caught:
        os.kill(os.getpid(), number)

    assert ([f"stopped by {number.name}"], number) == (reasons, caught.number)


def test_an_ignored_signal_stays_ignored() -> None:
    """That is what nohup asks for."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda reason: None, lambda text: None) as caught:
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert caught.number is None


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    """Invoke and the user's own tasks have theirs."""
    before = signal.getsignal(signal.SIGINT)
    with stopping(lambda reason: None, lambda text: None):
        assert before != signal.getsignal(signal.SIGINT)

    assert before == signal.getsignal(signal.SIGINT)


def test_in_another_thread_nothing_is_caught_and_nothing_fails() -> None:
    """Python gives signals to the main thread only."""
    ends: list[int | None] = []

    def body() -> None:
        with stopping(lambda reason: None, lambda text: None) as caught:
            ends.append(caught.number)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(10)

    assert [None] == ends


def test_D2_leaving_waits_for_no_thread() -> None:
    """A worker may sit in a connection that never answers."""
    code = (
        "import threading, time; from nowfab.terminal.signals import leave;"
        "threading.Thread(target=time.sleep, args=(60,)).start(); print('rows'); leave(130)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)

    assert (130, "rows\n", "") == (done.returncode, done.stdout, done.stderr)
