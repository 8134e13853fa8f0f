"""The flags of every task that asks agents."""

from __future__ import annotations

from nowfab.errors import UsageError

HELP = {
    "no-sudo": "do not become root on the nodes: change what the login may change",
    "ask-sudo": "ask once for the password that sudo wants where it wants one",
    "state": "the agent's folder on the nodes (/var/lib/nowfab; without sudo ~/.nowfab)",
}


def refuse_both(no_sudo: bool, ask_sudo: bool) -> None:
    """Raise UsageError for flags that contradict each other."""
    if no_sudo and ask_sudo:
        raise UsageError("`--ask-sudo` asks for sudo's password, and `--no-sudo` does without sudo")
