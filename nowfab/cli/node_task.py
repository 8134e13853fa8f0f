"""Make tasks of functions: our errors end in one sentence, node tasks get their flags here, once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from invoke import Context, Task
from invoke.parser import Argument

from nowfab.cli.flags import FLAGS, take
from nowfab.cli.sentences import sentences


class OurTask(Task):  # type: ignore[type-arg]
    """A task whose errors are sentences."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Give Invoke the body's arguments; it empties `help` meanwhile, and asks more than once."""
        kept = dict(self.help)
        arguments: list[Argument] = super().get_arguments(ignore_unknown_help)
        self.help = kept
        return arguments

    def __call__(self, *args: Any, **given: Any) -> Any:
        """Run the body."""
        _keep_bytecode()
        with sentences():
            return super().__call__(*args, **given)


class NodeTask(OurTask):
    """A task whose body gets a Session, the chosen nodes and how to go about them, in place of a Context."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Give Invoke the body's own arguments, then the flags of every node task."""
        return [*super().get_arguments(ignore_unknown_help), *(flag.argument() for flag in FLAGS)]

    def __call__(self, *args: Any, **given: Any) -> Any:
        """Choose the nodes and run the body."""
        _keep_bytecode()
        from nowfab.cli.session import open_session

        context: Context = args[0]
        with sentences():
            typed = take(given)
            self.times_called += 1
            return self.body(open_session(typed, context.config, given.get("stdin") == "-"), **given)


class TargetTask(OurTask):
    """A task that speaks of nodes and to none of them; its body gets what was typed, behind the Context."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Give Invoke the body's own arguments, then the flags that choose nodes."""
        own = (one for one in super().get_arguments(ignore_unknown_help) if one.name != "typed")
        return [*own, *(flag.argument() for flag in FLAGS if flag.names[0] in ("group", "hosts", "exclude"))]

    def __call__(self, *args: Any, **given: Any) -> Any:
        """Take the flags out and run the body."""
        typed = take(given)
        return super().__call__(*args, typed, **given)


def node_task(**options: Any) -> Callable[[Callable[..., None]], NodeTask]:
    """Make a node task of `function(session, ...)`; options are Invoke's own."""
    return lambda body: NodeTask(body, auto_shortflags=False, **options)


def target_task(**options: Any) -> Callable[[Callable[..., None]], TargetTask]:
    """Make a task of `function(context, typed, ...)`; options are Invoke's own."""
    return lambda body: TargetTask(body, auto_shortflags=False, **options)


def our_task(**options: Any) -> Callable[[Callable[..., None]], OurTask]:
    """Make a task of `function(context, ...)`; options are Invoke's own."""
    return lambda body: OurTask(body, **{"auto_shortflags": False, **options})


def _keep_bytecode() -> None:
    """Let Python keep what it compiles of us, as it would without Invoke: 0.2 s of each start in a clone."""
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
