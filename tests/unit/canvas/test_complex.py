"""ComplexSignature: what its constructor takes, and running eagerly."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, InvalidWorkflow, Swarm

from ..apps import make_app

APP = make_app("units")
T = SimpleNamespace(**{name: APP.tasks[name] for name in ("a", "b", "add", "total", "fail")})
SEEN: list[object] = []


@APP.task(name="keep", shared=False)
def keep(value):
    SEEN.append(value)


@pytest.fixture
def eager():
    """The same app, running everything here and now."""
    SEEN.clear()
    APP.conf.task_always_eager = True
    yield APP
    APP.conf.task_always_eager = False
    APP.conf.task_eager_propagates = False


@pytest.mark.parametrize("workflow", [None, "a", T.a, [T.a.s()], 5])
def test_what_is_no_signature_is_refused(workflow):
    """Given something else than a signature, then it is refused with what would do."""
    with pytest.raises(InvalidWorkflow, match=r"not a signature: pass task\.s"):
        ComplexSignature(workflow)


@pytest.mark.parametrize("name", ["on_success", "on_error"])
@pytest.mark.parametrize("callback", ["a", T.a, [T.a.s(), 5]])
def test_callbacks_that_are_no_signatures_are_refused(name, callback):
    """Given a callback that is none, then the error names the argument."""
    with pytest.raises(InvalidWorkflow, match=rf"{name}=.*not a signature"):
        ComplexSignature(T.a.s(), **{name: callback})


def test_callbacks_are_one_or_a_list():
    """Given one callback, a list, or none, then there is always a list."""
    assert ComplexSignature(T.a.s())._success_handlers == []
    assert ComplexSignature(T.a.s(), on_success=T.b.s())._success_handlers == [T.b.s()]
    assert ComplexSignature(T.a.s(), on_error=[T.a.s(), T.b.s()])._error_handlers == [T.a.s(), T.b.s()]


def test_an_empty_group_is_a_workflow():
    """Given a group without members, which is a valid native canvas with the result [], then it is kept."""
    assert ComplexSignature(group([]), app=APP).workflow == group([])


@pytest.mark.parametrize(
    "make",
    [
        lambda: T.add.s(1, 1),
        lambda: T.add.s(1, 1) | T.add.s(2),
        lambda: group(T.add.s(1, 1), T.add.s(2, 2)),
        lambda: chord([T.add.s(1, 1), T.add.s(2, 2)], T.total.s()),
        lambda: chain(T.add.s(1, 1), group(T.add.s(1), T.add.s(2)), T.total.s()),
        lambda: T.total.map([[1, 2], [3]]),
        lambda: T.add.starmap([(1, 1), (2, 2)]),
    ],
)
def test_it_runs_eagerly_with_the_native_result(eager, make):
    """Given `task_always_eager`, then a unit gives what its workflow gives by itself."""
    native = make().apply_async().get(disable_sync_subtasks=False)
    assert ComplexSignature(make(), app=APP).apply_async().get() == native


def test_it_takes_arguments_eagerly(eager):
    """Given partial arguments of the application, then they come before those of the first task."""
    assert ComplexSignature(T.add.s(1), app=APP).apply_async((2,)).get() == 3
    assert ComplexSignature(T.add.si(1, 1), app=APP).apply_async((2,)).get() == 2
    assert (T.add.s(1, 1) | ComplexSignature(T.add.s(3))).apply_async().get() == 5


def test_success_is_told_eagerly(eager):
    """Given a workflow that succeeds, then `on_success` and `link` get its result, `on_error` is not called."""
    sig = ComplexSignature(T.add.s(1, 1), on_success=keep.s(), on_error=T.fail.s(), app=APP)
    sig.link(keep.s())
    assert sig.apply_async().get() == 2
    assert SEEN == [2, 2]


def test_failure_is_told_eagerly(eager):
    """Given a workflow that fails, then `on_error` gets the error in words."""
    result = ComplexSignature(T.fail.s(), on_success=T.fail.s(), on_error=keep.s(), app=APP).apply_async()
    assert result.state == "FAILURE"
    [told] = SEEN
    assert (told["type"], told["message"]) == ("ValueError", "as asked")
    assert told["traceback"].endswith("ValueError: as asked\n")


def test_eager_errors_propagate_where_the_project_wants_it(eager):
    """Given `task_eager_propagates`, then the workflow's own error is raised where it is applied."""
    eager.conf.task_eager_propagates = True
    with pytest.raises(ValueError, match="as asked"):
        ComplexSignature(T.fail.s(), app=APP).apply_async()


def test_primitives_nest_eagerly(eager):
    """Given a swarm in a unit in a swarm, then the results nest."""
    inner = ComplexSignature(Swarm([T.add.s(1, 1), T.add.s(2, 2)]))
    assert Swarm([inner, T.add.s(3, 3)], app=APP).apply_async().get() == [[2, 4], 6]
