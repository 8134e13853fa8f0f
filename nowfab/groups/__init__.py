"""Know the groups: who is a member of what, and in which line that stands."""

from nowfab.groups.clusters import ClustersFile, Group, parse
from nowfab.groups.lines import Member
from nowfab.groups.resolve import Groups, Seat, listed, merge, no_such
from nowfab.groups.sources import Source, load

__all__ = [
    "ClustersFile",
    "Group",
    "Groups",
    "Member",
    "Seat",
    "Source",
    "listed",
    "load",
    "merge",
    "no_such",
    "parse",
]
