"""`celery orchestrator`: a plugin of Celery's own command line, which takes the project's `-A`.

The exit status is 0 if the command is done, 1 if the state of a run refuses it or the store is away, and 2 for a usage
error. Celery loads every plugin for each of its own commands, so a command's module is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ("orchestrator",)

#: Modules of the commands, below this package.
_COMMANDS = {
    "approvals": "lists",
    "approve": "steering",
    "audit": "lists",
    "cancel": "steering",
    "dashboard": "dashboard",
    "delete": "signature_commands",
    "detach": "steering",
    "doctor": "doctor",
    "graph": "graphs.commands",
    "interrupt": "steering",
    "logs": "logs",
    "metrics": "metrics",
    "reject": "steering",
    "rerun": "steering",
    "restore": "signature_commands",
    "resume": "steering",
    "resume-reports": "lists",
    "retry": "steering",
    "runs": "lists",
    "show": "show",
    "signatures": "signature_commands",
    "skip": "steering",
    "stats": "statistics",
    "subscribe": "subscriptions",
    "subscriptions": "subscriptions",
    "suspend": "steering",
    "unsubscribe": "subscriptions",
    "watch": "watch",
}


class _Commands(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"orchestrator_celery.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Commands)
def orchestrator() -> None:
    """Durable workflows: list, follow and steer runs, and answer approvals."""
