"""Waiting on conditions, never for a fixed time."""

import time


def wait_for(condition, timeout=30.0, what="the condition"):
    """Wait until `condition()` is true and return its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.02)
