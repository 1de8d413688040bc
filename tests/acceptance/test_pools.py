"""The core set with every pool."""

import pytest

from tests.acceptance.core import check_core
from tests.kit.workers import Worker


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo", "gevent", "eventlet"])
def test_core_set(pool, pointed, redis_server, ledger):
    # Databases of its own, so that the shared worker takes no part.
    broker, backend = redis_server.url(4), redis_server.url(5)
    with Worker(broker, backend, pool=pool, concurrency=4), pointed(broker, backend):
        check_core()
