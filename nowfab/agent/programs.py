"""Run a program of the node, and keep what it says within bounds."""

import io
import os
import time

from nowfab.agent.words import Trouble, tail, to_bytes, to_text

MYPY = False  # which mypy takes for true: only what runs programs pays for this import
if MYPY:
    import subprocess

LOOK_SECONDS = 60
"""How long a program may take that only looks or checks."""

CHANGE_SECONDS = 7200
"""How long one may take that changes something: a large upgrade on a slow card takes an hour."""

SAID_LIMIT = 1024 * 1024
"""Bytes kept of each output of a program whose output only explains a failure."""

WORD_LIMIT = 300

FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Ended:
    """How a program ended: `code` is 128 + n after signal n, 127 where there is no such program.

    `slow` after its time limit; `loud` where it said more than was to be kept, of which the end is kept.
    """

    def __init__(
        self, code: int, stdout: bytes, stderr: bytes, slow: bool = False, loud: bool = False
    ) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
        self.slow = slow
        self.loud = loud


def run_program(
    argv: "list[str]",
    seconds: float,
    stdin: "io.BufferedReader | None" = None,
    keep: int = SAID_LIMIT,
    extra: "dict | None" = None,
) -> Ended:
    """Run a program in /, in the C locale, with no input or that of the file `stdin`."""
    import subprocess

    # a program that the login's PATH leaves out (sbin) is there all the same
    places = os.environ.get("PATH", "")
    env = dict(os.environ, LC_ALL="C.UTF-8", PATH=places + ":" + FOLDERS if places else FOLDERS)
    env.update(extra or {})
    try:
        process = subprocess.Popen(
            [to_bytes(word) for word in argv],
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=env,
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "%s: %s" % (argv[0], os.strerror(error.errno or 0))
        return Ended(127 if missing else 126, b"", to_bytes(reason))
    try:
        return listen(process, time.monotonic() + seconds, keep)
    finally:
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()


def listen(process: "subprocess.Popen[bytes]", until: float, keep: int) -> Ended:
    """Read both outputs until the program ends; a daemon that it leaves behind may keep them open."""
    import selectors

    assert process.stdout
    assert process.stderr
    out, err = bytearray(), bytearray()
    slow = loud = False
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ, out)
        ready.register(process.stderr, selectors.EVENT_READ, err)
        while ready.get_map() and not slow:
            came = ready.select(0.1)
            if not came and process.poll() is not None:
                break
            for key, _ in came:
                piece = os.read(key.fd, 65536)
                if not piece:
                    ready.unregister(key.fileobj)
                key.data.extend(piece)
                if len(key.data) > keep:
                    loud = True
                    del key.data[: len(key.data) - keep]
            slow = time.monotonic() > until
    slow = wait_or_kill(process, until) or slow
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Ended(code, bytes(out), bytes(err), slow, loud)


def wait_or_kill(process: "subprocess.Popen[bytes]", until: float) -> bool:
    """Wait for a program that has closed its outputs; say whether it had to be killed."""
    import subprocess

    try:
        process.wait(max(0.0, until - time.monotonic()))
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def demand(
    argv: "list[str]",
    seconds: float,
    quiet: bool = False,
    stdin: "io.BufferedReader | None" = None,
    extra: "dict | None" = None,
) -> Ended:
    """Run a program that must end with 0; `quiet` leaves out what it said, which may hold a secret."""
    ended = run_program(argv, seconds, stdin=stdin, extra=extra)
    if ended.code or ended.slow:
        raise Trouble(failure(argv, seconds, ended, quiet))
    return ended


def failure(argv: "list[str]", seconds: float, ended: Ended, quiet: bool) -> str:
    """Say how a program failed."""
    what = "`%s`" % " ".join(map(brief, argv))
    if ended.slow:
        return "%s did not end within %d s" % (what, seconds)
    said = "" if quiet else tail(ended.stderr) or tail(ended.stdout)
    if quiet and (ended.stderr or ended.stdout):
        said = "(what it said is kept back: it may hold the secret)"
    return "%s ended with %d%s" % (what, ended.code, ": " + said if said else "")


def brief(word: str) -> str:
    """Give a word of an argv as far as a person wants to read it: not the text of a program."""
    return word if len(word) <= WORD_LIMIT and "\n" not in word else "…"


def readable(path: bytes) -> str:
    """Give a path as a word of a program's argv."""
    return to_text(path)
