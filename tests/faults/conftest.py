"""Servers and workers that are there to be killed."""

import pytest

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.workers import Worker

#: Celery's own defaults, and what is recommended; ours has to hold on both.
PROFILES = {
    "default": {},
    "recommended": {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "broker_transport_options": {
            "visibility_timeout": 5,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
    },
}


class Site:
    """One Redis of its own for broker and store, and workers that come and go."""

    def __init__(self, server, settings):
        self.server = server
        self.settings = settings
        self.workers = []

    def worker(self, **options):
        worker = Worker(self.server.url(0), self.server.url(1), **{**self.settings, **options})
        self.workers.append(worker)
        return worker

    def stop(self):
        for worker in self.workers:
            worker.end()


@pytest.fixture(params=[*PROFILES])
def profile(request):
    return PROFILES[request.param]


@pytest.fixture
def site(profile, pointed, ledger):
    yield from _site(profile, pointed, None)


@pytest.fixture
def default_site(pointed, ledger):
    yield from _site({}, pointed, None)


def _site(settings, pointed, aof):
    with EmbeddedRedis(aof=aof) as server:
        place = Site(server, settings)
        with pointed(server.url(0), server.url(1), **settings) as project:
            place.project = project
            try:
                yield place
            finally:
                place.stop()


@pytest.fixture(params=["always", "everysec"])
def durable_site(request, pointed, ledger):
    yield from _site({}, pointed, request.param)
