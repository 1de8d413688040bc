"""The core set with other brokers, stores and serializers."""

import pytest
from celery import chain
from celery.result import AsyncResult

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm
from tests.acceptance.core import check_core
from tests.kit.project import make_app
from tests.kit.servers import redis_6_2
from tests.kit.workers import Worker


def test_rabbitmq_as_broker(rabbitmq, redis_server, pointed, ledger):
    backend = redis_server.url(6)
    with Worker(rabbitmq.url, backend), pointed(rabbitmq.url, backend):
        check_core()


def test_redis_6_2(pointed, ledger):
    with redis_6_2() as server:
        assert server.client().info("server")["redis_version"].startswith("6.2")
        broker, backend = server.url(0), server.url(1)
        with Worker(broker, backend), pointed(broker, backend):
            check_core()


def test_store_beside_the_result_backend(rabbitmq, redis_server, pointed, ledger):
    settings = {"orchestrator_store_url": redis_server.url(7)}
    backend = redis_server.url(8)
    with Worker(rabbitmq.url, backend, **settings), pointed(rabbitmq.url, backend, **settings):
        check_core()
        stored = redis_server.client(7).keys("orc:*")
        assert stored
        assert not redis_server.client(8).keys("orc:*")


@pytest.mark.parametrize("serializer", ["pickle", "yaml", "msgpack"])
def test_serializers(serializer, redis_server, ledger_server):
    broker, backend = redis_server.url(9), redis_server.url(10)
    settings = {
        "task_serializer": serializer, "result_serializer": serializer if serializer == "pickle" else "json",
        "accept_content": ["json", serializer],
    }  # fmt: skip
    client = make_app(broker, backend, **settings)
    Orchestrator(client)

    def call(name, *args):
        return client.signature(f"tests.kit.project.{name}", args=args)

    with Worker(broker, backend, **settings):
        run = ComplexSignature(chain(call("add", 1, 2), call("add", 3)), app=client).apply_async()
        assert run.get(timeout=120) == 6
        swarm = Swarm([call("identity", {"a": [i]}) for i in range(3)], app=client)
        assert swarm.apply_async().get(timeout=120) == [{"a": [i]} for i in range(3)]
        if serializer == "pickle":
            sets = ComplexSignature(call("identity", {1, 2}), app=client).apply_async()
            assert sets.get(timeout=120) == {1, 2}
            with pytest.raises(ValueError, match="no good"):
                ComplexSignature(call("fail"), app=client).apply_async().get(timeout=120)


def test_rpc_as_backend(rabbitmq, redis_server, pointed, ledger):
    """The answer goes to the client that started the run, as that of a native task, and not to the worker that ends it."""
    settings = {"orchestrator_store_url": redis_server.url(11)}
    with Worker(rabbitmq.url, "rpc://", **settings), pointed(rabbitmq.url, "rpc://", **settings) as project:
        run = ComplexSignature(chain(project.add.s(1, 2), project.add.s(3))).apply_async()
        assert AsyncResult(run.id, app=project.app).get(timeout=120) == 6
        failed = ComplexSignature(project.fail.s()).apply_async()
        with pytest.raises(ValueError, match="no good"):
            failed.get(timeout=120)
        inner = chain(ComplexSignature(project.add.s(1, 2)), project.add.s(3)).apply_async()
        assert inner.get(timeout=120) == 6
