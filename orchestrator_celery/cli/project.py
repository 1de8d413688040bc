"""What all commands have in common: the project's orchestrator, who acts, and errors as exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

import click
from celery.bin.base import CeleryCommand, handle_preload_options
from kombu.exceptions import KombuError

from orchestrator_celery.errors import NotInstalled, OrchestratorError
from orchestrator_celery.lifecycle.audit import acting, system_user
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.orchestrator import Orchestrator
from orchestrator_celery.store.availability import UNREACHABLE

__all__ = ("acts", "command", "confirmed", "opened", "refused", "said")


def command(*options: Callable[[Any], Any], name: str | None = None) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command of the project.

    Args:
        *options: its arguments and options, in their order.
        name: its name; by default the function's.
    """
    around = (click.command(name, cls=CeleryCommand), *options, click.pass_context, handle_preload_options)

    def decorate(function: Callable[..., Any]) -> click.Command:
        made: click.Command = reduce(lambda inner, wrap: wrap(inner), reversed(around), function)  # type: ignore[assignment, operator, unused-ignore]
        return made

    return decorate


@contextmanager
def opened(ctx: click.Context) -> Iterator[Orchestrator]:
    """Yield the orchestrator of the project's app, and turn its errors into exit statuses."""
    app = ctx.obj.app
    app.loader.import_default_modules()  # one of these modules may contain the line `Orchestrator(app)`
    try:
        yield Orchestrator.of(app)
    except NotInstalled as exc:
        raise click.UsageError(str(exc)) from None
    except OrchestratorError as exc:
        raise click.ClickException(f"{printable(exc)}{_entry(exc)}") from None
    except (*UNREACHABLE, KombuError) as exc:
        raise click.ClickException(printable(f"Redis or the broker cannot be reached: {exc}")) from None


def _entry(exc: OrchestratorError) -> str:
    """Return a second line that names the entry of an error in the documentation; '' for an error of no own class."""
    return "" if type(exc) is OrchestratorError else f"\nSee: docs/{exc.docs}"


@contextmanager
def acts(by: str | None) -> Iterator[None]:
    """Name the person on whose behalf a command acts; by default the system's user and host."""
    with acting(system_user() if by is None else by, channel="cli"):
        yield


def said(line: object) -> None:
    """Print one line that is safe for a terminal."""
    click.echo(printable(line))


def refused(lines: list[str]) -> None:
    """Print refusals and end with exit status 1, if there are any."""
    for line in lines:
        click.echo(printable(f"Error: {line}"), err=True)
    if lines:
        raise click.exceptions.Exit(1)


def confirmed(question: str, *, yes: bool) -> None:
    """Ask before a command that cannot be undone or that reaches many runs.

    Args:
        question: what is asked.
        yes: whether the caller has confirmed it with `--yes`.

    Raises:
        click.Abort: the answer was no.
        click.UsageError: there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{printable(question)} Nobody can answer here: confirm it with --yes.")
    click.confirm(printable(question), abort=True, err=True)
