"""Read the command line that the scripts of all libraries share."""

from __future__ import annotations

import argparse


def arguments() -> argparse.Namespace:
    """Say on whom to run what, and how to get in."""
    parser = argparse.ArgumentParser()
    for name in ("hosts", "out", "user", "key", "known-hosts", "command"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("port", "fanout", "connect-timeout"):
        parser.add_argument(f"--{name}", required=True, type=int)
    return parser.parse_args()
