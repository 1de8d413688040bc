"""Makes the Redis client of the store. Celery's own backend creates it, so that TLS, Sentinel,
sockets, credentials and time-outs are as the project has configured them."""

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
    """Make the client of the state store without opening a connection.

    Args:
        app: the Celery app; its result backend is the store unless `store_url` is given.
        store_url: `redis://`, `rediss://`, `redis+socket://`, `sentinel://`, `valkey://` or
            `redis+cluster://host:port`.

    Returns:
        A redis-py client that returns bytes.

    Raises:
        StoreNotConfigured: neither the result backend nor `store_url` is a usable Redis URL.
        StoreUnavailable: no node of a cluster answers.
    """
    if store_url is None:
        return _client_of_backend(app)
    scheme, colon, rest = store_url.partition("://")
    _check_readable("orchestrator_store_url", store_url)
    if scheme == _CLUSTER:
        try:
            return RedisCluster.from_url(f"redis://{rest}")
        except RedisClusterException as exc:  # a cluster client connects at once, to read the map of slots
            raise StoreUnavailable(f"The Redis Cluster {store_url} cannot be reached: {exc}.") from exc
    try:
        cls, url = by_url(f"{_ALIASES.get(scheme, scheme)}://{rest}", app.loader)  # type: ignore[misc, unused-ignore]
    except (ImportError, ImproperlyConfigured):
        cls, url = None, store_url
    if not (isinstance(cls, type) and issubclass(cls, RedisBackend)):
        # Without a scheme, the first part of the text may be the password.
        has = f"has the scheme {scheme!r}" if colon else "has no scheme"
        raise StoreNotConfigured(
            f"orchestrator_store_url {has}, but the store must be Redis or Valkey. "
            "Use redis://, rediss://, redis+socket://, sentinel://, valkey:// or redis+cluster://."
        )
    with _url_errors("orchestrator_store_url cannot be used", store_url):
        return cls(app=app, url=url).client


def _client_of_backend(app: Celery) -> Any:
    url = str(app.conf.result_backend)
    _check_readable("The result backend", url)
    with _url_errors("No Redis is configured as the store: Celery cannot make the result backend", url):
        backend = app.backend
        if isinstance(backend, RedisBackend):
            return backend.client
    raise StoreNotConfigured(
        f"No Redis is configured as the store: the result backend is {backend.as_uri()!r}. {_REMEDY}"
    )


@contextmanager
def _url_errors(message: str, url: str) -> Iterator[None]:
    """Turn errors of Celery and redis-py about a URL into ours. For a URL without a scheme they quote the password."""
    try:
        yield
    except (ImportError, ImproperlyConfigured, ValueError) as exc:
        reason = f" ({exc})" if "://" in url else ""
        raise StoreNotConfigured(f"{message}{reason}. {_REMEDY}") from None


def _check_readable(name: str, url: str) -> None:
    """Refuse a URL whose password makes it unreadable, before an error could quote a part of the password."""
    for part in url.split(";"):
        _, colon, rest = part.partition("://")
        authority, _, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
        port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
        cut = "@" in path and authority and "@" not in authority
        if colon and (cut or (port and not port.isdecimal())):
            raise StoreNotConfigured(
                f"{name} is not a URL that can be read: percent-encode special characters of the password, "
                "such as %2F for a slash and %40 for an at sign."
            )
