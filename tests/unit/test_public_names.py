"""The package's front: lazy names, nothing more and nothing less."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

import orchestrator_celery


@pytest.mark.parametrize("name", orchestrator_celery._MODULES)
def test_a_public_name_can_be_used(name):
    """Given a name of `__all__`, when it is asked for, then its own module has it in its `__all__`, too."""
    module = import_module(f"orchestrator_celery.{orchestrator_celery._MODULES[name]}")
    assert name in module.__all__
    public = getattr(orchestrator_celery, name)
    assert public is getattr(module, name)
    assert getattr(public, "__name__", name) == name, "a class or function keeps its name; a value has none"


@pytest.mark.parametrize("name", orchestrator_celery._SUBMODULES)
def test_a_public_module_can_be_used(name):
    """Given a module that is public as it is, then it is found without being imported, and has what it names."""
    module = getattr(orchestrator_celery, name)
    assert module is import_module(f"orchestrator_celery.{name}")
    assert all(hasattr(module, one) for one in module.__all__)


def test_all_and_the_lazy_tables_agree():
    """Given the lists, then they name the same things."""
    listed = [*orchestrator_celery._MODULES, *orchestrator_celery._SUBMODULES]
    assert sorted(orchestrator_celery.__all__) == sorted(listed)


def test_an_unknown_name_is_an_attribute_error():
    """Given a misspelt name, then Python's own error names it."""
    with pytest.raises(AttributeError, match="'Swarms'"):
        _ = orchestrator_celery.Swarms


def test_the_typing_test_uses_every_public_name():
    """Given `tests/typing/api.py`, which mypy checks, then no public name is missing in it."""
    source = (Path(__file__).parents[1] / "typing" / "api.py").read_text()
    [imported] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module == "orchestrator_celery"
    ]
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert {alias.name for alias in imported.names} == set(orchestrator_celery.__all__)
    assert set(orchestrator_celery.__all__) <= used
