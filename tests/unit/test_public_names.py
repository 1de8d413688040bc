"""The package's front: lazy names, nothing more and nothing less."""

from __future__ import annotations

import pytest

import orchestrator_celery


@pytest.mark.parametrize("name", orchestrator_celery.__all__)
def test_a_public_name_can_be_used(name):
    """Given a name of `__all__`, when it is asked for, then its own module has it in its `__all__`, too."""
    assert getattr(orchestrator_celery, name).__name__ == name


def test_all_and_the_lazy_table_agree():
    """Given both lists, then they name the same things."""
    assert sorted(orchestrator_celery.__all__) == sorted(orchestrator_celery._MODULES)


def test_an_unknown_name_is_an_attribute_error():
    """Given a misspelt name, then Python's own error names it."""
    with pytest.raises(AttributeError, match="'Swarms'"):
        _ = orchestrator_celery.Swarms
