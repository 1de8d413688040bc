"""From a Celery app to a Redis client: Celery's own backend makes it, so that TLS, Sentinel,
sockets, credentials and time-outs are what the project has configured already."""

from __future__ import annotations

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
_SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


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
        backend = app.backend
        if not isinstance(backend, RedisBackend):
            raise StoreNotConfigured(
                f"No Redis to keep runs in: the result backend is {backend.as_uri()!r}. Set `result_backend` "
                "to a Redis URL, or keep it and set `orchestrator_store_url`, e.g. 'redis://localhost:6379/1'."
            )
        return backend.client
    scheme, _, rest = store_url.partition("://")
    if scheme == _CLUSTER:
        try:
            return RedisCluster.from_url(f"redis://{rest}")
        except RedisClusterException as exc:  # a cluster client asks for the map of its slots at once
            raise StoreUnavailable(f"The Redis Cluster {store_url} cannot be reached: {exc}") from exc
    try:
        cls, url = by_url(f"{_SCHEMES.get(scheme, scheme)}://{rest}", app.loader)
    except (ImportError, ImproperlyConfigured):
        cls, url = None, store_url
    if not (isinstance(cls, type) and issubclass(cls, RedisBackend)):
        raise StoreNotConfigured(
            f"orchestrator_store_url has the scheme {scheme!r}: runs are kept in Redis or Valkey only. "
            "Use redis://, rediss://, redis+socket://, sentinel://, valkey:// or redis+cluster://."
        )
    return cls(app=app, url=url).client
