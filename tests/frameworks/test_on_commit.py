"""`delay_on_commit` and `apply_async_on_commit` of every primitive, with Django's transactions and a real worker."""

import asyncio
import sys

import pytest
from celery import Celery, chain

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    GraphInvalid,
    InvalidSettings,
    NotInstalled,
    RunNotFound,
    RunStatus,
    Swarm,
    UnknownOption,
)
from tests.frameworks.django_site import set_up
from tests.kit import project as p


def swarm():
    return Swarm([p.add.s(1), p.add.s(2)])


def unit():
    return ComplexSignature(chain(p.add.s(1), p.add.s(2)))


def graph():
    return ConditionalGraph("g").add_node("a", p.add.s(1)).add_edge(START, "a").add_edge("a", END)


#: What each primitive makes of 10.
PRIMITIVES = {"swarm": (swarm, [11, 12]), "complex": (unit, 13), "graph": (graph, 11)}


@pytest.fixture
def transaction():
    set_up()
    from django.db import transaction

    return transaction


@pytest.fixture(params=PRIMITIVES)
def case(request):
    return PRIMITIVES[request.param]


def is_recorded(app, run):
    try:
        return app.orchestrator.run(run.id).id == run.id
    except RunNotFound:
        return False


def test_a_run_starts_after_the_outermost_commit(app, transaction, case):
    """Given nested transactions, when the inner one ends, then nothing started; after the outer one, the run has."""
    build, result = case
    with transaction.atomic():
        with transaction.atomic():
            run = build().delay_on_commit(10)
        assert (run.status, is_recorded(app, run)) == (RunStatus.PENDING, False)
    assert is_recorded(app, run)
    assert run.get(timeout=60) == result


def test_a_run_does_not_start_after_a_rollback(app, transaction, case):
    """Given a rolled back transaction, or a rolled back inner one, then only the runs of the others start."""
    build, result = case
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = build().delay_on_commit(10)
        raise ZeroDivisionError
    with transaction.atomic():
        kept = build().delay_on_commit(10)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            inner = build().delay_on_commit(10)
            raise ZeroDivisionError
    assert kept.get(timeout=60) == result
    assert [is_recorded(app, run) for run in (lost, kept, inner)] == [False, True, False]


def test_a_run_starts_at_once_outside_a_transaction(app, transaction, case):
    """Given no transaction, then the run is on record when the call returns, with all its options."""
    build, result = case
    run = build().apply_async_on_commit((10,), task_id=f"on commit {case[0].__name__}", tags=["committed"])
    assert is_recorded(app, run)
    assert (run.id, run.tags) == (f"on commit {case[0].__name__}", ("committed",))
    assert run.get(timeout=60) == result


def test_an_eager_run_is_done_at_the_commit(app, transaction, case, monkeypatch):
    """Given `task_always_eager`, then the commit runs the workflow, and outside a transaction the call does."""
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    build, result = case
    assert build().delay_on_commit(10).get() == result
    applied = []
    monkeypatch.setattr(case[0]().__class__, "apply", lambda *args, **options: applied.append(args[1]))
    with transaction.atomic():
        build().delay_on_commit(10)
        assert applied == []
    assert applied == [(10,)]


def test_wrong_options_are_refused_at_the_call(app, transaction, case):
    """Given a misspelt option, then the caller is told, not the commit."""
    with transaction.atomic():
        with pytest.raises(UnknownOption, match="did you mean 'deadline'"):
            case[0]().apply_async_on_commit(dedline=3)
        assert transaction.get_connection().run_on_commit == []


def test_a_wrong_graph_is_refused_at_the_call(app, transaction):
    with transaction.atomic(), pytest.raises(GraphInvalid):
        ConditionalGraph("g").add_node("a", p.add.s(1)).delay_on_commit(10)


def test_an_app_without_the_extension_is_refused_at_the_call(transaction):
    with transaction.atomic(), pytest.raises(NotInstalled):
        Swarm([], app=Celery("bare", set_as_current=False)).delay_on_commit()


def test_there_is_no_async_twin():
    """Given `aio`, whose calls run in another thread than the transaction, then it refuses."""
    with pytest.raises(AttributeError, match="sync_to_async"):
        asyncio.run(swarm().aio.delay_on_commit())


def test_without_django_the_error_says_so(app, monkeypatch):
    monkeypatch.setitem(sys.modules, "django.db", None)
    with pytest.raises(InvalidSettings, match="pip install django"):
        swarm().delay_on_commit()
