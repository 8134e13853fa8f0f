"""Read and set kernel parameters."""

from nowfab.agent.words import Trouble, to_bytes, why

KERNEL = b"/proc/sys/"


def sysctl_path(key: str) -> bytes:
    """Give the file of a parameter; dots and slashes are as in sysctl(8): the first one separates."""
    first = next((letter for letter in key if letter in "./"), ".")
    path = key if first == "/" else key.translate({ord("."): "/", ord("/"): "."})
    return KERNEL + to_bytes(path)


def spaced(value: str) -> str:
    """Write a value with single spaces, as it is compared: the kernel puts tabs between numbers."""
    return " ".join(value.split())


def sysctl_at(key: str) -> dict:
    """Give the value of a parameter, its numbers one space apart; None where the kernel has none."""
    try:
        with open(sysctl_path(key), "rb") as file:
            return {"value": spaced(file.read().decode("utf-8", "surrogateescape"))}
    except FileNotFoundError:
        return {"value": None}
    except OSError as error:
        raise Trouble("`%s` cannot be read: %s" % (key, why(error))) from None


def sysctl_holds(change: dict, now: dict) -> bool:
    """Say whether a parameter has its value."""
    return bool(now["value"] == spaced(change["value"]))


def set_sysctl(change: dict) -> None:
    """Set a parameter until the next start of the node."""
    try:
        with open(sysctl_path(change["key"]), "wb", buffering=0) as file:
            file.write(to_bytes(change["value"]) + b"\n")
    except OSError as error:
        raise Trouble(
            "`%s` cannot be set to `%s`: %s" % (change["key"], change["value"], why(error))
        ) from None
