"""The package's front: lazy names, nothing more and nothing less."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from celery.canvas import Signature
from celery.result import AsyncResult

import orchestrator_celery

STUB = Path(orchestrator_celery.__file__).with_suffix(".pyi")
#: Public names by the module that has them.
MODULES = {
    alias.name: statement.module
    for statement in ast.parse(STUB.read_text()).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}


@pytest.mark.parametrize("name", sorted(name for name, module in MODULES.items() if module))
def test_a_public_name_can_be_used(name):
    """Given a name of the stub file, when it is asked for, then its module has it in its own `__all__`, too."""
    module = import_module(f"orchestrator_celery.{MODULES[name]}")
    assert name in module.__all__
    public = getattr(orchestrator_celery, name)
    assert public is getattr(module, name)
    assert getattr(public, "__name__", name) == name, "a class or function keeps its name; a value has none"


@pytest.mark.parametrize("name", sorted(name for name, module in MODULES.items() if module is None))
def test_a_public_module_can_be_used(name):
    """Given a public module, then it is found without being imported, and has every name that it lists."""
    module = getattr(orchestrator_celery, name)
    assert module is import_module(f"orchestrator_celery.{name}")
    assert all(hasattr(module, one) for one in module.__all__)


def test_all_names_the_stub_file_has_are_listed():
    """Given the stub file, then `__all__` is what it imports."""
    assert sorted(orchestrator_celery.__all__) == sorted(MODULES)


def test_an_unknown_name_is_an_attribute_error():
    """Given a misspelt name, then Python's own error names it."""
    with pytest.raises(AttributeError, match="Swarms"):
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


@pytest.mark.parametrize(
    ("kind", "celerys"),
    [
        (orchestrator_celery.Swarm, Signature),
        (orchestrator_celery.ComplexSignature, Signature),
        (orchestrator_celery.ConditionalGraph, Signature),
        (orchestrator_celery.Run, AsyncResult),
        (orchestrator_celery.RunList, Sequence),
        (orchestrator_celery.StoredSignature, object),
    ],
)
def test_help_and_completion_show_what_users_call(kind, celerys):
    """Given a class that users hold, then each name without an underscore is Celery's, or is used as users use it."""
    source = (Path(__file__).parents[1] / "typing" / "api.py").read_text()
    called = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert {name for name in dir(kind) if not name.startswith("_")} - set(dir(celerys)) - called == set()
