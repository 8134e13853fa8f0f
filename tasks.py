"""What `inv` can do here; every task lives in nowfab/cli."""

import sys

from nowfab import cli

ns = cli.tasks(sys.argv)
