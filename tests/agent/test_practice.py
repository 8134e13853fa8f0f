"""On a practice node, which is a folder on a person's own computer, only that folder can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import ask, folder, link, request, run, tree, write

UNIT = {"do": "unit", "name": "a", "enabled": True, "running": None, "restart": False, "was": {}}
PACKAGES = {"do": "packages", "install": ["tmux"], "remove": [], "was": {"tmux": {}}}
SYSCTL = {"do": "sysctl", "key": "net.ipv4.ip_forward", "value": "1", "was": {"value": "0"}}


def asked(top: Path, state: str, changes: list[dict[str, Any]]) -> Any:
    blobs = [b"a"] if any(change["do"] == "write" for change in changes) else []
    home = top / "home"
    return ask(request(state, changes, [], blobs), env={"NOWFAB_PRACTICE": "1", "HOME": str(home)})


def test_below_its_home_a_practice_node_can_be_changed(top: Path) -> None:
    """Who practises shall see a plan work."""
    (top / "home").mkdir()
    reply = asked(top, "~/.local/state/nowfab", [folder(top / "home/d"), write(top / "home/d/a")])

    assert ("applied", "") == (reply.state, reply.reason)
    assert (top / "home/.local/state/nowfab/lock").exists()


@pytest.mark.parametrize("change", [UNIT, PACKAGES, SYSCTL, run("true")], ids=lambda change: change["do"])
def test_nothing_else_of_the_computer_is_changed(change: dict[str, Any], top: Path) -> None:
    """`systemctl` and `apt-get` there are those of the person's computer."""
    (top / "home").mkdir()
    reply = asked(top, "~/.local/state/nowfab", [write(top / "home/a"), change])

    assert ("failed", ["home"]) == (reply.state, list(tree(top)))
    assert f"this is a practice node, on a person's own computer: only paths below its home `{top}/home`" in (
        reply.reason
    )


def test_a_link_does_not_lead_out_of_the_home(top: Path) -> None:
    """What counts is where the file would lie; a link itself may point anywhere."""
    (top / "home").mkdir()
    (top / "home/out").symlink_to(top)
    out = asked(top, "~/s", [write(top / "home/out/a")])
    pointing = asked(top, "~/s", [link(top / "home/l", "/etc/motd")])
    beside = asked(top, "~/s", [write(top / "homely")])

    assert ["failed", "applied", "failed"] == [out.state, pointing.state, beside.state]
    assert not (top / "a").exists()


def test_the_state_folder_of_a_practice_node_is_below_its_home(top: Path, state: Path) -> None:
    """As root, /var/lib/nowfab would be the person's own."""
    (top / "home").mkdir()
    reply = asked(top, str(state), [write(top / "home/a")])

    assert ("failed", False) == (reply.state, state.exists())
    assert "the state folder must be there" in reply.reason


def test_questions_are_answered_on_a_practice_node(top: Path) -> None:
    """A look touches nothing."""
    (top / "home").mkdir()
    sent = request("/var/lib/nowfab", [], [{"ask": "path", "path": str(top / "home")}])
    reply = ask(sent, env={"NOWFAB_PRACTICE": "1", "HOME": str(top / "home")})

    assert ("nothing", "folder") == (reply.state, reply.answers[0]["is"])
