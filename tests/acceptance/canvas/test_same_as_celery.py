"""Every shape of Celery's own canvas suite, natively and as a durable run, side by side on one worker."""

from pathlib import Path

import celery
import pytest

from tests.acceptance.canvas.chains import CHAINS
from tests.acceptance.canvas.chords import CHORDS
from tests.acceptance.canvas.groups import GROUPS
from tests.acceptance.canvas.observed import Observed, observe
from tests.conftest import Ledger

PAGE = Path(__file__).parents[3] / "docs/reference/differences-from-celery.md"
SHAPES = {**CHAINS, **GROUPS, **CHORDS}
#: Tasks of these run one after the other, so that the order of what they note is a fact as well.
IN_ORDER = {"replaced by a chain of tasks that are replaced", "task with a canvas as errback"}

FAILED = ["ExpectedError", "Task expected to fail"]
WRAPPED = ["ChordError", f"Dependency <id> raised ExpectedError({FAILED[1]!r})"]
NEVER = "A workflow that never ends"
NESTED = "A chord whose header fails out of sight of its handle"
#: By name of the shape: what ours comes to, where that is not what Celery comes to, and its heading on the page.
DIFFERENCES = {
    "failure before a group": (
        Observed([FAILED[0], f"({FAILED[1]!r}, 2)"], [FAILED[0], f"({FAILED[1]!r}, 2)"], []), NEVER,
    ),
    "failure before a body that is a chord": (Observed(FAILED, WRAPPED, []), NEVER),
    "header task adds a failing task": (Observed(FAILED, WRAPPED, []), NESTED),
    "errback of a chord around a failing chord": (Observed(FAILED, WRAPPED, [["told", "errback"]] * 2), NESTED),
    **{
        f"the header of a chord fails {place}, told: {whom}": (Observed(FAILED, WRAPPED, notes), NESTED)
        for place in ("alone in a header", "in a header")
        for whom, notes in {
            "nobody": [],
            "an immutable errback": [["told", "errback"]] * 2,
            "an old-style errback": [["old", "FAILURE", *WRAPPED]] * 2,
            "a new-style errback": [["new", *WRAPPED]] * 2,
        }.items()
    },
    **{
        f"the header of a chord fails as a body, told: {whom}": (
            Observed([FAILED[0], f"({FAILED[1]!r}, [42])"], wrapped, notes), NESTED,
        )
        for wrapped in [["ChordError", f"Dependency <id> raised ExpectedError({FAILED[1]!r}, [42])"]]
        for whom, notes in {
            "nobody": [],
            "an immutable errback": [["told", "errback"]],
            "an old-style errback": [["old", "FAILURE", *wrapped]],
            "a new-style errback": [["new", *wrapped]],
        }.items()
    },
}  # fmt: skip


#: By name of the shape: what ours comes to, and Celery from 5.7 on. With Celery 5.5 and 5.6 these never end natively, end in errors of
#: Celery's own, or end in another order each time.
SINCE_5_7 = {
    "task with an errback that has an argument": FAILED,
    "group of one chain that ends in a group": [4, 5],
    "group of two chains that end in groups": [[4, 5], [11, 12]],
    "group of one group of one chain that ends in a group": [4, 5],
    "group of one chord with a group as body": [2, 2],
    "lone group in a chain": [42, 42],
    "group of a chord with a chain of one as body": [[42]],
    "members replaced by groups": [[3, 2], [5, 4]] * 3,
    "header task replaced by a group": [42, [1, 2]],
    "failure before a body that is a chain": FAILED,
    "failure before a body that is a group": FAILED,
    "failing chord in a chain in a chain": FAILED,
    "failure in a chain with a group in a header": FAILED,
}


@pytest.fixture(scope="module")
def observed(request, project, shared_worker, ledger_server):
    chosen = {item.callspec.params["name"] for item in request.session.items if item.module is request.module}
    project.app.set_current()
    book = Ledger(ledger_server)
    book.clear()
    return observe(project.app, shared_worker, book, {name: SHAPES[name] for name in chosen})


def comparable(name, seen):
    """Without the order of what runs side by side."""
    return seen if name in IN_ORDER else seen._replace(notes=sorted(seen.notes, key=repr))


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in DIFFERENCES])
def test_same_as_celery(name, observed):
    native, durable = (comparable(name, side[name]) for side in observed)
    if native.stored is None:  # a group has no result of its own
        native, durable = native._replace(stored=None), durable._replace(stored=None)
    if name in SINCE_5_7 and celery.VERSION < (5, 7):
        assert durable.outcome == SINCE_5_7[name]
    else:
        assert durable == native
    assert "TimeoutError" not in repr(durable.outcome), "Neither of them ends."


@pytest.mark.parametrize("name", DIFFERENCES)
def test_difference(name, observed):
    native, durable = (comparable(name, side[name]) for side in observed)
    expected, heading = DIFFERENCES[name]
    assert durable == comparable(name, expected)
    assert native != durable, "This is no difference any more: take it out of the list, and out of the page."
    assert f"## {heading}\n" in PAGE.read_text()
