"""A Redis under Sentinel of one's own: a master, a replica, and the sentinel that changes their roles."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from orchestrator_celery.store.embedded import EmbeddedRedis, find_server
from tests.kit.servers import free_port
from tests.kit.waiting import wait_for

__all__ = ("MASTER", "Watched", "watched_by_sentinel")

#: The name under which the sentinel knows the master.
MASTER = "runs"


class Watched:
    """A master and its replica under a sentinel.

    Args:
        port: of the sentinel.
        first: the server that is master at first.
        second: its replica.
    """

    def __init__(self, port: int, first: EmbeddedRedis, second: EmbeddedRedis) -> None:
        self.first, self.second = first, second
        self.sentinel = Redis(port=port, decode_responses=True)
        self.url = f"sentinel://127.0.0.1:{port}"

    def master_port(self) -> int:
        """Where the sentinel says that the master is."""
        return int(self.sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)[1])

    def is_complete(self) -> bool:
        """Whether the sentinel knows the replica, and the replica follows the master."""
        with suppress(RedisError), self.second.client() as replica:
            known = self.sentinel.execute_command("SENTINEL", "REPLICAS", MASTER)
            return len(known) == 1 and replica.info("replication")["master_link_status"] == "up"
        return False

    def fail_over(self) -> None:
        """Kill the master, and wait until the replica is the master."""
        self.first.kill()
        wait_for(lambda: self.master_port() == self.second.port, 60, "the failover")


@contextmanager
def watched_by_sentinel() -> Iterator[Watched]:
    """Start the three servers. One sentinel is its own majority, and waits half a second for a master."""
    folder, port = Path(tempfile.mkdtemp(prefix="sentinel-")), free_port()
    with EmbeddedRedis() as first, EmbeddedRedis() as second:
        with second.client() as replica:
            replica.replicaof("127.0.0.1", first.port)
        (folder / "sentinel.conf").write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {MASTER} 127.0.0.1 {first.port} 1\n"
            f"sentinel down-after-milliseconds {MASTER} 500\nsentinel failover-timeout {MASTER} 3000\n"
        )
        with (folder / "log").open("ab") as log:
            command = [find_server(), str(folder / "sentinel.conf"), "--sentinel"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        watched = Watched(port, first, second)
        try:
            wait_for(watched.is_complete, 60, "the sentinel")
            yield watched
        finally:
            watched.sentinel.close()
            process.terminate()
            process.wait(20)
            shutil.rmtree(folder, ignore_errors=True)
