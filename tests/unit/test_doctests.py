"""The examples in the package's docstrings run."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import orchestrator_celery

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(orchestrator_celery.__path__, "orchestrator_celery.")
    if not info.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["orchestrator_celery", *MODULES])
def test_examples_of_a_module_run(name):
    """Given a module, when its examples run, then they print what they say."""
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples():
    """Given the package, then the test above has something to run."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for name in MODULES for test in finder.find(import_module(name)) if test.examples]
    assert len(found) >= 5
