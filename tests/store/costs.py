"""What scripts cost Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from redis import Redis
from redis.client import Pipeline

from .play import Play

#: A script of a known cost, and the milliseconds of CPU that it takes on the machine of CI without other work. Measured
#: beside the scripts of a test, it tells how much slower the machine is now.
REFERENCE = "for i = 1, 4000 do redis.call('HSET', KEYS[1], 'f' .. i % 100, i .. ':' .. tostring(i):rep(3)) end"
REFERENCE_MS = 5.5


class Scripts:
    """The scripts that Redis ran in a block: how many, and the milliseconds of CPU of the most expensive call."""

    def __init__(self) -> None:
        self.calls = 0
        self.slowest = 0.0


@contextmanager
def scripts_of(play: Play) -> Iterator[Scripts]:
    """Count the scripts of a block, and measure its most expensive call, as if the machine had no other work.

    What counts is the CPU of Redis: the time of a call says how busy the machine is. A pipeline is one call.
    """
    found, plain = Scripts(), Redis(connection_pool=play.redis.connection_pool)

    def measured(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def measuring(*args: Any, **kwargs: Any) -> Any:
            before = cpu_of(plain)
            try:
                return call(*args, **kwargs)
            finally:
                found.slowest = max(found.slowest, cpu_of(plain) - before)

        return measuring

    plain.config_resetstat()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(play.redis, "execute_command", measured(play.redis.execute_command))
        patched.setattr(Pipeline, "execute", measured(Pipeline.execute))
        yield found
    stats = plain.info("commandstats")
    found.calls = sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("eval", "evalsha"))
    found.slowest /= slowness(plain)


def cpu_of(client: Redis) -> float:
    """Milliseconds of CPU that Redis has taken for commands so far."""
    used = client.info("cpu")
    return 1000 * float(used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"])


def slowness(client: Redis) -> float:
    """How much more CPU than without other work a script takes now; at least 1."""
    costs = []
    for _ in range(5):
        before = cpu_of(client)
        client.eval(REFERENCE, 1, "reference")
        costs.append(cpu_of(client) - before)
    client.delete("reference")
    return max(1.0, min(costs) / REFERENCE_MS)
