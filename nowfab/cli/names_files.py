"""Read the files of names that expressions want, and our own standard input where they say `-`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from nowfab import names
from nowfab.errors import FileError, UsageError
from nowfab.names import Kind, Term
from nowfab.store import files


def read(wanted: Sequence[Term], fed: bool = False) -> Mapping[str, str]:
    """Give each text by the piece that wants it; `fed` says that the nodes get our standard input."""
    inputs = sum(term.kind is Kind.INPUT for term in wanted)
    if inputs > 1:
        raise UsageError("`-` stands for the names on standard input, which can be read once only")
    if inputs and fed:
        raise UsageError(
            "standard input cannot be both names (`-`) and what the nodes get (`--stdin -`); "
            "put the names into a file and type `^FILE`"
        )
    found = {term.typed: _file(term) for term in wanted if term.kind is Kind.FILE}
    return {**found, "-": _input(sys.stdin)} if inputs else found


def _file(term: Term) -> str:
    try:
        return files.read(Path(term.text).expanduser())
    except (FileError, RuntimeError, ValueError) as error:
        hint = "; pipe it into standard input and type `-`" if "it is a pipe" in str(error) else ""
        raise UsageError(f"{names.shown(term.typed)} means the names in a file: {error}{hint}") from None


def _input(source: TextIO | None) -> str:
    if source is None or source.closed:
        raise UsageError("`-` stands for the names on standard input, which is closed")
    if source.isatty():
        hint = "pipe names into it, or type `^FILE` for a file of names"
        raise UsageError(f"`-` stands for the names on standard input, which is a terminal; {hint}")
    try:
        os.set_blocking(source.fileno(), True)  # else "nothing yet" would look like the end
        data = source.buffer.read(files.LARGEST + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"`-` stands for the names on standard input, which cannot be read: {why}") from None
    return files.text("standard input", data)
