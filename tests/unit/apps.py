"""Celery apps for tests that need signatures and serializers, but no server."""

from __future__ import annotations

from typing import Any

from celery import Celery

from orchestrator_celery import Orchestrator


def make_app(name: str = "unit", backend: str = "redis://127.0.0.1:1/0", **conf: Any) -> Celery:
    """An app with an orchestrator and a few tasks; its Redis is not there, and no test connects."""
    app = Celery(name, set_as_current=False, broker="memory://", backend=backend)
    app.conf.update(conf)
    for letter in ("a", "b", "c", "d", "e"):
        app.task(_echo, name=letter, shared=False)
    app.task(_add, name="add", shared=False)
    app.task(_total, name="total", shared=False)
    app.task(_fail, name="fail", shared=False)
    Orchestrator(app)
    return app


def _echo(*args: Any, **kwargs: Any) -> Any:
    return [list(args), kwargs]


def _add(x: int, y: int = 0) -> int:
    return x + y


def _total(numbers: list[int]) -> int:
    return sum(numbers)


def _fail(*args: Any) -> None:
    raise ValueError("as asked")
