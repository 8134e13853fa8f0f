"""Keep what belongs to a run in the state folder: its lock, what came, and what became of it."""

import contextlib
import fcntl
import os
import stat
import time

from nowfab.agent.armed import armed_run
from nowfab.agent.notation import format_json, parse_json
from nowfab.agent.paths import Spot, put_back_unproved, sync_folder, sync_folders
from nowfab.agent.request import is_run
from nowfab.agent.ways import make_way, see_way
from nowfab.agent.words import Trouble, to_bytes, to_text, why

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable

KEPT = 10
"""How many runs are kept."""

HALF = (
    "the agent was ended in the middle of the changes; the next one may be made or not, what stands now tells"
)


def state_path(path: str) -> bytes:
    """Give the name of the state folder, which need not be there."""
    raw = to_bytes(path)
    if raw.startswith(b"~/"):
        raw = os.path.join(home_folder(), raw[2:])
    if not os.path.isabs(raw) or b"\0" in raw:
        raise Trouble("the state folder `%s` is no absolute path" % path)
    return raw


def state_folder(path: str) -> bytes:
    """Give the state folder, made if it was not there; it must be ours alone."""
    raw = state_path(path)
    see_way(raw)
    try:
        make_way(raw)
        with contextlib.suppress(FileExistsError):
            os.mkdir(raw, 0o700)
        found = os.lstat(raw)
    except OSError as error:
        raise Trouble("no state folder can be made at `%s`: %s" % (path, why(error))) from None
    see_way(raw)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble("`%s` is no folder of ours (a link, or another's); move it away" % path)
    if found.st_mode & 0o077:
        raise Trouble("`%s` is open to others; `chmod 700` it after a look at what is in there" % path)
    return raw


def home_folder() -> bytes:
    """Give our home: HOME where that is ours, as it need not be under sudo."""
    import pwd

    home = to_bytes(os.environ.get("HOME") or "")
    with contextlib.suppress(OSError):
        if os.path.isabs(home) and os.stat(home).st_uid == os.geteuid():
            return home
    return to_bytes(pwd.getpwuid(os.geteuid()).pw_dir)


def lock_state(state: bytes, run: str, who: str) -> int:
    """Be the only one here who changes anything, or say who is."""
    path = state + b"/lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = read_json(path)
        os.close(descriptor)
        if holder.get("run") == run:
            raise Trouble("this run is being applied right now; ask again", "running") from None
        raise Trouble(held_by(holder), "held") from None
    os.ftruncate(descriptor, 0)
    text = format_json({"run": run, "who": who, "since": time.time(), "pid": os.getpid()})
    os.pwrite(descriptor, text.encode(), 0)
    return descriptor


def lock_within(
    state: bytes, run: str, who: str, seconds: float, meanwhile: "Callable[[], None] | None" = None
) -> int:
    """Be the only one here as soon as whoever is lets go; `meanwhile` may see to that."""
    until = time.monotonic() + seconds
    while True:
        try:
            return lock_state(state, run, who)
        except Trouble:
            if time.monotonic() > until:
                raise
        if meanwhile:
            meanwhile()
        time.sleep(0.05)


def held_by(holder: dict) -> str:
    """Say who holds the lock."""
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(holder.get("since", 0)))
    said = (holder.get("who", "somebody"), since, holder.get("run", "unknown"), holder.get("pid", 0))
    return "%s is changing this node, since %s (run %s, process %d here)" % said


def refuse_while_armed(state: bytes) -> None:
    """Change nothing while a guarded run waits for its confirmation."""
    armed = armed_run(state)
    if not armed:
        return
    asked = read_json(run_folder(state, armed) + b"/request.json") if is_run(armed) else {}
    words = (armed, asked.get("title", "?"), asked.get("who", "?"))
    raise Trouble("run %s (%s, of %s) waits for its confirmation" % words, "held")


def run_folder(state: bytes, run: str) -> bytes:
    """Give the folder of a run."""
    return os.path.join(state, to_bytes(run))


def drop_tree(folder: bytes) -> None:
    """Remove a folder of ours with all that is in it, as far as that goes."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                drop_tree(path)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(path)
        os.rmdir(folder)


def fresh_folder(folder: bytes) -> None:
    """Make the folder of a run that begins."""
    drop_tree(folder)
    os.mkdir(folder, 0o700)
    os.mkdir(folder + b"/new", 0o700)


def read_json(path: bytes) -> dict:
    """Read a file of ours; what is not there or half is empty."""
    try:
        with open(path, "rb") as file:
            found = parse_json(file.read().decode("ascii"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: bytes, value: dict) -> None:
    """Write a file of ours, whole and durable or not at all."""
    with open(path + b".new", "wb") as file:
        file.write(format_json(value).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + b".new", path)
    sync_folder(os.path.dirname(path))


def note_made(folder: bytes, index: int, did: str) -> None:
    """Note that a change is made; it tells how far a run came that was ended."""
    with open(folder + b"/log.jsonl", "ab") as file:
        file.write(format_json({"change": index, "did": did, "at": time.time()}).encode("ascii") + b"\n")


def made_so_far(folder: bytes) -> "list[dict]":
    """Read which changes were noted as made."""
    made = []
    with contextlib.suppress(OSError), open(folder + b"/log.jsonl", "rb") as file:
        for line in file:
            with contextlib.suppress(ValueError, KeyError):
                found = parse_json(line.decode("ascii"))
                made.append({"change": found["change"], "did": found["did"]})
    return made


def runs_in(state: bytes) -> "list[bytes]":
    """Give the folders of all runs, the oldest first."""
    return sorted(state + b"/" + name for name in os.listdir(state) if is_run(to_text(name)))


def settle(state: bytes) -> None:
    """Bring runs to their end whose agent was ended: who holds the lock is alone, so none of them lives."""
    for folder in runs_in(state):
        result = read_json(folder + b"/result.json")
        if not result:
            forget(folder)
        elif result.get("guarded"):
            settle_guarded(folder, bool(result.get("open")))
        elif result.get("open"):
            settle_one(folder)
        elif os.path.isdir(folder + b"/new"):
            drop_tree(folder + b"/new")


def forget(folder: bytes) -> None:
    """Forget a run that touched nothing."""
    if os.path.lexists(folder + b"/old"):
        from nowfab.agent.ending import tidy

        tidy(folder)
    drop_tree(folder)


def settle_guarded(folder: bytes, is_open: bool) -> None:
    """Forget a guarded run that was never armed, and clean up after one that has ended; none waits now."""
    if is_open:
        from nowfab.agent.guardian import stop_timers

        stop_timers(to_text(os.path.basename(folder)))
        forget(folder)
    elif os.path.lexists(folder + b"/undo.json"):
        from nowfab.agent.ending import tidy

        tidy(folder)


def settle_one(folder: bytes) -> None:
    """Sweep up after a run that was ended half way, and write down how far it came."""
    run = to_text(os.path.basename(folder))
    changes = read_json(folder + b"/request.json").get("changes", [])
    for index, change in enumerate(changes):
        if "path" in change:
            spot = Spot(change["path"], run, index)
            put_back_unproved(spot, folder + b"/new")
            spot.sweep()
    sync_folders([change["path"] for change in changes if "path" in change])
    made = made_so_far(folder)
    if len(made) == len(changes):
        finish(folder, "applied", "", made, None)
    else:
        finish(folder, "failed", HALF, made, len(made))


def finish(folder: bytes, state: str, reason: str, made: "list[dict]", failed: "int | None") -> None:
    """Write down what became of a run, and drop the bytes that came for it."""
    result = {"state": state, "reason": reason, "made": made, "failed": failed, "open": False}
    write_json(folder + b"/result.json", result)
    drop_tree(folder + b"/new")


def prune(state: bytes, run: str) -> None:
    """Forget all runs but the last ones, this one, and one that waits: clocks of controllers differ."""
    stay = [run_folder(state, each) for each in (run, armed_run(state))]
    for folder in runs_in(state)[:-KEPT]:
        if folder not in stay:
            forget(folder)
