"""RabbitMQ with quorum queues as broker: what users call does the same there."""

import pytest
from celery import chain, chord

from orchestrator_celery import SwarmFailed
from tests.worker.support import Stand

QUORUM = {
    "task_default_queue_type": "quorum", "task_default_exchange_type": "topic", "task_default_queue": "quorum",
    "task_default_exchange": "quorum", "task_default_routing_key": "quorum",
}  # fmt: skip


def test_workflows_end_on_quorum_queues(rabbitmq, redis_server, ledger):
    """Given quorum queues, then canvas and swarms give their results, and the queue is one of them."""
    with Stand(rabbitmq.url, redis_server.url(12), **QUORUM) as stand, stand.worker():
        t = stand.tasks
        canvas = stand.run(chain(chord([t("add", i, 1) for i in range(3)], t("xsum")), t("add", 4)))
        swarm = stand.swarm([t("identity", i) for i in range(40)], max_concurrency=3).apply_async()
        later = stand.run(t("flaky", 3), countdown=0.5)
        broken = stand.swarm([t("fail")]).apply_async()
        assert canvas.get(timeout=120) == 10
        assert swarm.get(timeout=120) == list(range(40))
        assert later.get(timeout=120) == 3
        with pytest.raises(SwarmFailed):
            broken.get(timeout=120)
        with stand.app.connection_for_read() as connection, connection.channel() as channel:
            # The broker refuses the declaration of a queue of another type.
            arguments = {"x-queue-type": "quorum"}
            assert (
                channel.queue_declare("quorum", durable=True, auto_delete=False, arguments=arguments).queue == "quorum"
            )
