"""Compiling: each native shape, and each of ours, to its tree; `..drawing` says how a tree is written."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from types import SimpleNamespace

import celery
import pytest
from celery import chain, chord, group
from celery.canvas import Signature
from kombu.exceptions import EncodeError
from kombu.utils.json import dumps, loads

from orchestrator_celery import ComplexSignature, ForeignSignature, InvalidWorkflow, PayloadTooLarge, Swarm
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.records.payload import Codec

from ..apps import make_app
from ..drawing import draw

APP = make_app("shapes")
T = SimpleNamespace(**{name: APP.tasks[name] for name in "abcde"})
#: Since then an empty group in a chain is left out, and what a group links to its members on error is as it was given.
LATER = celery.VERSION[:2] >= (5, 7)
TASK = "{'task': 'a', 'args': [], 'kwargs': {}, 'options': {}, 'subtask_type': None, 'immutable': False}"


def a(*args, **kwargs):
    return T.a.s(*args, **kwargs)


def b(*args):
    return T.b.s(*args)


def c(*args):
    return T.c.s(*args)


def d(*args):
    return T.d.s(*args)


def e(*args):
    return T.e.s(*args)


def linked(sig, callback):
    sig.link(callback)
    return sig


def erred(sig, errback):
    sig.link_error(errback)
    return sig


#: Native shapes: what is inside `complex(...)`, and how many tasks count.
NATIVE = [
    # a task
    (lambda: a(1, x=2), "a(1, x=2)", 1),
    (lambda: T.a.si(1), "a(1).si", 1),
    (lambda: a().set(queue="q", priority=3, task_id="own"), "a{priority=3,queue=q}", 1),
    (lambda: a().set(countdown=5), "a@w5000", 1),
    (lambda: a().set(eta=datetime(1970, 1, 1, 0, 0, 5, tzinfo=timezone.utc)), "a@e5000", 1),
    (lambda: dict(a(1)), "a(1)", 1),
    # chain
    (lambda: chain(a(1), b(2), T.c.si(3)), "chain(a(1), b(2), c(3).si)", 3),
    (lambda: a() | b() | c(), "chain(a, b, c)", 3),
    (lambda: chain(a()), "a", 1),
    (lambda: chain(chain(a(), b()), chain(c(), d())), "chain(a, b, c, d)", 4),
    (lambda: chain(a(), chain(b(), c()).set(link=d())), "chain(a, b, c >d)", 3),
    (lambda: chain(a(), b()).set(queue="q"), "chain(a{queue=q}, b)", 2),
    # group
    (lambda: group(a(), b()), "group(a, b)", 2),
    (lambda: group(a()), "group(a)", 1),
    (lambda: group(group(a(), b()), c()), "group(a, b, c)", 3),
    (lambda: group(a() | b(), c()), "group(chain(a, b), c)", 3),
    (lambda: group(a(), chain()), "group(a)", 1),
    (lambda: group(dict(a(1)), b()), "group(a(1), b)", 2),
    (lambda: group(a(), b().set(queue="r")).set(queue="q"), "group(a{queue=q}, b{queue=q})", 2),
    # a group in a chain is the header of a chord
    (lambda: chain(group(a(), b()), c()), "chord(group+(a, b), c)", 3),
    (lambda: chain(a(), group(b(), c())), "chain(a, group(b, c))", 3),
    (lambda: chain(a(), group(b(), c()), d(), e()), "chain(a, chord(group+(b, c), chain(d, e)))", 5),
    (lambda: chain(group(a(), b()), group(c(), d())), "chord(group+(a, b), group(c, d))", 4),
    (lambda: chain(group(a(), b()), group(c(), d()), e()), "chord(group+(a, b), chord(group+(c, d), e))", 5),
    (lambda: chain(a(), group(b()), c()), "chain(a, b, c)", 3),
    (lambda: chain(a(), group([]), c()), "chain(a, c)" if LATER else "chain(a, chord(group+(), c))", 2),
    # chord
    (lambda: chord([a(), b()], c()), "chord(group+(a, b), c)", 3),
    (lambda: chord(group(a(), b()), chain(c(), d())), "chord(group+(a, b), chain(c, d))", 4),
    (lambda: chord([chord([a(), b()], c()), d()], e()), "chord(group+(chord(group+(a, b), c), d), e)", 5),
    (lambda: chord([a()], group(b(), c())), "chord(group+(a), group(b, c))", 3),
    (lambda: chord([a() | b(), c()], d()), "chord(group+(chain(a, b), c), d)", 4),
    (lambda: chord([a(), b()], c()) | d(), "chord(group+(a, b), chain(c, d))", 4),
    (lambda: a() | chord([b(), c()], d()), "chain(a, chord(group+(b, c), d))", 4),
    # map, starmap, chunks
    (lambda: T.a.map([1, 2]), f"celery.map(task={TASK}, it=[1, 2]).si", 1),
    (lambda: T.a.map(x for x in (1, 2)), f"celery.map(task={TASK}, it=[1, 2]).si", 1),
    (lambda: T.a.starmap([(1, 2)]), f"celery.starmap(task={TASK}, it=[[1, 2]]).si", 1),
    (
        lambda: T.a.chunks([(0, 0), (1, 1), (2, 2)], 2),
        f"group(celery.starmap(task={TASK}, it=[[0, 0], [1, 1]]).si, celery.starmap(task={TASK}, it=[[2, 2]]).si)",
        2,
    ),
    # callbacks of inner signatures are nodes of their own, and do not count
    (lambda: a().set(link=b()), "a >b", 1),
    (lambda: a().set(link=[b(), c()], link_error=d()), "a >b >c !d", 1),
    (lambda: a().set(link=b() | c()), "a >chain(b, c)", 1),
    (lambda: a().set(link=b().set(link=c())), "a >(b >c)", 1),
    (lambda: chain(a(), b()).set(link=c(), link_error=d()), "chain(a, b) >c !d", 2),
    (lambda: linked(chain(a(), b()), c()), "chain(a, b) >c", 2),
    (lambda: linked(group(a(), b()), c()), "group(a >c.si, b)", 2),  # as in Celery: the first member's
    (
        lambda: erred(group(a(), b()), c()),
        "group(a !c, b !c)" if LATER else "group(a !c{immutable=True}, b !c{immutable=True})",
        2,
    ),
    (lambda: linked(chord([a(), b()], c()), d()), "chord(group+(a, b), c >d)", 3),  # the body's
    (lambda: erred(chord([a(), b()], c()), d()), "chord(group+(a, b), c !d)", 3),
    # primitives inside
    (lambda: chain(a(), Swarm([b(), c()]), d()), "chain(a, swarm(b, c), d)", 4),
    (lambda: chord([Swarm([a(), b()]), c()], Swarm([d()])), "chord(group+(swarm(a, b), c), swarm(d))", 4),
    (lambda: Swarm([a()]) | b(), "chain(swarm(a), b)", 2),
    (lambda: group(a(), b()) | Swarm([c()]), "chord(group+(a, b), swarm(c))", 3),
    (lambda: chain(a(), ComplexSignature(b() | c()), d()), "chain(a, complex(chain(b, c)), d)", 4),
    (lambda: linked(Swarm([a()]), b()), "swarm(a) >b", 1),
    (lambda: linked(ComplexSignature(a()), b()), "complex(a) >b", 1),
]

#: Shapes of ours, as whole runs.
OURS = [
    (lambda: Swarm([a(1), b(2)], max_concurrency=2), "swarm[cap=2](a(1), b(2))", 2),
    (lambda: Swarm([]), "swarm()", 0),
    (
        lambda: Swarm([a()], open=True, stop_after_n_failures=2, max_failures=0.5, max_items=9),
        "swarm[stop=2,tol=0.5,max=9,open=1](a)",
        1,
    ),
    (lambda: Swarm([a(), b()], queue="q"), "swarm(a{queue=q}, b{queue=q})", 2),
    (lambda: Swarm([a() | b(), group(c(), d())]), "swarm(chain(a, b), group(c, d))", 4),
    (lambda: Swarm([Swarm([a(), b()], max_concurrency=1)]), "swarm(swarm[cap=1](a, b))", 2),
    (lambda: Swarm([chord([Swarm([a()]), b()], c()), d()]), "swarm(chord(group+(swarm(a), b), c), d)", 4),
    (lambda: linked(Swarm([a()]), b()), "swarm(a)", 1),  # the run's own callbacks are Celery's
    (
        lambda: ComplexSignature(a(), on_success=b(), on_error=[c(), d() | e()]),
        "complex(a) >b !~c !chain(d, e)",
        1,
    ),
    (lambda: ComplexSignature(ComplexSignature(a(), on_success=b())), "complex(complex(a) >b)", 1),
]


def names(shapes):
    """Test ids: the trees themselves, as far as they fit."""
    return [re.sub(r"task=\{.*?\}, ", "", tree)[:60] for _, tree, _ in shapes]


@pytest.mark.parametrize(("make", "tree", "leaves"), NATIVE, ids=names(NATIVE))
def test_a_native_shape_is_compiled(make, tree, leaves):
    """Given a native shape, when it is made one unit, then its tree is the one Celery's own rules give."""
    orchestrator = APP.orchestrator
    definitions, count = orchestrator.container.compiler.run(ComplexSignature(make(), app=APP), {})
    assert (draw(definitions, orchestrator.container.codec), count) == (f"complex({tree})", leaves)


@pytest.mark.parametrize(("make", "tree", "leaves"), OURS, ids=names(OURS))
def test_a_shape_of_ours_is_compiled(make, tree, leaves):
    """Given a primitive, when it is a run of its own, then its tree holds what it was made of."""
    orchestrator = APP.orchestrator
    definitions, count = orchestrator.container.compiler.run(make(), {})
    assert (draw(definitions, orchestrator.container.codec), count) == (tree, leaves)


@pytest.mark.parametrize("make", [make for make, _, _ in (*NATIVE, *OURS)], ids=names((*NATIVE, *OURS)))
def test_a_shape_means_the_same_after_its_travels(make):
    """Given any shape, when it was cloned, or sent as JSON (as a chain's step is), then its tree is the same."""
    compiler = APP.orchestrator.container.compiler
    here = ComplexSignature(make(), app=APP)
    there = Signature.from_dict(loads(dumps(here)), app=APP)
    expected = compiler.run(here, {})
    assert compiler.run(here.clone(), {}) == expected
    assert compiler.run(there, {}) == expected


@pytest.mark.parametrize("make", [make for make, _, _ in (*NATIVE, *OURS)], ids=names((*NATIVE, *OURS)))
def test_compiling_does_not_change_the_signature(make):
    """Given a signature, when it is compiled twice, then the trees are equal, and it is as before."""
    compiler, sig = APP.orchestrator.container.compiler, ComplexSignature(make(), app=APP)
    before = dumps(sig)
    assert compiler.run(sig, {}) == compiler.run(sig, {})
    assert dumps(sig) == before


@pytest.mark.parametrize(
    ("make", "tree"),
    [
        (lambda: ComplexSignature(b()).clone((7,), {"x": 1}), "complex(b(7, x=1))"),
        (lambda: ComplexSignature(chain(b(1), c())).clone((7,)), "complex(chain(b(7, 1), c))"),
        (lambda: ComplexSignature(group(b(1), T.c.si(), chain(d(), e()))).clone((7,)),
         "complex(group(b(7, 1), c.si, chain(d(7), e)))"),
        (lambda: Swarm([b(), chain(c(), d()), Swarm([e()])]).clone((7,)), "swarm(b(7), chain(c(7), d), swarm(e(7)))"),
        (lambda: Swarm([ComplexSignature(b()).set(immutable=True), c()]).clone((7,)), "swarm(complex(b), c(7))"),
        (lambda: ComplexSignature(linked(b(), c())).clone((7,)), "complex(b(7) >c)"),
        (lambda: ComplexSignature(ComplexSignature(b()).clone((8,))).clone((7,)), "complex(complex(b(7, 8)))"),
        (lambda: ComplexSignature(b()).clone((7,)).set(immutable=True), "complex(b(7))"),
    ],
)  # fmt: skip
def test_what_a_nested_primitive_is_given_goes_to_its_first_tasks(make, tree):
    """Given a primitive with arguments of its own inside a larger workflow, then they go where they would go if it were
    applied by itself, behind what the step before gives."""
    orchestrator = APP.orchestrator
    definitions, _ = orchestrator.container.compiler.run(ComplexSignature(chain(a(), make()), app=APP), {})
    assert re.sub(r"\[im=1\]", "", draw(definitions, orchestrator.container.codec)) == f"complex(chain(a, {tree}))"


def test_inherited_options_reach_every_member():
    """Given options of the application, then they go to every leaf that native canvas would give them to."""
    orchestrator = APP.orchestrator
    sig = Swarm([a().set(queue="own"), group(b(), c()) | d()])
    definitions, _ = orchestrator.container.compiler.run(sig, {"queue": "q", "time_limit": 9})
    assert draw(definitions, orchestrator.container.codec) == (
        "swarm(a{queue=q,time_limit=9}, chord(group+(b{queue=q,time_limit=9}, c{queue=q,time_limit=9}), "
        "d{queue=q,time_limit=9}))"
    )


def test_an_item_is_one_value():
    """Given an item of a swarm, when it is compiled, then all of it is one value, with its tasks counted."""
    orchestrator = APP.orchestrator
    value, leaves = orchestrator.container.compiler.item(group(a(), b()) | c(), {"queue": "q"})
    assert draw({"0": value}, orchestrator.container.codec) == "chord(group+(a{queue=q}, b{queue=q}), c{queue=q})"
    assert leaves == 3


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: chain(a(), s, app=APP),
        lambda s: group(a(), s, app=APP),
        lambda s: chord([a(), s], b(), app=APP),
        lambda s: chord([a()], s),
        lambda s: Swarm([s], app=APP),
        lambda s: a().set(link=s),
        lambda s: a().set(link_error=s),
    ],
)
def test_a_signature_of_another_app_is_refused(wrap):
    """Given a signature of another app anywhere in a workflow, then it is refused, and both apps are named."""
    foreign = make_app("elsewhere").tasks["a"].s()
    with pytest.raises(ForeignSignature, match=r"'elsewhere'.*'shapes'"):
        APP.orchestrator.container.compiler.run(ComplexSignature(wrap(foreign), app=APP), {})


@pytest.mark.parametrize("item", [None, 5, "a", T.a, [1], object()])
def test_what_is_no_signature_is_refused(item):
    """Given something else than a signature as an item, then it is refused with what would do."""
    with pytest.raises(InvalidWorkflow, match=r"not a signature.*task\.s"):
        APP.orchestrator.container.compiler.item(item, {})


@pytest.mark.parametrize("make", [lambda: chain(), lambda: group([]), lambda: chord([], a())])
def test_an_empty_workflow_is_a_result_or_a_clear_error(make):
    """Given a workflow with nothing in it, then it is compiled, or refused in words; no other error escapes."""
    try:
        APP.orchestrator.container.compiler.run(ComplexSignature(make(), app=APP), {})
    except InvalidWorkflow as exc:
        assert "empty" in str(exc)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Swarm([a(object())]),
        lambda: ComplexSignature(a() | b(object())),
        lambda: ComplexSignature(a(x={1: object()})),
        lambda: ComplexSignature(a(), on_success=b(object())),
    ],
)
def test_what_cannot_be_serialised_is_refused(make):
    """Given an argument the serializer cannot carry, then compiling fails, before anything is stored."""
    with pytest.raises(EncodeError):
        APP.orchestrator.container.compiler.run(make(), {})


def test_an_argument_that_cannot_be_serialised_is_told_with_its_item():
    """Given a swarm, then the error names the item, the task and the argument."""
    with pytest.raises(
        EncodeError, match=r"Item 1 of the swarm: The task .* its argument 'x', .* cannot be serialised"
    ):
        APP.orchestrator.container.compiler.run(Swarm([a(), a(x=object())]), {})


def test_a_task_has_its_own_serializer():
    """Given a task with `serializer`, then what the default serializer cannot carry passes, for that task only."""
    value, _ = APP.orchestrator.container.compiler.item(a({1, 2}).set(serializer="pickle"), {})
    assert b"\0pickle\n" in value


def test_a_large_argument_is_refused():
    """Given an argument over the limit, then compiling fails, before anything is stored."""
    compiler = Compiler(APP, Codec(APP, 1024))
    with pytest.raises(PayloadTooLarge):
        compiler.item(a("x" * 1024), {})
