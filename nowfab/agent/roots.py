"""Notice a root that forgets what is changed."""


def forgets(mounts: str, command_line: str) -> bool:
    """Say whether the root is an overlay in memory, as Raspberry Pi OS and overlayroot make it.

    A container's root is an overlay too, but keeps what is written: the kernel's command line tells.
    """
    rows = [line.split() for line in mounts.splitlines()]
    overlay = any(row[1] == "/" and row[2] == "overlay" for row in rows if len(row) > 2)
    words = command_line.split()
    return overlay and ("boot=overlay" in words or any(word.startswith("overlayroot=") for word in words))


def root_forgets() -> bool:
    """Say whether what is changed here is gone after the next start."""
    try:
        with open("/proc/mounts") as mounts, open("/proc/cmdline") as command_line:
            return forgets(mounts.read(), command_line.read())
    except (OSError, ValueError):
        return False
