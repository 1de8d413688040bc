"""Descriptions of tasks: what a signature says, and what a project may have put into one."""

from __future__ import annotations

from celery import Celery

from orchestrator_celery import Orchestrator, TaskPolicy
from orchestrator_celery.views.task_description import describe


class Hostile:
    """Raises wherever it is looked at."""

    def __repr__(self):
        raise RuntimeError("no")


class Meta(type):
    def __repr__(cls):
        raise RuntimeError("no")


class Odd(metaclass=Meta):
    """A class that no JSON Schema describes, and that cannot be shown."""


def make(function, **options):
    app = Celery("described", set_as_current=False)
    Orchestrator(app)
    return app.task(function, name="one", shared=False, **options)


def test_all_of_a_signature_is_told():
    def charge(order: int, *more, total: float = 1.5, note, tags: list[str] | None = None, **rest):
        """Charge an order.

        Not told.
        """

    found = describe(make(charge, orchestrator=TaskPolicy(max_resumes=3)))
    assert (found.name, found.doc, found.policy) == ("one", "Charge an order.", {"max_resumes": 3})
    assert [(one.name, one.required, one.default, one.keyword) for one in found.parameters] == [
        ("order", True, "", False), ("total", False, "1.5", True), ("note", True, "", True), ("tags", False, "None", True),
    ]  # fmt: skip
    assert (found.any_args, found.any_kwargs) == (True, True)
    assert [one.json_schema.get("type") for one in found.parameters[:3]] == ["integer", "number", None]


def test_a_bound_task_has_no_self():
    def retrying(self, x):
        """Bound."""

    assert [one.name for one in describe(make(retrying, bind=True)).parameters] == ["x"]


def test_what_cannot_be_told_is_left_out():
    def strange(a: Odd, b: NotThere = Hostile(), c: Hostile = 1):  # noqa: B008, F821 - as a project may have it
        """Strange."""

    found = describe(make(strange))
    assert [(one.name, one.default, one.json_schema) for one in found.parameters] == [
        ("a", "", {}), ("b", "<Hostile>", {}), ("c", "1", {}),
    ]  # fmt: skip
