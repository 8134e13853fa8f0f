"""Know what a name is: from `pi@red[01-03]:22` to checked names and back to `red[01-03]`."""

from nowfab.names.checked import is_host_name, node, port, shown, user
from nowfab.names.expression import Kind, Term, regex, terms
from nowfab.names.folding import fold
from nowfab.names.patterns import LIMIT, expand, split
from nowfab.names.word import Word, check, words, written

__all__ = [
    "LIMIT",
    "Kind",
    "Term",
    "Word",
    "check",
    "expand",
    "fold",
    "is_host_name",
    "node",
    "port",
    "regex",
    "shown",
    "split",
    "terms",
    "user",
    "words",
    "written",
]
