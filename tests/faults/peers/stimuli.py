"""The table of stimuli: an id of the catalogue, what is done, and what a truthful program says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncssh

from tests.faults.peers import stage
from tests.faults.peers.stage import Bad, Stage
from tests.faults.relay import Toxics
from tests.faults.server import Behaviour, Process

Kind = Literal["not run", "exit", "signal", "lost", "ok", "stopped"]


@dataclass(frozen=True, slots=True)
class Truth:
    """What became of the command.

    not run   no command was sent
    exit      it ended with `code`
    signal    it was killed
    lost      the connection went under it
    ok        it ended well, its output is `out`
    stopped   it ran longer than it may, and nothing of it goes on running
    """

    kind: Kind
    code: int = 0
    out: bytes = b""


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One fault; in `command`, {mark} is a file that counts how often it ran, {tag} a number of its own.

    `seconds` are what the command is given. `alone`: the programs meet it one after the other, for it
    keeps the computer busy.
    """

    id: str
    words: str
    start: Callable[[Stage], Bad]
    truth: Truth
    command: str = "echo hello"
    seconds: float = 10
    alone: bool = False


FOREIGN = {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha256@ssh.com"]}
"""What only asyncssh has."""
NOT_RUN, LOST = Truth("not run"), Truth("lost")
COUNTED = "echo run >> {mark}; "
LARGE = COUNTED + "head -c 3000000 /dev/zero | tr '\\0' x; sleep 2"
LONG = "echo begun; sleep {tag}; echo end"


async def _half(process: Process) -> None:
    """Close the channel in the middle of the output, without an exit code."""
    process.stdout.write(b"half")
    await asyncio.sleep(0.2)
    process.channel.close()


def _changed(at: Stage) -> Bad:
    return at.behaving(known_key=asyncssh.generate_private_key("ssh-ed25519"))


def _unknown(at: Stage) -> Bad:
    bad = at.behaving()
    Path(str(bad.node.known_hosts)).write_text("")
    return bad


def _well(at: Stage) -> Bad:
    return at.healthy()


def _after(**toxic: int) -> Callable[[Stage], Bad]:
    return lambda at: at.relayed(down=Toxics(**toxic))


def _behaving(**how: object) -> Callable[[Stage], Bad]:
    return lambda at: at.behaving(Behaviour(**how))  # type: ignore[arg-type]


def _talking(talk: Callable[..., None]) -> Callable[[Stage], Bad]:
    return lambda at: at.talking(talk)


def _dead_gateway(at: Stage) -> Bad:
    gate = at.closed().node
    return at.healthy(f"ProxyJump {gate.user}@{gate.address}:{gate.port}")


TABLE = (
    Stimulus("A1", "the port is closed", Stage.closed, NOT_RUN),
    Stimulus("A2", "packets are dropped", Stage.deaf, NOT_RUN),
    Stimulus("A3", "the port opens, and nothing is said", _talking(stage.silent), NOT_RUN),
    Stimulus("A4", "a line each second before the banner", _talking(stage.dripping), NOT_RUN),
    Stimulus("A5", "a line without end before the banner", _talking(stage.endless), NOT_RUN),
    Stimulus("A6", "a banner, then silence", _talking(stage.half), NOT_RUN),
    Stimulus("A7", "a web server", _talking(stage.web), NOT_RUN),
    Stimulus("A8", "no message check in common", _behaving(options=FOREIGN), NOT_RUN),
    Stimulus("A9", "one bit of the output arrives wrong", _after(bitflip=8 * 500_000), LOST, LARGE),
    Stimulus("A13", "a name that nobody knows", lambda at: at.healthy(address="red01.invalid"), NOT_RUN),
    Stimulus("A17", "the gateway is down", _dead_gateway, NOT_RUN),
    Stimulus("A18", "the ProxyCommand dies", lambda at: at.healthy("ProxyCommand false"), NOT_RUN),
    Stimulus("B1", "the host key has changed", _changed, NOT_RUN),
    Stimulus("B2", "the host key is unknown, policy strict", _unknown, NOT_RUN),
    Stimulus("B9", "the key is not accepted", lambda at: at.healthy(identity=at.other_key()), NOT_RUN),
    Stimulus("B13", "a one-time code is wanted", _behaving(ways=("keyboard-interactive",)), NOT_RUN),
    Stimulus("B13", "the login is never answered", _behaving(login="hang"), NOT_RUN),
    Stimulus("B13", "the server hangs up at the login", _behaving(login="hang up"), NOT_RUN),
    Stimulus("C1", "exit code 3", _well, Truth("exit", 3), "exit 3"),
    Stimulus("C1", "exit code 255", _well, Truth("exit", 255), "exit 255"),
    Stimulus("C2", "the command is killed", _well, Truth("signal"), "exec sh -c 'kill -KILL $$'"),
    Stimulus("C3", "the channel closes without an exit code", _behaving(act=_half), LOST),
    Stimulus("C4", "a reset in the middle of the output", _after(reset_peer=500_000), LOST, LARGE),
    Stimulus("C4", "an end in the middle of the output", _after(limit_data=500_000), LOST, LARGE),
    Stimulus("C5", "silence in the middle of the output", _after(blackhole=500_000), LOST, LARGE),
    Stimulus("C7", "the command outlives its 10 s", _well, Truth("stopped"), LONG),
    Stimulus("C7", "as before, and it ignores HUP", _well, Truth("stopped"), "trap '' HUP; " + LONG),
    Stimulus(
        "C8",
        "a child in the background holds stdout",
        _well,
        Truth("ok", 0, b"on\n"),
        "sleep {tag} & echo on",
    ),
    Stimulus("C10", "the command is never answered", _behaving(answer=False), LOST),
    Stimulus(
        "C13",
        "10 MB of output",
        _well,
        Truth("ok", 0, b"0123456789abcde\n" * 625_000),
        "yes 0123456789abcde | head -n 625000",
        seconds=60,
        alone=True,
    ),
    Stimulus(
        "C14",
        "NUL and bytes that are no text",
        _well,
        Truth("ok", 0, b"a\0b\xff\xfec\rd\n"),
        r"printf 'a\000b\377\376c\rd\n'",
    ),
    Stimulus(
        "C14",
        "one line of 1 MB without an end",
        _well,
        Truth("ok", 0, b"y" * 1_000_000),
        "head -c 1000000 /dev/zero | tr '\\0' y",
        seconds=60,
        alone=True,
    ),
)
