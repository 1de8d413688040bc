"""Points an app that may have been used already to other servers, for a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator_celery.container import Container

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("pointed",)

#: The worker in a thread leaves the log and the output of the tests alone.
_QUIET = {"worker_hijack_root_logger": False, "worker_redirect_stdouts": False}


@contextmanager
def pointed(app: Celery, broker: str, backend: str) -> Iterator[None]:
    """Let an app use a broker and a result backend.

    Args:
        app: the app.
        broker: the URL of the broker.
        backend: the URL of the result backend, which is the store too.
    """
    wanted = {"broker_url": broker, "result_backend": backend, "orchestrator_store_url": None, **_QUIET}
    conf: Any = app.conf
    queues: Any = app.amqp.queues
    consumed = queues._consume_from  # a worker of this process selects its queues here
    before = {key: conf.get(key) for key in wanted}
    conf.update(wanted)
    _forget_connections(app)
    try:
        yield
    finally:
        conf.update(before)
        queues._consume_from = consumed
        _forget_connections(app)


def _forget_connections(app: Celery) -> None:
    """Forget everything that was made for the servers of before."""
    orchestrator = getattr(app, "orchestrator", None)
    if orchestrator is not None:
        container = orchestrator.container
        made = {name for name, part in vars(Container).items() if isinstance(part, cached_property)}
        # A new dict: a thread that is just making a part, for the servers of before, puts it into the old one.
        container.__dict__ = {name: part for name, part in vars(container).items() if name not in made}
    parts: Any = app
    parts.amqp.__dict__.pop("producer_pool", None)
    parts.amqp._producer_pool = None
    parts._pool = None
    parts._local.__dict__.pop("backend", None)
    parts._backend_cache = None
    parts.__dict__.pop("control", None)
