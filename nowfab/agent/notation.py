"""Read and write JSON with the part of Python's own that is there at once.

The module json also loads regular expressions, which takes a Pi longer than looking at twenty files.
"""

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable
    from typing import Any


class Grammar:
    """How JSON is read: strictly, numbers as Python's own (the context of json.decoder.JSONDecoder)."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def reader() -> "Callable[[str], Any]":
    """Find what reads JSON."""
    try:
        scan = __import__("_json").make_scanner(Grammar)
    except (ImportError, AttributeError, TypeError):
        return __import__("json").loads

    def read(text: str) -> object:
        bare = text.strip(" \t\r\n")
        try:
            found, end = scan(bare, 0)
        except StopIteration:
            raise ValueError("this is no JSON") from None
        if end != len(bare):
            raise ValueError("there is more than one JSON value")
        return found

    return read


def writer() -> "Callable[[object], str]":
    """Find what writes JSON, in ASCII."""
    try:
        own = __import__("_json")
        pieces = own.make_encoder(
            None, None, own.encode_basestring_ascii, None, ": ", ", ", False, False, False
        )
        pieces({}, 0)
    except (ImportError, AttributeError, TypeError):
        return __import__("json").dumps
    return lambda value: "".join(pieces(value, 0))


parse_json = reader()

format_json = writer()
