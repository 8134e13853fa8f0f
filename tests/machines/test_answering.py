"""A password goes to one prompt, once, and to nobody's eyes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import Secret
from nowfab.machines.answering import Answering
from nowfab.talk import Reply

REPLY = Reply("ask-4711:", Secret("s3cret"), "ready-0815")


class Ears:
    """What came through, what was answered."""

    def __init__(self) -> None:
        self.heard: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self.answers: list[bytes] = []
        self.refused = 0
        self.filter = Answering(REPLY, self.take, self.answers.append, self.refuse)

    def take(self, stream: str, data: bytes) -> None:
        self.heard[stream] += data

    def refuse(self) -> None:
        self.refused += 1


def test_B14_the_prompt_is_answered_once_and_not_shown() -> None:
    """sudo asks on standard error; a second time it means that the password was wrong."""
    ears = Ears()
    ears.filter.feed("stderr", b"ask-4711:")
    ears.filter.feed("stderr", b"Sorry, try again.\nask-4711:")
    ears.filter.end()

    assert [b"s3cret\n"] == ears.answers
    assert 1 == ears.refused
    assert b"Sorry, try again.\n" == ears.heard["stderr"]


def test_B15_another_prompt_and_standard_output_are_never_answered() -> None:
    """A command may print sudo's usual prompt to steal the password."""
    ears = Ears()
    ears.filter.feed("stderr", b"[sudo] password for pi: ")
    ears.filter.feed("stdout", b"ask-4711:")
    ears.filter.end()

    assert [] == ears.answers


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["stdout", "stderr"]))
def test_B15_an_echoed_password_is_masked_wherever_it_is_cut(first: int, second: int, stream: str) -> None:
    """Packets end where they like."""
    ears = Ears()
    data = b"before s3cret s3cre s3cret after s3"
    a, b = sorted((first, second))
    for piece in (data[:a], data[a:b], data[b:]):
        ears.filter.feed(stream, piece)  # type: ignore[arg-type]
    ears.filter.end()

    assert b"before *** s3cre *** after s3" == ears.heard[stream]


def test_B15_behind_the_ready_word_the_program_speaks_and_is_told_nothing() -> None:
    """It may have found the prompt in the process list."""
    heard, answers, gone = [], [], []
    reply = Reply("ask-4711:", Secret("s3cret"), "ready-12")
    sieve = Answering(
        reply, lambda _, data: heard.append(data), answers.append, lambda: None, lambda: gone.append(1)
    )
    for piece in (b"rea", b"dy-12ask-4711:", b"ask-4711:"):
        sieve.feed("stderr", piece)
    sieve.end()

    assert ([], [1]) == (answers, gone)
    assert b"ask-4711:ask-4711:" == b"".join(heard)


def test_D11_a_secret_shows_itself_to_nobody() -> None:
    """Tracebacks and logs print values."""
    secret = Secret("s3cret")

    assert "s3cret" not in f"{secret} {secret!r} {Reply('p', secret, 'r')!r} {[secret]}"
