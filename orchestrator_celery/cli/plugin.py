"""`celery orchestrator`: a plugin of Celery's own command line, which takes the project's `-A`.

The exit status is 0 if the command is done, 1 if the state of the run refuses it, and 2 for a usage error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any

import click
from celery.bin.base import CeleryCommand, CeleryOption, handle_preload_options

if TYPE_CHECKING:
    # Celery loads every plugin for each of its own commands, so each command below imports its modules itself.
    from orchestrator_celery.model.views import ApprovalView
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("orchestrator",)


@click.group()
def orchestrator() -> None:
    """Durable workflows: list the approvals that wait for a person, and answer them."""


@orchestrator.command(cls=CeleryCommand)
@click.option("--run", "-r", cls=CeleryOption, help_group="Approvals", help="List the approvals of this run only.")
@click.option("--json", "as_json", is_flag=True, cls=CeleryOption, help_group="Approvals", help="Print a JSON list.")
@click.pass_context
@handle_preload_options
def approvals(ctx: click.Context, run: str | None, as_json: bool) -> None:
    """List the waiting approvals, the newest first."""
    with _orchestrator(ctx) as found:
        views = found.approvals() if run is None else found.run(run).approvals()
    if as_json:
        click.echo(_json(views))
        return
    for view in views:
        click.echo(_line(view))
    if not views:
        click.echo("No approval waits for an answer.", err=True)


def _answering(function: Callable[..., None]) -> Any:
    """Make `approve` or `reject` a command with their common arguments and options."""
    decorators: tuple[Callable[[Any], Any], ...] = (
        handle_preload_options,
        click.pass_context,
        click.option("--note", default="", cls=CeleryOption, help_group="Answer", help="The reason for the answer."),
        click.option("--by", cls=CeleryOption, help_group="Answer", help="The person who answers. Default: user@host."),
        click.argument("node"),
        click.argument("run"),
        orchestrator.command(cls=CeleryCommand),
    )
    return reduce(lambda made, decorate: decorate(made), decorators, function)


@_answering
def approve(ctx: click.Context, run: str, node: str, by: str | None, note: str) -> None:
    """Approve NODE of RUN. NODE is the approval's name in the graph, or its id."""
    with _orchestrator(ctx) as found, _acting(by):
        found.run(run).approve(node, note=note)
    _say(f"approved: {node} of {run}")


@_answering
def reject(ctx: click.Context, run: str, node: str, by: str | None, note: str) -> None:
    """Reject NODE of RUN. NODE is the approval's name in the graph, or its id."""
    with _orchestrator(ctx) as found, _acting(by):
        found.run(run).reject(node, note=note)
    _say(f"rejected: {node} of {run}")


@contextmanager
def _orchestrator(ctx: click.Context) -> Iterator[Orchestrator]:
    """Yield the orchestrator of the project's app, and turn its errors into exit statuses."""
    from orchestrator_celery.errors import NotInstalled, OrchestratorError
    from orchestrator_celery.orchestrator import Orchestrator

    app = ctx.obj.app
    app.loader.import_default_modules()  # one of these modules may contain the line `Orchestrator(app)`
    try:
        yield Orchestrator.of(app)
    except NotInstalled as exc:
        raise click.UsageError(str(exc)) from None
    except OrchestratorError as exc:
        raise click.ClickException(str(exc)) from None


@contextmanager
def _acting(by: str | None) -> Iterator[None]:
    from orchestrator_celery.lifecycle.audit import acting, system_user

    with acting(system_user() if by is None else by, channel="cli"):
        yield


def _say(line: str) -> None:
    from orchestrator_celery.model.text import printable

    click.echo(printable(line))


def _line(view: ApprovalView) -> str:
    from orchestrator_celery.model.text import printable

    asked = f"{view.run}  {view.name} ({view.node}) of {view.run_name}, since {view.since:%Y-%m-%d %H:%M:%S} UTC"
    if view.until is not None:
        asked += f", {view.on_timeout} at {view.until:%Y-%m-%d %H:%M:%S} UTC"
    return printable(f"{asked}: {view.message}" if view.message else asked)


def _json(views: list[ApprovalView]) -> str:
    from pydantic_core import to_json

    from orchestrator_celery.model.text import printable_json

    # A task's input can contain any value that the result serializer accepts, so JSON needs a fallback.
    plain = [view.model_dump() for view in views]
    return printable_json(to_json(plain, indent=2, fallback=repr, bytes_mode="base64").decode())
