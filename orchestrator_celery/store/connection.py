"""From a Celery app to a Redis client: Celery's own backend makes it, so that TLS, Sentinel,
sockets, credentials and time-outs are what the project has configured already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from celery.app.backends import by_url
from celery.backends.redis import RedisBackend
from celery.exceptions import ImproperlyConfigured
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException

from orchestrator_celery.errors import StoreNotConfigured, StoreUnavailable

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("connect",)

_CLUSTER = "redis+cluster"
_ALIASES = {"valkey": "redis", "valkeys": "rediss"}
_REMEDY = (
    "Set `result_backend` to a Redis URL, or keep it and set `orchestrator_store_url`, e.g. 'redis://localhost:6379/1'."
)


def connect(app: Celery, store_url: str | None) -> Any:
    """Make the client of the state store; no connection is opened yet.

    Args:
        app: the Celery app; its result backend is the store unless `store_url` is given.
        store_url: `redis://`, `rediss://`, `redis+socket://`, `sentinel://`, `valkey://` or
            `redis+cluster://host:port`.

    Returns:
        A redis-py client whose answers are bytes.

    Raises:
        StoreNotConfigured: neither is Redis.
        StoreUnavailable: no node of a cluster answers.
    """
    if store_url is None:
        return _client_of_backend(app)
    scheme, colon, rest = store_url.partition("://")
    _check_readable("orchestrator_store_url", store_url)
    if scheme == _CLUSTER:
        try:
            return RedisCluster.from_url(f"redis://{rest}")
        except RedisClusterException as exc:  # a cluster client asks for the map of its slots at once
            raise StoreUnavailable(f"The Redis Cluster {store_url} cannot be reached: {exc}") from exc
    try:
        cls, url = by_url(f"{_ALIASES.get(scheme, scheme)}://{rest}", app.loader)
    except (ImportError, ImproperlyConfigured):
        cls, url = None, store_url
    if not (isinstance(cls, type) and issubclass(cls, RedisBackend)):
        # Without a scheme, the first part of the text may be the password.
        has = f"has the scheme {scheme!r}" if colon else "has no scheme"
        raise StoreNotConfigured(
            f"orchestrator_store_url {has}: runs are kept in Redis or Valkey only. "
            "Use redis://, rediss://, redis+socket://, sentinel://, valkey:// or redis+cluster://."
        )
    with _telling("orchestrator_store_url cannot be used", store_url):
        return cls(app=app, url=url).client


def _client_of_backend(app: Celery) -> Any:
    url = str(app.conf.result_backend)
    _check_readable("The result backend", url)
    with _telling("No Redis to keep runs in: Celery cannot make the result backend", url):
        backend = app.backend
        if isinstance(backend, RedisBackend):
            return backend.client
    raise StoreNotConfigured(f"No Redis to keep runs in: the result backend is {backend.as_uri()!r}. {_REMEDY}")


@contextmanager
def _telling(what: str, url: str) -> Iterator[None]:
    """Let what Celery and redis-py say of a URL become our error; of one without a scheme they quote the password."""
    try:
        yield
    except (ImportError, ImproperlyConfigured, ValueError) as exc:
        reason = f" ({exc})" if "://" in url else ""
        raise StoreNotConfigured(f"{what}{reason}. {_REMEDY}") from None


def _check_readable(name: str, url: str) -> None:
    """Refuse a URL whose password breaks it, before anybody quotes a part of that password in an error."""
    for one in url.split(";"):
        _, colon, rest = one.partition("://")
        authority, _, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
        port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
        cut = "@" in path and authority and "@" not in authority
        if colon and (cut or (port and not port.isdecimal())):
            raise StoreNotConfigured(
                f"{name} is not a URL that can be read: percent-encode special characters of the password, "
                "such as %2F for a slash and %40 for an at sign."
            )
