"""Spreads the tests over the processes of `pytest -n`: what shares a server or a worker stays in one process.

The session's fixtures are those of a process: each has its own Redis, ledger and workers. So any test may run anywhere,
and what is grouped is so that it does not start anew what it may share:

- tests of a module-wide fixture, one group for each of its parameters;
- tests of one RabbitMQ node;
- quick modules as a whole.
"""

from __future__ import annotations

import pytest

#: Folders of quick tests: a module is a group.
QUICK = ("tests/unit/", "tests/store/", "tests/test_architecture.py", "tests/test_packaging.py")
#: The order in which groups begin: those that take longest first, the quick ones fill what is left at the end.
ORDER = (
    "tests/soak/", "tests/benchmarks/", "tests/graphs/", "tests/faults/", "tests/test_examples.py",
    "tests/test_recovery_examples.py", "tests/worker/", "tests/test_docs.py", "tests/acceptance/",
)  # fmt: skip


def spread(items):
    """Give each test its group, and order the groups; the tests of a group keep their order."""
    for item in items:
        name = group_of(item)
        if name and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=_place)


def group_of(item):
    """The name of a test's group; None if it may run anywhere by itself."""
    path = item.nodeid.partition("::")[0]
    if "rabbitmq" in item.fixturenames:
        return "rabbitmq"
    wide = _module_wide(item)
    if wide:
        chosen = getattr(item, "callspec", None)
        values = [str(chosen.indices[name]) for name in wide if chosen and name in chosen.indices]
        return ".".join([path, *values])
    return path if path.startswith(QUICK) and item.get_closest_marker("slow") is None else None


def _module_wide(item):
    """Fixtures of a test that are made once for its module."""
    definitions = item._fixtureinfo.name2fixturedefs
    return sorted(name for name, found in definitions.items() if found[-1].scope in ("class", "module", "package"))


def _place(item):
    path = item.nodeid
    first = item.get_closest_marker("slow") is None
    return first, next((number for number, folder in enumerate(ORDER) if path.startswith(folder)), len(ORDER))
