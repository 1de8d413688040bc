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
    ("memory://", "memory://"),
]
OTHER = [
    ("redis://localhost:6379/0", "redis://localhost:6379/1"),
    ("redis://localhost:6379/0", "redis://localhost:6380/0"),
    ("redis://one/0", "redis://two/0"),
    ("amqp://queue/one", "amqp://queue/two"),
    ("redis://queue", "amqp://queue"),
]


def app(broker: str, name: str | None = "proj") -> Celery:
    return Celery(name, broker=broker, set_as_current=False)


@pytest.mark.parametrize(("one", "two"), SAME)
def test_urls_of_one_broker(one, two):
    """Given two ways to write one broker, then the app is the same, and its name holds no password."""
    assert identify(app(one)) == identify(app(two))
    assert "secret" not in identify(app(one)).label


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
