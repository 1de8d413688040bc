"""Both primitives are signatures: they travel, clone, freeze, stamp and combine as native canvas does."""

from __future__ import annotations

import pickle
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery import Celery, chain, chord, group
from celery.canvas import Signature, StampingVisitor, _chord, maybe_signature
from celery.canvas import _chain as chain_type
from kombu.utils.json import dumps, loads

from orchestrator_celery import ComplexSignature, InvalidWorkflow, NotInstalled, Run, Swarm
from orchestrator_celery.canvas import Primitive
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.records.payload import Codec

from ..apps import make_app

APP = make_app("canvas", backend="cache+memory://")  # freezing a group subscribes to its results
T = SimpleNamespace(**{name: APP.tasks[name] for name in "abcde"})


def swarm(**options):
    return Swarm([T.a.s(1), T.b.s(x=2), T.c.si(3)], name="s", max_concurrency=2, open=True, app=APP, **options)


def unit(**options):
    return ComplexSignature(
        T.a.s(1) | group(T.b.s(), T.c.s()) | T.d.s(), name="u", on_success=T.e.s(), app=APP, **options
    )


def members(sig):
    """The signatures directly in a canvas."""
    if isinstance(sig, Primitive):
        return sig._nested()
    inner = getattr(sig, "tasks", ())
    return list(inner.tasks if isinstance(inner, group) else inner)


both = pytest.mark.parametrize("make", [swarm, unit])


def travel(sig):
    """Through a broker, as a step of a chain or a callback goes."""
    return Signature.from_dict(loads(dumps(sig)), app=APP)


# -- travelling --------------------------------------------------------------------------------------


@both
def test_it_survives_json(make):
    """Given a primitive with options, callbacks and partial arguments, when it is sent, then it is equal."""
    sig = make(queue="q").clone((7,), {"y": 8})
    sig.link(T.d.s())
    sig.link_error(T.e.s())
    again = travel(sig)
    assert type(again) is type(sig)
    assert dumps(again) == dumps(sig)


@both
def test_it_survives_pickle(make):
    """Given an app that pickles, then a primitive arrives as one."""
    sig = make(queue="q")
    again = pickle.loads(pickle.dumps(sig))
    assert type(again) is type(sig)
    assert dumps(again) == dumps(sig)


@both
def test_what_is_nested_arrives_as_signatures(make):
    """Given a primitive that was sent, then what is in it can be applied: it is signatures, and no dicts."""
    nested = travel(make())._nested()
    assert nested
    assert all(isinstance(sig, Signature) for sig in nested)
    assert [sig.app for sig in nested] == [APP] * len(nested)


@both
@pytest.mark.parametrize("wrap", [chain, group, lambda *sigs: chord(sigs, T.e.s())])
def test_it_arrives_inside_native_canvas(make, wrap):
    """Given a primitive inside a native canvas, when that is sent, then it is still itself in there."""
    arrived = travel(wrap(T.d.s(), make()))
    found = members(arrived)[1]
    assert type(found) is type(make())
    assert dumps(found.kwargs) == dumps(make().kwargs)


@both
def test_celery_knows_its_type(make):
    """Given the dict of a primitive, then `maybe_signature` and `signature` give the primitive back."""
    plain = loads(dumps(make()))
    assert type(maybe_signature(plain, app=APP)) is type(make())
    assert type(APP.signature(plain)) is type(make())


# -- cloning -----------------------------------------------------------------------------------------


@both
def test_a_clone_is_equal_and_independent(make):
    """Given a clone, when anything in it is changed, then the original is as before."""
    sig = make(queue="q")
    before = dumps(sig)
    copy = sig.clone()
    assert (type(copy), dumps(copy)) == (type(sig), before)
    copy.set(queue="other", priority=1)
    copy.kwargs["name"] = "other"
    for inner in copy._nested():
        inner.set(queue="other")
        inner.link(T.e.s())
    copy.link(T.e.s())
    assert dumps(sig) == before


def test_items_added_to_a_clone_are_its_own():
    """Given a cloned swarm, when an item is added, then the original has none more."""
    sig = swarm()
    copy = sig.clone()
    copy.add_task(T.d.s())
    assert (len(sig.tasks), len(copy.tasks)) == (3, 4)


@both
def test_a_clone_takes_partial_arguments(make):
    """Given partial arguments and options, when it is cloned with them, then they merge as Celery merges."""
    sig = make().clone((1,), {"x": 1}).clone((2,), {"x": 2, "y": 3}, queue="q")
    assert sig._partial_args == ([2, 1], {"x": 2, "y": 3})
    assert sig.options["queue"] == "q"
    assert travel(sig)._partial_args == sig._partial_args


@both
def test_partial_arguments_do_not_touch_the_definition(make):
    """Given partial arguments, then what defines the workflow is as before."""
    sig = make().clone((1,), {"x": 1})
    assert dumps({name: sig.kwargs[name] for name in make().kwargs}) == dumps(make().kwargs)


@both
def test_an_immutable_one_takes_nothing(make):
    """Given `.set(immutable=True)`, then a clone with arguments has none, also after its travels."""
    sig = make().set(immutable=True)
    assert travel(sig).immutable is True
    assert sig.clone((1,), {"x": 1})._partial_args == ([], {})
    assert sig._merged_args((1,), {"x": 1}) == ((), {})


# -- options and callbacks ---------------------------------------------------------------------------


@both
def test_options_are_set_and_merged(make):
    """Given `set`, then it returns the signature itself, and the options are on it."""
    sig = make(queue="q")
    assert sig.set(priority=3, queue="r") is sig
    assert (sig.options["queue"], sig.options["priority"]) == ("r", 3)


@both
def test_callbacks_are_attached_once(make):
    """Given the same callback twice, then it is there once, as with any signature."""
    sig, callback, errback = make(), T.d.s(), T.e.s()
    assert sig.link(callback) == sig.link(callback) == callback
    assert sig.link_error(errback) == sig.link_error(errback) == errback
    assert (sig.options["link"], sig.options["link_error"]) == ([callback], [errback])


@both
def test_celerys_on_error_works(make):
    """Given `Signature.on_error(errback)`, Celery's chaining form of `link_error`, then it works here, too."""
    sig = make()
    assert sig.on_error(T.a.s()) is sig
    assert sig.options["link_error"] == [T.a.s()]


# -- combining ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        (lambda s: s | T.d.s(), chain_type),
        (lambda s: T.d.s() | s, chain_type),
        (lambda s: s | s, chain_type),
        (lambda s: s | swarm(), chain_type),
        (lambda s: unit() | s, chain_type),
        (lambda s: s | (T.d.s() | T.e.s()), chain_type),
        (lambda s: (T.d.s() | T.e.s()) | s, chain_type),
        (lambda s: s | group(T.d.s(), T.e.s()), chain_type),
        (lambda s: s | group(T.d.s()), chain_type),
        (lambda s: s | chord([T.d.s(), T.e.s()], T.a.s()), chain_type),
        (lambda s: group(T.d.s(), T.e.s()) | s, _chord),
        (lambda s: (T.a.s() | group(T.d.s(), T.e.s())) | s, chain_type),
        (lambda s: chord([T.d.s(), T.e.s()], T.a.s()) | s, _chord),
        (lambda s: group(s, s), group),
        (lambda s: chord([s, T.d.s()], s), _chord),
    ],
)
def test_it_combines_as_a_task_does(make, combine, expected):
    """Given `|` in any position, then the result is the native type a plain task would give there."""
    native = combine(T.c.s()) if expected is not group else group(T.c.s(), T.c.s())
    found = combine(make())
    assert type(found) is expected
    assert type(native) is expected
    assert "orchestrator." in dumps(found)


@both
def test_combining_does_not_change_the_parts(make):
    """Given parts of a chain, when they are combined, then the parts are as before."""
    sig = make()
    before = dumps(sig)
    _ = sig | T.d.s() | sig
    _ = group(T.d.s(), sig) | sig
    assert dumps(sig) == before


@both
def test_steps_keep_their_type(make):
    """Given a chain of three, then the step in the middle is still the primitive."""
    steps = (T.d.s() | make() | T.e.s()).tasks
    assert [isinstance(step, Primitive) for step in steps] == [False, True, False]


# -- freezing ----------------------------------------------------------------------------------------


@both
def test_freezing_gives_a_run_of_its_id(make):
    """Given a frozen primitive, then its result is a `Run` of the id it will be applied with."""
    sig = make()
    run = sig.freeze()
    assert isinstance(run, Run)
    assert run.id == sig.id == sig.options["task_id"]


@both
def test_freezing_again_keeps_the_id(make):
    """Given a frozen primitive, when it is frozen again, or sent, then it keeps its id."""
    sig = make()
    first = sig.freeze(_id="own", root_id="root", parent_id="parent")
    assert sig.freeze(_id="other").id == first.id == "own"
    assert travel(sig).freeze().id == "own"
    assert (sig.options["root_id"], sig.options["parent_id"]) == ("root", "parent")


@both
def test_freezing_leaves_what_is_nested(make):
    """Given a frozen primitive, then what is in it has no ids yet: each leaf gets its own from the run."""
    sig = make()
    sig.freeze()
    assert all("task_id" not in inner.options for inner in sig._nested())


@both
@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: T.d.s() | s,
        lambda s: s | T.d.s(),
        lambda s: group(s, T.d.s()),
        lambda s: chord([s, T.d.s()], s.clone()),
    ],
)
def test_native_canvas_freezes_with_it(make, wrap):
    """Given native canvas with a primitive in it, then it freezes to a result, as with a task in its place."""
    assert type(wrap(make()).freeze()) is type(wrap(T.c.s()).freeze()) or isinstance(wrap(make()).freeze(), Run)


@both
def test_a_chord_waits_for_one_part_of_it(make):
    """Given a primitive in a chord's header, then it counts as one, as Celery counts header tasks."""
    assert chord([make(), T.d.s()], T.e.s()).__length_hint__() == 2


# -- stamping ----------------------------------------------------------------------------------------


class Everywhere(StampingVisitor):
    """Stamps every signature it meets."""

    def on_signature(self, sig, **headers):
        return {"seen": "yes"}


def tasks_in(sig):
    """Every task signature in a canvas."""
    inner = members(sig) + ([sig.body] if isinstance(sig, _chord) else [])
    return [task for one in inner for task in tasks_in(one)] if inner else [sig]


@both
@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: s | T.e.s(), lambda s: group(s, T.e.s()), lambda s: chord([s, T.e.s()], s.clone())]
)
def test_a_stamp_reaches_everything(make, wrap):
    """Given a stamping visitor, then the primitive and every task in it are stamped, also when they were sent."""
    sig = wrap(make())
    sig.stamp(Everywhere())
    for found in (sig, travel(sig)):
        tasks = tasks_in(found)
        assert len(tasks) >= 3
        assert all(task.options.get("seen") == ["yes"] or task.options.get("seen") == "yes" for task in tasks)
        assert all("seen" in task.options["stamped_headers"] for task in tasks)


@both
def test_a_stamp_by_keyword(make):
    """Given `stamp(region="eu")`, then it carries it, and what is in it does as far as in native canvas."""
    sig, native = make(), make()._nested()
    sig.stamp(region="eu")
    for inner in native:
        inner.stamp(region="eu")
    assert sig.options["region"] == "eu"
    assert [task.options for task in tasks_in(sig)] == [task.options for one in native for task in tasks_in(one)]


def test_plain_dicts_are_stamped_as_well():
    """Given items as dicts, as JSON leaves them, then a stamp reaches them, too."""
    sig = Swarm([dict(T.a.s(1))], app=APP)
    sig.stamp(region="eu")
    assert [item["options"].get("region") for item in sig.tasks] == ["eu"]


# -- the app -----------------------------------------------------------------------------------------


@both
def test_its_app_is_that_of_what_is_in_it(make):
    """Given a primitive made without `app`, then it belongs to the app of its tasks."""
    assert make().app is APP
    assert Swarm([T.a.s()]).app is APP
    assert ComplexSignature(T.a.s() | T.b.s()).app is APP


@both
def test_without_an_orchestrator_applying_says_what_to_add(make):
    """Given an app without the extension, then applying or freezing names the line that is missing."""
    sig = make()
    sig._app = Celery("plain", set_as_current=False, broker="memory://")
    for call in (sig.apply_async, sig.delay, sig.freeze):
        with pytest.raises(
            NotInstalled, match=r"'plain' has no orchestrator: add `orchestrator = Orchestrator\(app\)`"
        ):
            call()


@both
def test_it_prints(make):
    """Given a primitive, then it and canvas with it can be printed."""
    assert type(make()).__name__ in repr(make())
    assert type(make()).__name__ in repr(T.d.s() | make())


# -- deadlines


@both
@pytest.mark.parametrize("value", [0, -1, "5", True, [5], float("nan"), float("inf"), timedelta(0), timedelta(-1)])
def test_a_deadline_that_makes_no_sense_is_refused(make, value):
    """Given no positive time, then it is refused wherever it may be given, and a definition keeps what it had."""
    for say in (
        lambda: make(deadline=value),
        lambda: make().set(deadline=value),
        lambda: make().apply_async(deadline=value),
    ):
        with pytest.raises(InvalidWorkflow, match=r"deadline=.*seconds the run may take"):
            say()


@both
def test_a_deadline_travels(make):
    """Given a deadline as a timedelta, then it is seconds in every message, clone and copy, and can be changed."""
    sig = make(deadline=timedelta(minutes=1))
    for other in (sig, sig.clone(), maybe_signature(loads(dumps(sig)), app=APP), pickle.loads(pickle.dumps(sig))):
        assert other.kwargs["deadline"] == 60.0
    assert sig.set(deadline=5).kwargs["deadline"] == 5.0
    assert "deadline" not in sig.options


@both
def test_a_deadline_belongs_to_a_whole_run(make):
    """Given a deadline on a part of a run, then the run is refused: nobody would keep it."""
    compiler = Compiler(APP, Codec(APP, 10_000))
    with pytest.raises(InvalidWorkflow, match="only a whole run can have one"):
        compiler.run(ComplexSignature(chain(T.a.s(), make(deadline=3)), app=APP), {})
    assert compiler.run(make(deadline=3), {})
