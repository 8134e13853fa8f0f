"""Know the nodes: which there are, what is known of each, which ones are meant."""

from nowfab.inventory.known import Inventory, build
from nowfab.inventory.node import Node
from nowfab.inventory.target import Target, select, show

groups = Inventory.groups
members = Inventory.members

__all__ = ["Inventory", "Node", "Target", "build", "groups", "members", "select", "show"]
