"""A handler of the wrong form is found when the signature is built."""

from __future__ import annotations

from typing import Any

import pytest
from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, InvalidWorkflow, Swarm
from tests.unit.apps import make_app

APP = make_app("handlers")


@APP.task(name="handlers.none", shared=False)
def none() -> None: ...


@APP.task(name="handlers.one", shared=False)
def one(x: Any) -> None: ...


@APP.task(name="handlers.two", shared=False)
def two(x: Any, y: Any) -> None: ...


@APP.task(name="handlers.three", shared=False)
def three(request: Any, exc: Any, traceback: Any) -> None: ...


@APP.task(name="handlers.any", shared=False)
def any_number(*args: Any) -> None: ...


@APP.task(name="handlers.bound", bind=True, shared=False)
def bound(self: Any, x: Any) -> None: ...


@APP.task(name="handlers.untyped", typing=False, shared=False)
def untyped() -> None: ...


SIG = APP.tasks["a"].s()
#: Every argument that takes handlers, and how many arguments those get.
PLACES = {
    "on_success": (lambda handler: ComplexSignature(SIG, on_success=handler), 1),
    "on_error": (lambda handler: ComplexSignature(SIG, on_error=handler), 1),
    "on_task_success": (lambda handler: Swarm([SIG], on_task_success=handler), 2),
    "on_task_error": (lambda handler: Swarm([SIG], on_task_error=handler), 2),
    "on_task_cleanup": (lambda handler: Swarm([SIG], on_task_cleanup=handler), 1),
    "add_task(on_success)": (lambda handler: Swarm().add_task(SIG, on_success=handler), 2),
    "add_task(on_error)": (lambda handler: Swarm().add_task(SIG, on_error=handler), 2),
    "add_task(on_cleanup)": (lambda handler: Swarm().add_task(SIG, on_cleanup=handler), 1),
}
TAKES = {0: none, 1: one, 2: two, 3: three}
#: How a task may be part of a handler, so that it gets the handler's arguments.
SHAPES = {
    "alone": lambda sig: sig,
    "in a list": lambda sig: [any_number.s(), sig],
    "first of a chain": lambda sig: chain(sig, any_number.s()),
    "in a group": lambda sig: group(any_number.s(), sig),
    "in a header": lambda sig: chord([sig, any_number.s()], any_number.s()),
    "in a unit": lambda sig: ComplexSignature(sig),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("count", TAKES)
@pytest.mark.parametrize("place", PLACES)
def test_the_form_of_a_handler(place, count, shape):
    """Given a task that takes so many arguments, then it is a handler only where it gets as many."""
    build, given = PLACES[place]
    handler = shape(TAKES[count].s())
    if count == given:
        build(handler)
        return
    with pytest.raises(InvalidWorkflow, match="does not fit: a handler is called with") as caught:
        build(handler)
    assert place.rpartition("(")[2].rstrip(")") in str(caught.value)


def test_an_errback_is_told_where_it_belongs():
    with pytest.raises(InvalidWorkflow, match=r"on_error=handlers\.three\(\) does not fit.*use link_error"):
        ComplexSignature(SIG, on_error=three.s())


@pytest.mark.parametrize(
    "handler",
    [
        any_number.s(), bound.s(), untyped.s(), none.si(), two.si(1, 2), two.s(1), two.s(y=1), any_number.s(1, 2),
        APP.signature("not.registered"), dict(one.s()), one.map([1]), chain(none.si(), three.s()), group([]),
    ],
    ids=repr,
)  # fmt: skip
def test_what_fits_or_cannot_be_known(handler):
    """Given a handler that fits with its own arguments, or whose task is not known here, then it is taken."""
    ComplexSignature(SIG, on_error=handler)


def test_a_handler_with_too_many_arguments_of_its_own():
    with pytest.raises(InvalidWorkflow, match="does not fit"):
        ComplexSignature(SIG, on_error=two.s(1, 2))
