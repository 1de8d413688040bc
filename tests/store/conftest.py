"""A Redis for the store's own tests, and a `Play` that drives one run on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.store import Store
from orchestrator_celery.store.embedded import EmbeddedRedis

from .play import Play

# For the state machine: at least 300 transitions at the desk, 2,000 with HYPOTHESIS_PROFILE=ci.
_ALWAYS: dict[str, Any] = {
    "deadline": None,
    "report_multiple_bugs": False,  # one at a time is found and shrunk sooner
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("desk", max_examples=25, stateful_step_count=50, **_ALWAYS)
# The same lives in every run of CI: a random red one would be found by whoever changed something else.
settings.register_profile("ci", max_examples=170, stateful_step_count=60, derandomize=True, **_ALWAYS)
#: What `test_machine.py` runs under; other tests keep their defaults.
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "desk"))

WINDOW = 8


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedRedis]:
    """A Redis that only these tests use: they empty it."""
    with EmbeddedRedis() as redis:
        yield redis


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator[Redis]:
    """A client of that Redis, which is empty."""
    with server.client() as redis:
        redis.flushall()
        yield redis


@pytest.fixture
def store(client: Redis) -> Store:
    """A store with a small window and a short retention, so that tests can see both."""
    return Store(client, OrchestratorSettings(window=WINDOW, retention=100))


@pytest.fixture
def play(store: Store) -> Play:
    """A run to be started."""
    return Play(store)
