"""Unknown host keys are asked about once, and who was refused for one goes again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nowfab.cli.strangers import Strangers, question
from nowfab.inventory.node import Node
from nowfab.machines.crew import Stranger
from nowfab.results import Result, Status

GATE = Node("gate")
INNER = Node("inner", via=GATE)
RED = Node("red01")


def stranger(node: str, host: str = "host") -> Stranger:
    return Stranger(node, host, "ssh-ed25519", "SHA256:abc", b"", Path("known_hosts"))


def play(
    nodes: Sequence[Node], met: Sequence[Sequence[str]], answer: bool = True
) -> tuple[list[list[str]], list[list[str]]]:
    """Play a run in which wave after wave meets these strangers; give the waves and the questions."""
    strangers: list[Stranger] = []
    asked: list[list[str]] = []

    def trusted(new: Sequence[Stranger]) -> bool:
        asked.append([one.node for one in new])
        return answer

    gone: list[list[str]] = []
    going = Strangers(lambda: strangers, trusted).waves(nodes)
    wave = next(going, None)
    while wave:
        gone.append([node.name for node in wave])
        strangers += [stranger(name) for name in met[len(gone) - 1]]
        refused = {one.node for one in strangers}
        results = [Result(node.name, Status.REFUSED if node.name in refused else Status.OK) for node in wave]
        try:
            wave = going.send(results)
        except StopIteration:
            break
    return gone, asked


def test_without_strangers_there_is_one_wave_and_no_question() -> None:
    """The usual case."""

    assert ([["red01", "gate"]], []) == play([RED, GATE], [[]])


def test_after_a_yes_only_the_refused_go_again() -> None:
    """Nothing is sent twice to those that have done their work."""

    assert ([["red01", "gate"], ["gate"]], [["gate"]]) == play([RED, GATE], [["gate"], []])


def test_after_a_no_nobody_goes_again() -> None:
    """Their rows stay refused."""

    assert ([["red01", "gate"]], [["gate"]]) == play([RED, GATE], [["gate"]], answer=False)


def test_a_key_that_stays_unknown_is_asked_about_once() -> None:
    """A file that cannot be written must not make an endless loop."""

    assert ([["gate"], ["gate"]], [["gate"]]) == play([GATE], [["gate"], ["gate"]])


def test_what_lies_behind_a_trusted_gateway_goes_again_and_is_asked_about_next() -> None:
    """The gateway's key is met before that of the node behind it can be."""
    strangers = [stranger("gate")]
    asked: list[str] = []

    def trusted(new: Sequence[Stranger]) -> bool:
        asked.extend(one.node for one in new)
        return True

    going = Strangers(lambda: strangers, trusted).waves([INNER, RED])
    first = next(going)
    second = going.send([Result("inner", Status.UNREACHABLE), Result("red01", Status.UNREACHABLE)])
    strangers.append(stranger("inner"))
    third = going.send([Result("inner", Status.REFUSED)])

    assert ([INNER, RED], [INNER], [INNER], ["gate", "inner"]) == (first, second, third, asked)


def test_what_was_sent_to_is_never_sent_to_again() -> None:
    """A lost node may have done its work."""
    going = Strangers(lambda: [stranger("red01")], lambda new: True).waves([RED])
    next(going)
    ended = False
    try:
        going.send([Result("red01", Status.LOST)])
    except StopIteration:
        ended = True

    assert ended


def test_the_question_shows_what_to_compare() -> None:
    """A person holds the fingerprint against that on the node's own screen."""

    assert [
        "node   host        key      fingerprint",
        "-----  ----------  -------  -----------",
        r"red01  10.0.0.1\r  ed25519  SHA256:abc",
    ] == question([stranger("red01", "10.0.0.1\r")]).splitlines()
