"""Every command of `celery orchestrator` is found where its table says."""

import click
import pytest

from orchestrator_celery.cli.plugin import _COMMANDS, orchestrator


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_a_command_is_found(name):
    """Given the name of a command, then it is imported when it is used, and says what it does."""
    command = orchestrator.get_command(click.Context(orchestrator), name)
    assert command.name == name
    assert command.help
