"""Names of the tasks in a workflow."""

from __future__ import annotations

import json

import pytest
from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, Swarm
from orchestrator_celery.engine.task_names import task_names
from tests.unit.apps import make_app


def nothing(*args):
    """A task's body."""


@pytest.fixture
def tasks():
    app = make_app("names")
    return {name: app.task(nothing, name=name, shared=False) for name in "abcdefgh"}


def test_every_task_of_every_kind_of_canvas(tasks):
    """Given tasks in native canvas, primitives, callbacks and maps, then each name is found, and no composite's."""
    a, b, c, d, e, f, g, h = (tasks[name] for name in "abcdefgh")
    linked = b.s()
    linked.link(c.s())
    linked.link_error(d.s())
    workflow = ComplexSignature(
        chain(a.s(), group(linked, chord([e.s()], f.s())), Swarm([g.s()], on_task_error=h.si())), on_success=a.s()
    )
    assert task_names([workflow]) == set("abcdefgh")
    assert task_names([a.map([1]), b.starmap([(1,)]), c.chunks([(1,)], 1)]) == set("abc")
    assert task_names([group(a.s(i) for i in range(2))]) == {"a"}


def test_plain_dicts_as_from_a_message(tasks):
    sig = json.loads(json.dumps(chain(tasks["a"].s(), group(tasks["b"].s(), tasks["c"].s()))))
    assert task_names([sig, {"task": "elsewhere"}]) == {"a", "b", "c", "elsewhere"}
