"""A Redis Cluster of one's own: three masters on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from orchestrator_celery.store.embedded import EmbeddedRedisUnavailable, find_server
from tests.kit.servers import missing
from tests.kit.waiting import wait_for

__all__ = ("NODES", "SLOTS", "redis_cluster")

SLOTS, NODES = 16384, 3


def ports() -> list[int]:
    """Free ports, each with one above it by 10,000 for the cluster's own talk."""
    found: list[int] = []
    with ExitStack() as open_sockets:
        while len(found) < NODES:
            first, second = socket.socket(), socket.socket()
            open_sockets.enter_context(first)
            open_sockets.enter_context(second)
            with suppress(OSError, OverflowError):
                first.bind(("127.0.0.1", 0))
                second.bind(("127.0.0.1", first.getsockname()[1] - 10_000))
                found.append(second.getsockname()[1])
    return found


@contextmanager
def redis_cluster() -> Iterator[str]:
    """The URL of a cluster of three masters, each with a third of the slots."""
    try:
        executable = find_server()
    except EmbeddedRedisUnavailable:
        missing("redis-server")
    folder, servers = Path(tempfile.mkdtemp(prefix="redis-cluster-")), []
    try:
        numbers = ports()
        for port in numbers:
            own = folder / str(port)
            own.mkdir()
            command = [executable, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(own), "--save", "",
                       "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]  # fmt: skip
            with (own / "log").open("ab") as log:
                servers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        join([Redis(port=port) for port in numbers])
        yield f"redis+cluster://127.0.0.1:{numbers[0]}"
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def join(nodes: list[Redis]) -> None:
    """Make one cluster of empty servers."""
    for index, node in enumerate(nodes):
        wait_for(lambda node=node: answers(node), what="a server's start")
        share = range(SLOTS * index // NODES, SLOTS * (index + 1) // NODES)
        node.execute_command("CLUSTER", "ADDSLOTS", *share)
        node.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].connection_pool.connection_kwargs["port"])
    for node in nodes:
        wait_for(lambda node=node: ready(node), what="the cluster")
        node.close()


def answers(node: Redis) -> bool:
    with suppress(RedisError):
        return bool(node.ping())
    return False


def ready(node: Redis) -> bool:
    info = node.execute_command("CLUSTER", "INFO")
    info = info.decode() if isinstance(info, bytes) else str(info)
    return "cluster_state:ok" in info.replace("': '", ":") and f"cluster_known_nodes:{NODES}" in info.replace(
        "': '", ":"
    )
