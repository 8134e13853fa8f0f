"""Fetch one file, over http, https or from the node itself, and see that it is the one that was meant."""

import contextlib
import hashlib
import http.client
import os
import sys
import urllib.request

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable, Iterator

SECONDS = 60
"""How long a server may be silent."""

PIECE = 1 << 18


class Wrong(Exception):
    """The errand cannot be done, and why."""


def run_errand(errand: "Callable[..., None]") -> None:
    """Do the errand with the words of the command line; why it cannot be done is one line."""
    try:
        errand(*sys.argv[1:])
    except Wrong as wrong:
        sys.exit(str(wrong))
    except OSError as error:
        named = "`%s`: " % error.filename if isinstance(error.filename, str) else ""
        sys.exit(named + (error.strerror or str(error)))
    except Exception as error:
        sys.exit("%s: %s" % (type(error).__name__, " ".join(str(error).split())))


def fetch(url: str, sha256: str, path: str) -> None:
    """Put the file at a path where nothing stands, durably; Wrong where it is another one."""
    digest = hashlib.sha256()
    size = 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as sink:
        for piece in pieces(url):
            digest.update(piece)
            size += len(piece)
            sink.write(piece)
        sink.flush()
        os.fsync(sink.fileno())
    if digest.hexdigest() != sha256:
        what = "`%s` is not the file that was meant: its %d bytes have the sha256 %s, not %s"
        raise Wrong(what % (url or "what came", size, digest.hexdigest(), sha256))


def pieces(url: str) -> "Iterator[bytes]":
    """Give what stands behind a URL, piece by piece, or what is our input; Wrong where it cannot be had."""
    if not url:
        yield from iter(lambda: sys.stdin.buffer.read(PIECE), b"")
        return
    asked = urllib.request.Request(url, headers={"User-Agent": "nowfab"})
    try:
        # the controller lets no other scheme through, and a redirect leads to none (urllib.request)
        with urllib.request.urlopen(asked, timeout=SECONDS) as source:
            for piece in iter(lambda: source.read(PIECE), b""):
                yield piece
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Wrong("`%s`: %s" % (url, why_not(error))) from None


def why_not(error: Exception) -> str:
    """Say in words why something cannot be fetched; urllib wraps what happened."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return str(error) or type(error).__name__


def need_folder(folder: str) -> None:
    """See that there is a folder to put something into."""
    if not os.path.isdir(folder):
        raise Wrong("there is no folder `%s`; a step `folder` before this one makes it" % folder)


def remove(path: str) -> None:
    """Have no file stand at a path."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def sync_names(folder: str) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
