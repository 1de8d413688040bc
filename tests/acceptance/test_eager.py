"""Primitives without broker and store: `apply` and `task_always_eager`."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm, SwarmClosed, SwarmFailed
from tests.kit.project import make_app


@pytest.fixture
def eager():
    """An app with no server anywhere."""
    app = make_app("memory://", "cache+memory://", task_always_eager=True, task_eager_propagates=False)
    Orchestrator(app)
    return app


@pytest.fixture
def tasks(eager):
    class Tasks:
        called = []

    @eager.task(shared=False)
    def add(x, y=0):
        return x + y

    @eager.task(shared=False)
    def xsum(numbers):
        return sum(numbers)

    @eager.task(shared=False)
    def fail():
        raise ValueError("no good")

    @eager.task(shared=False)
    def record(*args):
        Tasks.called.append(args)

    Tasks.add, Tasks.xsum, Tasks.fail, Tasks.record = add, xsum, fail, record
    Tasks.called = []
    return Tasks


def test_results(tasks):
    add, xsum = tasks.add, tasks.xsum
    assert ComplexSignature(chain(add.s(1, 2), add.s(3))).apply_async().get() == 6
    assert ComplexSignature(chord([add.s(1, 1), add.s(2, 2)], xsum.s())).delay().get() == 6
    assert Swarm([add.s(1, 1), add.s(2, 2)]).apply_async().get() == [2, 4]
    assert Swarm([add.s(1), add.si(2, 2)]).apply_async((5,)).get() == [6, 4]
    assert Swarm([ComplexSignature(add.s(1, 1)), Swarm([add.s(2, 2)])]).apply().get() == [2, [4]]


def test_among_native_canvas(tasks):
    add, xsum = tasks.add, tasks.xsum
    assert chain(add.s(1, 1), Swarm([add.s(1), add.s(2)]), xsum.s()).apply_async().get() == 7
    assert group(Swarm([add.s(1, 1)]), add.s(2, 2)).apply_async().get() == [[2], 4]
    assert chord([add.s(1, 1), add.s(2, 2)], Swarm([xsum.s()])).apply_async().get() == [6]


def test_failures(tasks):
    add, fail = tasks.add, tasks.fail
    assert Swarm([fail.s(), add.s(1, 1)], max_failures=1).apply().get() == [None, 2]
    assert Swarm([fail.s(), add.s(1, 1)], max_failures=0.5).apply().get() == [None, 2]
    with pytest.raises(SwarmFailed, match="1 of 2"):
        Swarm([fail.s(), add.s(1, 1)]).apply().get()
    with pytest.raises(SwarmFailed):
        Swarm([fail.s(), fail.s(), add.s(1, 1)], max_failures=2, stop_after_n_failures=1).apply().get()
    with pytest.raises(ValueError, match="no good"):
        ComplexSignature(fail.s()).apply_async().get()


def test_callbacks(tasks):
    ComplexSignature(tasks.add.s(1, 1), on_success=tasks.record.s("well"), on_error=tasks.record.s("badly")).apply()
    ComplexSignature(tasks.fail.s(), on_success=tasks.record.s("well"), on_error=tasks.record.s("badly")).apply()
    assert tasks.called[0] == (2, "well")
    error, word = tasks.called[1]
    assert (error["type"], error["message"], word) == ("ValueError", "no good", "badly")


def test_link_and_link_error(tasks):
    sig = Swarm([tasks.add.s(1, 1)])
    sig.link(tasks.record.s())
    sig.apply_async()
    failing = Swarm([tasks.fail.s()])
    failing.link_error(tasks.record.s())
    result = failing.apply_async()
    assert tasks.called == [([2],), (result.id,)]


def test_an_open_swarm_is_refused(tasks):
    with pytest.raises(SwarmClosed, match="close it first"):
        Swarm([tasks.add.s(1, 1)], open=True).apply()


def test_errors_propagate_where_the_app_says_so(tasks, eager):
    eager.conf.task_eager_propagates = True
    with pytest.raises(ValueError, match="no good"):
        ComplexSignature(tasks.fail.s()).apply_async()
    with pytest.raises(SwarmFailed):
        Swarm([tasks.fail.s()]).apply_async()
