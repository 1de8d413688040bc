"""The identity of an app: which processes are the same app, and which are not."""

from __future__ import annotations

import pytest
from celery import Celery

from orchestrator_celery.dispatch.app_identity import identify

SAME = [
    ("redis://localhost:6379/0", "redis://127.0.0.1:6379/0"),
    ("redis://localhost", "redis://localhost:6379/0"),
    ("redis://localhost:6379", "redis://localhost:6379//"),
    ("redis://user:secret@queue:6379/3", "redis://queue:6379/3"),
    ("amqp://web:one@Queue//", "pyamqp://worker:two@queue:5672//"),
    ("sentinel://a:26379;sentinel://b:26379", "sentinel://b:26379;sentinel://a:26379"),
    ("amqp://one//;amqp://two//", "amqp://a:b@two//;amqp://one//"),
    ("redis://queue/1", "rediss://queue/1"),
    ("redis+socket:///run/one.sock", "redis+socket://:secret@/run/one.sock?virtual_host=0"),
    ("redis+socket:///run/one.sock", "redis+socket:///run/one.sock?password=secret"),
    ("memory://", "memory://"),
]
OTHER = [
    ("redis://localhost:6379/0", "redis://localhost:6379/1"),
    ("redis://localhost:6379/0", "redis://localhost:6380/0"),
    ("redis://one/0", "redis://two/0"),
    ("amqp://queue/one", "amqp://queue/two"),
    ("redis://queue", "amqp://queue"),
    ("redis+socket:///run/one.sock", "redis+socket:///run/two.sock"),
    ("redis+socket:///run/one.sock?virtual_host=1", "redis+socket:///run/one.sock?virtual_host=2"),
]


def app(broker: str, name: str | None = "proj") -> Celery:
    return Celery(name, broker=broker, set_as_current=False)


@pytest.mark.parametrize(("one", "two"), SAME)
def test_urls_of_one_broker(one, two):
    """Given two ways to write one broker, then the app is the same, and its name holds no password."""
    assert identify(app(one)) == identify(app(two))
    assert "secret" not in identify(app(one)).label + identify(app(two)).label


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_urls_of_two_brokers(one, two):
    """Given two brokers, then these are two apps."""
    assert identify(app(one)).id != identify(app(two)).id


def test_names():
    """Given two names on one broker, then these are two apps; an app without a name is one as well."""
    found = {identify(app("redis://localhost", name)).id for name in ("one", "two", None)}
    assert len(found) == 3


def test_the_setting_decides():
    """Given `orchestrator_app`, then neither the name nor the broker matters."""
    assert identify(app("redis://one", "a"), "shop") == identify(app("amqp://two", "b"), "shop")
    assert identify(app("redis://one"), "shop") != identify(app("redis://one"), "stock")


@pytest.mark.parametrize("option", ["global_keyprefix", "master_name", "queue_name_prefix"])
def test_two_brokers_at_one_place(option):
    """Given a transport option that separates two brokers at one URL, then these are two apps."""
    apps = [app("redis://localhost") for _ in range(3)]
    for one, value in zip(apps, ("a", "b", "b"), strict=True):
        one.conf.broker_transport_options = {option: value}
    first, second, third = map(identify, apps)
    assert first.id != second.id
    assert second == third


def test_a_broker_that_moves():
    """Given `orchestrator_app` with the old name of an app, then a new broker and a new name leave it the same app."""
    old = identify(app("redis://old:6379/3", "shop"))
    assert old.label == "shop on redis://old:6379/3"
    assert identify(app("amqp://new//", "store"), old.label) == old
