r"""Make characters that a terminal would obey, hide or reorder visible, as `\x1b` and `\u202e`."""

from __future__ import annotations

import codecs
import re
from codecs import IncrementalDecoder

_UNSEEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u070f\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # drawn as nothing
    "\u0600-\u0605\u06dd\u0890\u0891"  # signs that reach over what follows
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi
    "\ud800-\udfff"  # surrogates: no terminal's encoding has them
    "\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and hidden selectors
    "]"
)
"""Unicode's categories Cc, Cf, Cs, Zl and Zp and its invisible fillers.

U+FE00 to U+FE0F stay: they only choose between two shapes of the character before them.
"""


def visible(text: str, keep: str = "") -> str:
    r"""Show what would not be seen; the characters in `keep`, such as "\t\n", stay as they are."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else _shown(found[0]), text)


def decoder() -> IncrementalDecoder:
    r"""Give a decoder that takes bytes as they come; what is not UTF-8 comes out as `\xff`."""
    return codecs.getincrementaldecoder("utf-8")("backslashreplace")


def _shown(character: str) -> str:
    if character == "\r":
        return r"\r"
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 0x7F else _hex(character)
    )


def _hex(character: str) -> str:
    return f"\\x{ord(character):02x}"
