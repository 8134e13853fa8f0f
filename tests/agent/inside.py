"""Run the agent within this process, with its doors to systemd and to the disk replaced."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.agent.asking import Reply, file_of, folder, link, parse, remove, request, write
from tests.agent.guarding import text_for

_NAMES = "open mkdir rename link symlink unlink rmdir fsync fchown fchmod ftruncate pwrite sync"
CHANGING = frozenset(_NAMES.split())
"""What of `os` the agent changes the disk with."""

OLD = file_of(b"old\n")
BLOBS = (b"new\n", b"two\n", b"newer\n")


class Inside:
    """A node in a folder, and the agent on it; PID 1 starts nothing there, a test does it."""

    def __init__(self, place: Path) -> None:
        self.place, self.top, self.state = place, place / "top", place / "state"
        self.units = place / "etc-systemd"
        self.names: dict[str, Any] = {"__name__": "agent", "TEXT": text_for(place)}
        exec(compile(self.names["TEXT"], "agent", "exec"), self.names)
        self.names["load_part"]("guard")
        self.names["run_program"] = self._run_program

    def _run_program(self, argv: list[str], *_: Any, **__: Any) -> Any:
        return self.names["Ended"](0, b"", b"")

    def prepare(self) -> None:
        """Have what is to be changed, and nothing else."""
        shutil.rmtree(self.place, ignore_errors=True)
        for each in (self.place, self.top, self.units):
            each.mkdir(mode=0o755)
        for name in ("kept", "gone", "linked"):
            (self.top / name).write_bytes(b"old\n")
            (self.top / name).chmod(0o644)

    def changes(self) -> list[dict[str, Any]]:
        top = self.top
        return [
            write(top / "kept", 0, OLD, mode=0o600),
            folder(top / "d", mode=0o700),
            write(top / "d/new", 1),
            link(top / "linked", "kept", OLD),
            remove(top / "gone", OLD),
            write(top / "kept", 2, file_of(b"new\n", 0o600)),
        ]

    def ask(self, verb: str, run: str, changes: Sequence[dict[str, Any]] = ()) -> Reply:
        sent = request(self.state, changes, [], BLOBS if changes else (), {"verb": verb, "run": run})
        sink = io.BytesIO()
        self.names["write_reply"](sink, *self.names["reply_to"](io.BytesIO(sent), lambda: None))
        return parse(sink.getvalue())

    def arm(self, run: str) -> None:
        reply = self.ask("arm", run, self.changes())
        assert "armed" == reply.state, reply.reason

    def apply(self, run: str) -> None:
        self.names["apply_guarded"](os.fsencode(self.state), run)

    def confirm(self, run: str) -> None:
        reply = self.ask("confirm", run)
        assert "confirmed" == reply.state, reply.reason

    def time_out(self, run: str) -> None:
        self.names["undo_from_disk"](os.fsencode(self.state), run, "timer")

    def boot(self, run: str) -> None:
        """Do as the boot guard does."""
        if (self.state / "armed").exists():
            assert run == (self.state / "armed").read_text()
            self.names["undo_from_disk"](os.fsencode(self.state), run, "boot")

    def settle(self) -> None:
        """Clean up as the next run does."""
        if self.state.exists():
            self.names["settle"](os.fsencode(self.state))


class Doors:
    """`os` as the agent sees it: each operation that changes the disk is announced, and told of when done.

    Where `announce` gives False, nothing is done.
    """

    def __init__(self, announce: Callable[..., bool], done: Callable[..., None] = lambda *_: None) -> None:
        self._announce, self._done = announce, done

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CHANGING:
            return real

        def operation(*given: Any, **more: Any) -> Any:
            if not self._announce(name, *given):
                return None
            result = real(*given, **more)
            self._done(name, *given)
            return result

        return operation

    def open_file(self, path: Any, mode: str = "r", *given: Any, **more: Any) -> Any:
        """Be the builtin `open`."""
        changing = bool(set(mode) & set("wax"))
        if changing:
            self._announce("open", path, os.O_CREAT)
        file = open(path, mode, *given, **more)  # noqa: PTH123, SIM115 - of bytes, for the agent to close
        if changing:
            self._done("open", path, os.O_CREAT)
        return file

    def put_into(self, names: dict[str, Any]) -> None:
        names["os"], names["open"] = self, self.open_file
