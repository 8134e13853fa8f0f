"""Know the groups: who is a member of what, and in which line that stands."""

from nowfab.groups.clusters import ClustersFile, Group, Member, parse
from nowfab.groups.resolve import Groups, Seat, listed, merge, no_such

__all__ = ["ClustersFile", "Group", "Groups", "Member", "Seat", "listed", "merge", "no_such", "parse"]
