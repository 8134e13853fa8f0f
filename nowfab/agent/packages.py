"""Ask dpkg what is installed, and have apt-get install and remove."""

import fcntl
import os
import struct
import time

from nowfab.agent.programs import CHANGE_SECONDS, LOOK_SECONDS, demand, failure, run_program
from nowfab.agent.words import Trouble, tail, to_bytes

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Sequence

APT_ENV = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBIAN_PRIORITY": "critical",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "UCF_FORCE_CONFFOLD": "1",
}

KEEP_OURS = ("--force-confdef", "--force-confold")
"""A configuration file that somebody edited stays as it is (dpkg(1))."""

OLD_LISTS = (b"Unable to locate package", b"has no installation candidate", b"Failed to fetch", b"404 ")
"""What apt says when its lists are missing or old; then they are fetched, once."""


def packages_at(names: "list[str]") -> "dict":
    """Give version and hold of each package, asked in one go."""
    if not names:
        return {}
    form = r"${binary:Package}\t${Package}\t${db:Status-Abbrev}\t${Version}\n"
    ended = run_program(["dpkg-query", "--show", "--showformat", form, "--"] + names, LOOK_SECONDS)
    if ended.code in (126, 127):
        raise Trouble("there is no dpkg on this node")
    if ended.code > 1 or ended.slow:
        raise Trouble(failure(["dpkg-query"], LOOK_SECONDS, ended, quiet=False))
    found = {}  # type: dict
    for line in ended.stdout.decode("utf-8", "replace").splitlines():
        full, plain, status, version = (line + "\t\t\t").split("\t")[:4]
        # the second letter: installed, or with triggers that are pending or awaited
        there = {"version": version if status[1:2] in "iWt" else "", "held": status[:1] == "h"}
        for name in (full, plain):
            if name in names and not found.get(name, {}).get("version"):
                found[name] = there
    return {name: found.get(name, {"version": "", "held": False}) for name in names}


def packages_hold(change: dict, now: dict) -> bool:
    """Say whether all is installed that shall be, and nothing that shall not."""
    return all(now[name]["version"] for name in change["install"]) and not any(
        now[name]["version"] for name in change["remove"]
    )


def change_packages(change: dict, seconds: int) -> None:
    """Install and remove in one transaction; another user of dpkg is waited for."""
    ready_dpkg(seconds)
    words = list(change["install"]) + [name + "-" for name in change["remove"]]
    carry_out_apt(apt_get(seconds, ["install"] + words), seconds)


def ready_dpkg(seconds: int) -> None:
    """Wait until nobody else uses dpkg, and bring to its end what was ended half way."""
    wait_for_locks(seconds, "dpkg is", [dpkg_folder() + name for name in (b"/lock-frontend", b"/lock")])
    if dpkg_was_interrupted():
        demand(["dpkg"] + list(KEEP_OURS) + ["--configure", "-a"], CHANGE_SECONDS, extra=APT_ENV)


def carry_out_apt(argv: "list[str]", seconds: int) -> None:
    """Have apt-get do something; where its lists are old, once more with new ones."""
    ended = run_program(argv, CHANGE_SECONDS, extra=APT_ENV)
    if ended.code == 127:
        raise Trouble("there is no apt-get on this node")
    if ended.code and any(sign in ended.stderr for sign in OLD_LISTS):
        lists = demand(apt_get(seconds, ["update"]), CHANGE_SECONDS, extra=APT_ENV)
        try:
            demand(argv, CHANGE_SECONDS, extra=APT_ENV)
        except Trouble as trouble:
            raise Trouble(trouble.reason + unfetched(lists.stderr)) from None
    elif ended.code or ended.slow:
        raise Trouble(failure(argv, CHANGE_SECONDS, ended, quiet=False))


def unfetched(said: bytes) -> str:
    """Say why lists could not be had, which `apt-get update` only warns of; "" where they could."""
    return "; `apt-get update` had said: " + tail(said, 400) if b"Failed to fetch" in said else ""


def apt_get(seconds: int, words: "list[str]") -> "list[str]":
    """Give the argv of apt-get; one too old for the lock's timeout (before 1.9.11) passes over it."""
    options = ["DPkg::Lock::Timeout=%d" % seconds] + ["Dpkg::Options::=" + each for each in KEEP_OURS]
    return ["apt-get", "-q", "-y"] + [word for each in options for word in ("-o", each)] + words


def dpkg_folder() -> bytes:
    """Give the folder in which dpkg keeps what it knows (dpkg(1), DPKG_ADMINDIR)."""
    return to_bytes(os.environ.get("DPKG_ADMINDIR") or "/var/lib/dpkg")


def dpkg_was_interrupted() -> bool:
    """Say whether dpkg was ended half way, as apt itself finds out, or left something unconfigured."""
    try:
        if any(name.isdigit() for name in os.listdir(dpkg_folder() + b"/updates")):
            return True
    except OSError:
        pass
    return bool(run_program(["dpkg", "--audit"], LOOK_SECONDS).stdout.strip())


def wait_for_locks(seconds: int, what: str, locks: "Sequence[bytes]") -> None:
    """Wait until nobody holds one of the locks; after that, say who does. No lock is ever removed."""
    until = time.monotonic() + seconds
    while True:
        holder = lock_holder(locks)
        if not holder:
            return
        if time.monotonic() >= until:
            raise Trouble("%s locked by %s, %d s were waited for it" % (what, holder, seconds))
        time.sleep(min(1.0, max(0.0, until - time.monotonic())))


def lock_holder(locks: "Sequence[bytes]") -> str:
    """Name the process that holds one of the locks, "" for none."""
    for path in locks:
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            # struct flock of fcntl(2): type, whence, start, length, pid
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, holder = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, asked))
        finally:
            os.close(file)
        if kind != fcntl.F_UNLCK:
            return "process %d (%s)" % (holder, name_of_process(holder))
    return ""


def name_of_process(pid: int) -> str:
    """Give the name of a process, as far as it can be told."""
    try:
        with open("/proc/%d/comm" % pid, "rb") as file:
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return "its name is not to be seen"
