"""Hold the commented files that `nowfab init` begins a folder with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CLUSTERS = """\
# The groups, in the format that cssh (ClusterSSH) reads too: a name, then its members.
# A member is a node, a range of nodes in braces, or another group; a `#` begins a comment.
#
#   nowfab groups.list                 all groups
#   nowfab groups.show red             who is in one
#   nowfab run "uptime" -g red         run a command there

all red blue

red red{01..05}
blue blue{01..05}

# A user before the @ holds for the whole word, a line that ends in \\ goes on in the next one:
#
#   lab pi@red{01..02} \\
#       admin@blue01
#
# The same name again adds members. /etc/clusters and ~/.clusterssh/clusters are read as well;
# a group of this file replaces one of the same name there.
"""

_NODES = """\
# What a clusters file cannot say of a node. Everything here is optional: a node without an entry
# is reached by its name, with what ~/.ssh/config says.
#
# A key of `nodes` is a node or a range. Later entries override earlier ones key by key:
#   address   where it is reached, when its name is not enough
#   user, port, identity   as in ssh; identity is the path of a private key
#   via       the node to go through
#   role, mac, vars   what tasks may ask for; vars are texts
#   local     true for this computer itself, without SSH

# defaults: {user: pi}
# groups:                                what holds for all members of a group
#   red: {vars: {rack: a1}}

nodes: {}

# nodes:
#   red[01-05]: {identity: ~/.ssh/id_ed25519}
#   red01: {address: 192.168.1.107, role: master}
#   red[02-05]: {via: red01}
#   here: {local: true}
"""

_TASKS = '''\
"""What `inv` can do here: the tasks of nowfab."""

import sys

from nowfab import cli

ns = cli.tasks(sys.argv)

# A task of your own:
#
#   from invoke import task
#
#   @task
#   def hello(context):
#       """Say hello from this computer."""
#       context.run("echo hello")
#
#   ns.add_task(hello)
'''

FILES: Mapping[str, str] = MappingProxyType(
    {"groups/clusters": _CLUSTERS, "groups/nodes.yaml": _NODES, "tasks.py": _TASKS}
)
"""Each file's path, relative to the folder, with its text."""
