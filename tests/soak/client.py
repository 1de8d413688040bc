"""A careful client: Redis may be away, and what it asked for is done, once."""

import time

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator_celery import InvalidTransition, StoreUnavailable, SwarmClosed

#: What it sees while Redis is down.
AWAY = (StoreUnavailable, OperationalError, RedisError, OSError)


def persist(call, done=lambda: False, over=()):
    """Call until it is answered, was done all the same, or is no longer possible."""
    while True:
        try:
            return call()
        except over:
            return None
        except AWAY:
            time.sleep(0.2)
            if persist(done):
                return None


def add_and_close(run, before, late):
    persist(lambda: run.swarm.add_tasks_bulk(late), lambda: run.progress().total > before)
    persist(run.swarm.close, over=SwarmClosed)


def suspend_for(run, seconds):
    persist(run.suspend, over=InvalidTransition)
    time.sleep(seconds)
    persist(run.resume, over=InvalidTransition)
