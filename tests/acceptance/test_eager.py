"""Primitives without broker and store: `apply` and `task_always_eager`."""

import pytest
from celery import chain, chord, group
from celery.exceptions import ImproperlyConfigured

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    Orchestrator,
    Swarm,
    SwarmClosed,
    SwarmFailed,
)
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

    @eager.task(bind=True, shared=False)
    def replaced(self, kind):
        return self.replace(REPLACEMENTS[kind][0](Tasks))

    Tasks.add, Tasks.xsum, Tasks.fail, Tasks.record, Tasks.replaced = add, xsum, fail, record, replaced
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


REPLACEMENTS = {
    "task": (lambda t: t.add.s(1, 2), 3),
    "chain": (lambda t: chain(t.add.s(1, 2), t.add.s(10)), 13),
    "chain that ends in a group": (lambda t: chain(t.add.s(1, 2), group(t.add.s(10), t.add.s(20))), [13, 23]),
    "group": (lambda t: group(t.add.s(1, 1), t.add.s(2, 2)), [2, 4]),
    "group of one": (lambda t: group(chain(t.add.s(1, 1), group(t.add.s(1), t.add.s(2)))), [[3, 4]]),
    "chord": (lambda t: chord([t.add.s(1, 1), t.add.s(2, 2)], t.xsum.s()), 6),
    "swarm": (lambda t: Swarm([t.add.s(1, 1)]), [2]),
    "unit": (lambda t: ComplexSignature(group(t.add.s(1, 1), t.add.s(2, 2))), [2, 4]),
    "graph": (lambda t: ConditionalGraph().add_node("a", t.add.s(1, 2)).add_edge(START, "a").add_edge("a", END), 3),
    "failing chord": (lambda t: chord([t.fail.s()], t.xsum.s()), ValueError),
    "empty chain": (lambda t: chain(), ImproperlyConfigured),
}
PLACES = {
    "alone": lambda sig, t: ComplexSignature(sig),
    "in a chain": lambda sig, t: ComplexSignature(chain(t.add.s(1, 1), sig)),
    "in a header": lambda sig, t: ComplexSignature(chord([t.add.s(1, 1)], sig)),
    "in a swarm": lambda sig, t: Swarm([sig]),
    "in a graph": lambda sig, t: ConditionalGraph().add_node("a", sig).add_edge(START, "a").add_edge("a", END),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_replaced_task_asks_no_backend(tasks, eager, kind, place):
    """Given a backend that nobody can reach, then a task is replaced by any canvas all the same."""
    eager.conf.result_backend = "redis://127.0.0.1:1/0"
    eager._backend_cache = None
    eager._local.__dict__.pop("backend", None)
    expected = REPLACEMENTS[kind][1]
    result = PLACES[place](tasks.replaced.si(kind), tasks).apply_async()
    if isinstance(expected, type):
        error = SwarmFailed if place == "in a swarm" else expected
        with pytest.raises(error):
            result.get()
    else:
        assert result.get() == ([expected] if place == "in a swarm" else expected)
