"""Swarm: what its constructor takes, adding to the definition, and running eagerly."""

from __future__ import annotations

import json
import math
import pickle
from types import SimpleNamespace

import pytest
from celery import chain, group

from orchestrator_celery import BulkRejected, InvalidWorkflow, Swarm, SwarmClosed, SwarmFailed, SwarmFull

from ..apps import make_app

APP = make_app("swarms")
T = SimpleNamespace(**{name: APP.tasks[name] for name in ("a", "b", "add", "total", "fail")})
COUNTS = ["max_concurrency", "stop_after_n_failures", "max_items"]


# -- as a container ----------------------------------------------------------------------------------


def test_a_swarm_is_a_container_of_its_items():
    """Given a swarm, then its length, its iteration and its text speak of items, and copies and messages are as before."""
    swarm = Swarm([T.a.s(), T.b.s()], name="two")
    assert (len(swarm), list(swarm), repr(swarm)) == (2, [T.a.s(), T.b.s()], "Swarm(two: 2 items)")
    assert repr(Swarm([T.a.s()])) == "Swarm(1 item)"
    assert Swarm() and len(Swarm()) == 0
    for copied in (Swarm.from_dict(json.loads(json.dumps(swarm))), swarm.clone(),
                   pickle.loads(pickle.dumps(swarm)), Swarm.from_dict(dict(swarm))):  # fmt: skip
        assert copied.keys() == swarm.keys()
        assert [item.task for item in copied] == [item.task for item in swarm]


# -- the constructor ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        (T.a, r"got the task 'a': write Swarm\(\[task.s"),
        (T.a.s(), "put the single signature a"),
        (chain(T.a.s(), T.b.s()), "put the single signature"),
        (None, r"got None: write Swarm\(\["),
        ("swarms.a", r"got 'swarms.a': write Swarm\(\["),
        ({"task": 1}, r"write Swarm\(\["),
        (3, r"got 3: write Swarm\(\["),
    ],
)
def test_what_is_no_list_of_signatures_is_refused_with_the_way_to_write_it(tasks, says):
    """Given something else than signatures, then the error says what was given, and how to write a swarm."""
    with pytest.raises(InvalidWorkflow, match=f"Swarm takes an iterable of signatures.*{says}"):
        Swarm(tasks)


def test_several_positional_arguments_are_refused_with_the_way_to_write_it():
    """Given signatures side by side, then the error says to put them into a list."""
    with pytest.raises(InvalidWorkflow, match="got 2 positional arguments: put the signatures in a list"):
        Swarm(T.a.s(), T.b.s())  # type: ignore[call-arg]


def test_the_members_of_a_group_are_items():
    """Given a group, then each of its members is an item."""
    assert Swarm(group(T.a.s(), T.b.s())).tasks == [T.a.s(), T.b.s()]


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, math.inf, [2]])
def test_a_count_that_makes_no_sense_is_refused(name, value):
    """Given a bound that is no positive whole number, then it is refused where it is written."""
    with pytest.raises(InvalidWorkflow, match=rf"{name}=.*whole number of at least 1, or None"):
        Swarm([T.a.s()], **{name: value})


@pytest.mark.parametrize("value", [-1, -0.1, 1.5, "1", True, None, math.nan, math.inf])
def test_a_tolerance_that_makes_no_sense_is_refused(value):
    """Given a number of failures that is neither a count nor a fraction, then it is refused."""
    with pytest.raises(InvalidWorkflow, match=r"max_failures=.*count .* or a fraction"):
        Swarm([T.a.s()], max_failures=value)


@pytest.mark.parametrize("make", [lambda value: Swarm([T.a.s()], max_failures=value), lambda value: Swarm.from_dict(
    {"task": "orchestrator.swarm", "kwargs": {"tasks": [], "max_failures": value}})])  # fmt: skip
def test_one_as_a_fraction_is_refused_with_both_meanings(make):
    """Given 1.0, which is one item or all of them, then it is refused, and the message says how to write each."""
    with pytest.raises(
        InvalidWorkflow, match=r"max_failures=1\.0.*max_failures=1 .*one.*max_failures=len\(tasks\).*all"
    ):
        make(1.0)


@pytest.mark.parametrize("value", [0, 0.0, 0.25, 0.999, 1, 7, 7.0])
def test_counts_and_fractions_are_tolerances(value):
    """Given a count or a fraction, then it is taken."""
    assert Swarm([T.a.s()], max_failures=value).kwargs.get("max_failures", 0) == value


@pytest.mark.parametrize("tasks", [["a"], [None], [T.a], [T.a.s(), 5]])
def test_items_that_are_no_signatures_are_refused(tasks):
    """Given something else among the items, then the swarm is refused with what would do."""
    with pytest.raises(InvalidWorkflow, match=r"not a signature: pass task\.s"):
        Swarm(tasks)


def test_one_signature_is_not_a_list_of_them():
    """Given a signature in place of an iterable, then the error says to wrap it."""
    with pytest.raises(InvalidWorkflow, match=r"put the single signature .* in a list"):
        Swarm(T.a.s())


def test_more_than_max_items_is_refused():
    """Given more items than may be in it, then it is full from the start."""
    with pytest.raises(SwarmFull, match="2 tasks are more than max_items=1"):
        Swarm([T.a.s(), T.a.s()], max_items=1)


def test_any_iterable_will_do():
    """Given a generator, then its signatures are the items, in order."""
    assert [sig.args for sig in Swarm(T.a.s(i) for i in range(3)).tasks] == [(0,), (1,), (2,)]


@pytest.mark.parametrize("batch", ["some", 0, -1, 2.5, True])
def test_a_batch_that_makes_no_sense(batch):
    """Given a batch that is neither a number nor "auto", then it is refused, and the message says what is allowed."""
    with pytest.raises(InvalidWorkflow, match=r"batch=.*at least 1"):
        Swarm([], batch=batch)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("max_concurency", "max_concurrency"),
        ("max_failure", "max_failures"),
        ("opened", "open"),
        ("maxitems", "max_items"),
    ],
)
def test_a_misspelt_argument_is_refused(given, meant):
    """Given nearly the name of an argument, then it is not taken for an execution option, which would do nothing."""
    with pytest.raises(TypeError, match=rf"'{given}'.*did you mean '{meant}'"):
        Swarm([], **{given: 3})


@pytest.mark.parametrize("option", ["queue", "priority", "time_limit", "expires", "shadow", "headers", "serializer"])
def test_execution_options_are_taken(option):
    """Given an execution option of Celery, then it is one."""
    assert Swarm([], **{option: 1}).options[option] == 1


def test_what_is_not_given_is_not_sent():
    """Given defaults, then the message holds the tasks and nothing else: no bytes for what says nothing."""
    assert set(Swarm([T.a.s()]).kwargs) == {"tasks"}


# -- adding to the definition ------------------------------------------------------------------------


def test_an_item_gets_the_next_place():
    """Given a definition, when items are added, then each learns its place in the result."""
    swarm = Swarm([T.a.s()])
    assert (swarm.add_task(T.a.s()), swarm.add_task(T.b.s() | T.a.s())) == (1, 2)
    assert len(swarm.tasks) == 3


def test_an_item_that_is_no_signature_is_not_added():
    """Given something else, then it is refused, and the swarm is as before."""
    swarm = Swarm([T.a.s()])
    with pytest.raises(InvalidWorkflow):
        swarm.add_task("a")
    assert len(swarm.tasks) == 1


def test_a_full_definition_takes_no_more():
    """Given `max_items`, then the item over it is refused, one by one and in bulk, and none is added."""
    swarm = Swarm([T.a.s()], max_items=2, app=APP)
    with pytest.raises(SwarmFull, match="2 more items would make 3, more than max_items=2"):
        swarm.add_tasks_bulk([T.a.s(), T.a.s()])
    assert len(swarm.tasks) == 1
    swarm.add_task(T.a.s())
    with pytest.raises(SwarmFull):
        swarm.add_task(T.a.s())
    assert len(swarm.tasks) == 2


def test_a_bulk_is_reported():
    """Given a generator of signatures, when they are added in bulk, then the report counts them."""
    swarm = Swarm([T.a.s()], app=APP)
    report = swarm.add_tasks_bulk(T.a.s(i) for i in range(5))
    assert (report.requested, report.added, report.rejected, report.batches) == (5, 5, (), 1)
    assert report.seconds >= 0
    assert [sig.args for sig in swarm.tasks[1:]] == [(i,) for i in range(5)]


def test_an_empty_bulk_adds_nothing():
    """Given no signatures, then nothing is added, and that is no error."""
    assert Swarm([], app=APP).add_tasks_bulk([]).added == 0


def test_a_bulk_with_mistakes_adds_nothing_and_lists_them_all():
    """Given valid and invalid tasks, then none is added, and the report has every mistake with its reason."""
    swarm = Swarm([T.a.s()], app=APP)
    foreign = make_app("elsewhere").tasks["a"].s()
    with pytest.raises(
        BulkRejected, match="None of 5 tasks was added: 3 are not valid; the first is number 1"
    ) as caught:
        swarm.add_tasks_bulk([T.a.s(), "a", foreign, T.a.s(object()), T.a.s()])
    report = caught.value.report
    assert (report.requested, report.added, report.batches) == (5, 0, 0)
    assert [rejection.index for rejection in report.rejected] == [1, 2, 3]
    assert all(rejection.reason for rejection in report.rejected)
    assert len(swarm.tasks) == 1


def test_a_closed_definition_ends_by_itself():
    """Given an open swarm, when its definition is closed, twice, then it will end once all is done."""
    swarm = Swarm([T.a.s()], open=True)
    swarm.close()
    swarm.close()
    assert swarm._pool_attrs()["open"] is False


# -- eager -------------------------------------------------------------------------------------------


@pytest.fixture
def eager():
    """The same app, running everything here and now."""
    APP.conf.task_always_eager = True
    yield APP
    APP.conf.task_always_eager = False
    APP.conf.task_eager_propagates = False


def test_it_runs_eagerly_in_order(eager):
    """Given `task_always_eager`, then a swarm gives its ordered results without store and broker."""
    assert Swarm(T.add.s(i, 1) for i in range(4)).apply_async().get() == [1, 2, 3, 4]


def test_nested_canvas_runs_eagerly(eager):
    """Given canvas inside a swarm inside a chain, then the result is the one native canvas has."""
    sig = chain(T.add.s(1, 1), Swarm([T.add.s(10), chain(T.add.s(20), T.add.s(1)), T.add.si(5, 5)]), T.total.s())
    assert sig.apply_async().get() == chain(
        T.add.s(1, 1), group(T.add.s(10), chain(T.add.s(20), T.add.s(1)), T.add.si(5, 5)), T.total.s()
    ).apply_async().get(disable_sync_subtasks=False)


def test_a_failure_fails_an_eager_swarm(eager):
    """Given a failed item, then the swarm has failed, and lists it."""
    result = Swarm([T.add.s(1, 1), T.fail.s()]).apply_async()
    with pytest.raises(SwarmFailed) as caught:
        result.get()
    assert caught.value.failures == [{"index": 1, "type": "ValueError", "message": "as asked"}]


def test_a_tolerated_failure_leaves_a_gap(eager):
    """Given `max_failures`, as a count or a fraction, then the failed item's place holds None."""
    for tolerated in (1, 0.5):
        assert Swarm([T.fail.s(), T.add.s(1, 1)], max_failures=tolerated).apply_async().get() == [None, 2]


def test_an_eager_swarm_stops_after_its_failures(eager):
    """Given `stop_after_n_failures`, then nothing more starts, and tolerance does not save it."""
    result = Swarm([T.fail.s(), T.fail.s(), T.add.s(1, 1)], stop_after_n_failures=1, max_failures=9).apply_async()
    assert result.state == "FAILURE"
    assert len(result.result.failures) == 1


def test_eager_errors_propagate_where_the_project_wants_it(eager):
    """Given `task_eager_propagates`, then the error is raised where the swarm is applied."""
    eager.conf.task_eager_propagates = True
    with pytest.raises(SwarmFailed):
        Swarm([T.fail.s()]).apply_async()


def test_an_open_swarm_cannot_run_eagerly(eager):
    """Given an open swarm, then nothing could ever be added, and it says so."""
    with pytest.raises(SwarmClosed, match="open swarm cannot run eagerly"):
        Swarm([], open=True, app=APP).apply_async()


def test_eager_callbacks_are_called(eager):
    """Given `link`, then it gets the list."""
    seen = []

    @APP.task(name="seen", shared=False)
    def keep(value):
        seen.append(value)

    sig = Swarm([T.add.s(1, 1)])
    sig.link(keep.s())
    sig.apply_async()
    assert seen == [[2]]
