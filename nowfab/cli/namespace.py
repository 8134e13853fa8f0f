"""Gather the tasks, and look at the command line before Invoke reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invoke import Collection, Exit, Program

from nowfab.cli import fleet, groups, groups_edit, groups_exchange, groups_lint, plan_runs, words
from nowfab.cli.apply import apply_plan, check_plan
from nowfab.cli.facts import show_facts, show_status
from nowfab.cli.hosts_file import hosts_file
from nowfab.cli.init import init
from nowfab.cli.line import Words
from nowfab.cli.names import make_names
from nowfab.cli.ping import ping
from nowfab.cli.power import reboot_nodes, shut_down_nodes, wait_up
from nowfab.cli.run import run
from nowfab.cli.setup_base import setup_base
from nowfab.report.visible import visible


def tasks(argv: Sequence[str]) -> Collection:
    """Give our tasks to Invoke; raises its Exit for a line that it would misread.

    `argv` is the whole line, the program's name first.
    """
    ours = Collection(
        *(run, ping, show_facts, show_status, apply_plan, check_plan, setup_base),
        *(reboot_nodes, shut_down_nodes, wait_up, init, make_names, hosts_file),
    )
    ours.add_collection(
        Collection(
            "groups",
            groups.list_groups,
            groups.show_group,
            groups_lint.lint_groups,
            groups_exchange.export_groups,
            groups_exchange.import_groups,
            groups_edit.add_members,
            groups_edit.remove_members,
            groups_edit.delete_group,
            groups_edit.rename_group,
        )
    )
    ours.add_collection(Collection("plan", plan_runs.show_runs, plan_runs.roll_back, plan_runs.keep_run))
    ours.add_collection(Collection("fleet", fleet.up, fleet.ps, fleet.down))
    invoke = Program()
    core = Words.of([*invoke.core_args(), *invoke.task_args()])
    if wrong := words.objection(argv, dict(_words(ours)), core):
        raise Exit(f"nowfab: {visible(wrong)}", 1)
    return ours


def _words(collection: Collection) -> Iterator[tuple[str, Words]]:
    for name in collection.task_names:
        yield name, Words.of(collection[name].get_arguments())
