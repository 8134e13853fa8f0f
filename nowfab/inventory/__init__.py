"""Know the nodes: which there are, what is known of each, which ones are meant."""

from nowfab.inventory.expressions import Outside, texts_of
from nowfab.inventory.known import Inventory, build
from nowfab.inventory.node import Node
from nowfab.inventory.target import Target, Traced, select, show, trace

groups = Inventory.groups
members = Inventory.members

__all__ = [
    "Inventory",
    "Node",
    "Outside",
    "Target",
    "Traced",
    "build",
    "groups",
    "members",
    "select",
    "show",
    "texts_of",
    "trace",
]
