"""Waiting on conditions, never for a fixed time."""

import time

#: Other tests run beside: a condition gets so many times as long as it takes on an idle machine.
PATIENCE = 4


def limit(seconds):
    """Seconds that something promised within `seconds` may take beside other tests."""
    return 2 * seconds


def wait_for(condition, timeout=30.0, what="the condition"):
    """Wait until `condition()` is true and return its value.

    Args:
        condition: what is asked again and again.
        timeout: seconds it may take on an idle machine.
        what: the words of the failure.
    """
    deadline = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout * PATIENCE:g} s in vain for {what}")
        time.sleep(0.02)


def wait_for_beats(orchestrator, count=2):
    """Wait until a worker has made more heartbeats. The leader sweeps after each of its own.

    Args:
        orchestrator: of an app whose workers are up.
        count: how many.
    """
    registry, seen = orchestrator.container.registry, {}

    def enough():
        for member, life in registry.lives().items():
            seen.setdefault(member, set()).add(life.seen)
        return max(map(len, seen.values()), default=0) > count

    wait_for(enough, 10 * count, f"{count} heartbeats")
