"""From URL to client: every kind of Redis Celery can reach; nothing connects before it is used."""

from __future__ import annotations

import pytest
from celery import Celery
from redis.connection import SSLConnection, UnixDomainSocketConnection
from redis.sentinel import SentinelConnectionPool

from orchestrator_celery import StoreNotConfigured
from orchestrator_celery.store.connection import connect


def app_with(backend: str, **conf: object) -> Celery:
    app = Celery("connections", set_as_current=False, broker="memory://", backend=backend)
    app.conf.update(conf)
    return app


REDIS = app_with("redis://:secret@backend.invalid:6380/3")


def kwargs_of(client) -> dict[str, object]:
    return client.connection_pool.connection_kwargs


def test_the_result_backend_is_the_store():
    """Given a Redis result backend and no other URL, then its own client is used: one pool, one configuration."""
    client = connect(REDIS, None)
    assert client is REDIS.backend.client
    assert kwargs_of(client)["host"] == "backend.invalid"


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_a_url_of_its_own(scheme):
    """Given `orchestrator_store_url`, then host, port, database and password are taken from it."""
    found = kwargs_of(connect(REDIS, f"{scheme}://:pw@store.invalid:7000/5"))
    assert (found["host"], found["port"], int(found["db"]), found["password"]) == ("store.invalid", 7000, 5, "pw")


@pytest.mark.parametrize("scheme", ["rediss", "valkeys"])
def test_tls(scheme):
    """Given a TLS URL, then the connection is encrypted and the certificate checked as asked."""
    client = connect(REDIS, f"{scheme}://store.invalid:7000/0?ssl_cert_reqs=required")
    assert issubclass(client.connection_pool.connection_class, SSLConnection)


def test_a_unix_socket():
    """Given a socket, then the connection goes through it."""
    client = connect(REDIS, "redis+socket:///run/redis.sock?virtual_host=2")
    assert issubclass(client.connection_pool.connection_class, UnixDomainSocketConnection)
    assert kwargs_of(client)["path"] == "/run/redis.sock"


def test_sentinel():
    """Given sentinels, then the master is asked for by name."""
    app = app_with("cache+memory://", result_backend_transport_options={"master_name": "main"})
    client = connect(app, "sentinel://a.invalid:26379/0;sentinel://b.invalid:26379/0")
    assert isinstance(client.connection_pool, SentinelConnectionPool)
    assert client.connection_pool.service_name == "main"


@pytest.mark.parametrize(
    "url", ["cache+memory://", "rpc://", "file:///tmp/x", "mongodb://x", "nonsense://x", "localhost"]
)
def test_what_is_no_redis_is_refused(url):
    """Given a URL of anything else, a misspelt one as well, then the error is ours and lists what would do."""
    with pytest.raises(StoreNotConfigured, match=r"orchestrator_store_url.*redis://"):
        connect(REDIS, url)


def test_a_backend_that_is_no_redis_is_refused():
    """Given another result backend and no URL, then the error names it, and both remedies."""
    with pytest.raises(StoreNotConfigured, match=r"(?s)memory.*`result_backend`.*`orchestrator_store_url`"):
        connect(app_with("cache+memory://"), None)


def test_a_password_is_not_in_the_error():
    """Given a backend URL with a password, then the error does not show it."""
    with pytest.raises(StoreNotConfigured) as caught:
        connect(app_with("rpc://me:secret@host.invalid"), None)
    assert "secret" not in str(caught.value)
