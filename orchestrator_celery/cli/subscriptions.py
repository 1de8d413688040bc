"""Commands on subscriptions: list them, make one, delete one."""

from __future__ import annotations

import json
from typing import Any

import click
from celery.canvas import Signature

from orchestrator_celery.canvas import notify_tasks as notify
from orchestrator_celery.cli.output import json_options, moment, printed
from orchestrator_celery.cli.project import acts, command, opened, said
from orchestrator_celery.errors import InvalidSubscription
from orchestrator_celery.handles.telling.subscriptions import Subscription

__all__ = ("subscribe", "subscriptions", "unsubscribe")

_BY = click.option("--by", help="The person on whose behalf you act. Default: user@host.")


@command(json_options)
def subscriptions(ctx: click.Context, document: bool, jsonl: bool) -> None:
    """List the subscriptions, the newest first: who is told of which changes of runs."""
    with opened(ctx) as found:
        facts = [_facts(one) for one in found.subscriptions()]
    printed(
        facts,
        ("NAME", "RUNS", "ON", "TASK", "CREATED (UTC)"),
        lambda one: (one["name"], one["where"] or "all", ",".join(one["on"]), one["task"], moment(one["created"])),
        document=document,
        jsonl=jsonl,
    )
    if not facts:
        click.echo("There is no subscription.", err=True)


def _facts(one: Subscription) -> dict[str, Any]:
    on = [status.value for status in one.on]
    return {"name": one.name, "where": one.where, "on": on, "task": one.task, "created": one.created}


@command(
    click.argument("filter", nargs=-1),
    click.option("--on", default="FAILED", show_default=True, help="The statuses, separated by commas."),
    click.option("--name", help="A name for the subscription. Default: made up."),
    click.option("--task", help="The task of your project to send."),
    click.option("--args", "args", default="[]", help="Its arguments after the notice, as a JSON list."),
    click.option("--kwargs", default="{}", help="Its keyword arguments, as a JSON object."),
    click.option("--webhook", help="The URL to post to, or the environment variable of the workers that holds it."),
    click.option("--secret", help="The environment variable of the workers that holds the webhook's secret."),
    click.option("--email", multiple=True, help="An address to write to; may be given several times."),
    _BY,
)
def subscribe(
    ctx: click.Context,
    filter: tuple[str, ...],
    on: str,
    name: str | None,
    task: str | None,
    args: str,
    kwargs: str,
    webhook: str | None,
    secret: str | None,
    email: tuple[str, ...],
    by: str | None,
) -> None:
    """Have a task sent, a URL called or an email written when runs that match FILTER change.

    FILTER is words as for `runs`. Without a filter, all runs are meant. Give one of --task, --webhook and --email.
    """
    if sum((task is not None, webhook is not None, bool(email))) != 1:
        raise click.UsageError("Give one of --task, --webhook and --email.")
    if secret is not None and webhook is None:
        raise click.UsageError("--secret belongs to --webhook.")
    given = _json("--args", args, list), _json("--kwargs", kwargs, dict)
    with opened(ctx) as found, acts(by):
        if webhook is not None:
            signature = notify.webhook(webhook, secret=secret)
        elif email:
            signature = notify.email(email)
        else:
            signature = Signature(task, args=given[0], kwargs=given[1], app=found.app)
        statuses = [word.strip().upper() for word in on.split(",")]
        made = found.subscribe(" ".join(filter), signature, on=statuses, name=name)
    said(f"subscribed: {made.name}")


def _json(option: str, text: str, kind: type) -> Any:
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise click.BadParameter(str(exc), param_hint=option) from None
    if not isinstance(found, kind):
        raise click.BadParameter(f"{text} is no JSON {'list' if kind is list else 'object'}.", param_hint=option)
    return found


@command(click.argument("name"), _BY)
def unsubscribe(ctx: click.Context, name: str, by: str | None) -> None:
    """Delete the subscription NAME. Notices that were not sent yet are dropped."""
    with opened(ctx) as found, acts(by):
        done = [one.delete() for one in found.subscriptions() if one.name == name]
        if not any(done):
            raise InvalidSubscription(f"There is no subscription {name!r}: `subscriptions` lists all.")
    said(f"deleted: {name}")
