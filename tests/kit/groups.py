"""Spreads the tests over the processes of `pytest -n`: tests that share a server or a worker stay in one process.

The session's fixtures are those of a process: each process has its own Redis, ledger and workers. So any test may run
anywhere. A group only saves that its tests start anew what they may share:

- tests with a module-wide fixture, one group for each of its parameters;
- tests with the RabbitMQ node, and tests with the browser;
- each quick module as a whole.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

#: Folders of quick tests: a module is a group.
QUICK = ("tests/unit/", "tests/store/", "tests/test_architecture.py", "tests/test_packaging.py")
#: Tests with a browser: it starts once.
BROWSER = "tests/browser/"
#: The order in which groups begin: those that take longest first, the quick ones fill what is left at the end.
ORDER = (
    "tests/soak/", "tests/browser/", "tests/benchmarks/", "tests/graphs/", "tests/faults/", "tests/test_examples.py",
    "tests/test_recovery_examples.py", "tests/dashboard/", "tests/worker/", "tests/test_docs.py", "tests/acceptance/",
)  # fmt: skip


class Spreading:
    """The plugin of pytest: orders the tests, and has `pytest -n` keep groups together.

    `--dist loadgroup` of pytest-xdist 3.8 cannot do that with pytest 9.2: there is no `_nodeid` to change any more.
    """

    def __init__(self):
        self._file = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        groups = spread(items)
        if getattr(config, "workerinput", {}).get("workerid") == "gw0":  # all collect the same
            Path(config.workerinput["groups"]).write_text(json.dumps(groups))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        if self._file is None:
            self._file = Path(tempfile.mkstemp(prefix="groups-", suffix=".json")[1])
        node.workerinput["groups"] = str(self._file)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config, log):
        from tests.kit.scheduler import Scheduler  # needs pytest-xdist, which one process alone does not

        return Scheduler(config, log, lambda: json.loads(self._file.read_text() or "{}"))

    def pytest_unconfigure(self):
        if self._file is not None:
            self._file.unlink()


def spread(items):
    """Order the tests by their groups, and answer the group of each test by its id.

    A group begins in the place of its first test; the tests of a group keep their order.
    """
    groups = {item.nodeid: group_of(item) for item in items}
    if changing := [test for test in groups if " at 0x" in test]:
        raise pytest.UsageError(
            f"Processes cannot share a test whose id holds an address: give it `ids`: {changing[0]}"
        )
    places = {}
    for number, item in enumerate(items):
        group, place = groups[item.nodeid], (*_place(item), number)
        places[group] = min(place, places.get(group, place))
    items.sort(key=lambda item: places[groups[item.nodeid]])
    return groups


def group_of(item):
    """The name of a test's group; its own id if it may run anywhere by itself."""
    path = item.nodeid.partition("::")[0]
    if "rabbitmq" in item.fixturenames:
        return "rabbitmq"
    if path.startswith(BROWSER):
        return BROWSER
    wide = _module_wide(item)
    if wide:
        chosen = getattr(item, "callspec", None)
        return ".".join([path, *(str(chosen.indices[name]) for name in wide if chosen and name in chosen.indices)])
    quick = path.startswith(QUICK) and item.get_closest_marker("slow") is None
    return path if quick else item.nodeid


def _module_wide(item):
    """Fixtures of a test that are made once for its module."""
    definitions = item._fixtureinfo.name2fixturedefs
    return sorted(name for name, found in definitions.items() if found[-1].scope in ("class", "module", "package"))


def _place(item):
    path = item.nodeid.partition("::")[0]
    quick = item.get_closest_marker("slow") is None
    return quick, next((place for place, folder in enumerate(ORDER) if path.startswith(folder)), len(ORDER)), path
