"""What `nowfab init` writes works as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from nowfab import inventory
from nowfab.groups import Source
from nowfab.inventory import Target, starter

ROOT = Path(__file__).parent.parent.parent


def test_the_first_files_mean_five_red_and_five_blue_nodes() -> None:
    """The first thing that is tried after init is `-g red`."""
    clusters, nodes = starter.FILES["groups/clusters"], starter.FILES["groups/nodes.yaml"]
    known = inventory.build([Source("clusters", clusters)], ("nodes.yaml", nodes))

    assert (("all", "red", "blue"), 10, "red01") == (
        known.groups(),
        len(inventory.select(known, Target(["all"]))),
        known.members("red")[0],
    )


def test_the_commented_example_works_too() -> None:
    """People take the `# ` away and expect it to hold."""
    lines = starter.FILES["groups/nodes.yaml"].partition("nodes: {}\n")[2].splitlines()
    example = "\n".join(line.removeprefix("# ") for line in lines)
    known = inventory.build((), ("nodes.yaml", example))

    assert ("192.168.1.107", "red01") == (
        inventory.show(known, "red01")[0].address,
        getattr(inventory.show(known, "red02")[0].via, "name", None),
    )


@pytest.mark.parametrize("name", ["groups/clusters", "groups/nodes.yaml"])
def test_our_own_groups_are_the_first_files(name: str) -> None:
    """Whoever clones sees what init writes."""

    assert starter.FILES[name] == (ROOT / name).read_text()


def test_the_first_tasks_are_python() -> None:
    """A file that Invoke cannot load is a bad beginning."""

    assert "tasks.py" == compile(starter.FILES["tasks.py"], "tasks.py", "exec").co_filename
