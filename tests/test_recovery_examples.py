"""The recovery examples, started as a user would: what they tell, how they exit, and that nothing is left."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.test_examples import environment, marked, read_until, wait_for

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "recovery"

#: What each must tell, in this order.
STORIES = {
    "graceful_shutdown": (
        r"SIGTERM to the worker: \d+ of 41 tasks are done",
        r"the worker has finished its running tasks and ended: \d+ are done, \d+ wait in Redis",
        r"a new worker is started",
        r"the run is SUCCEEDED, its result is 780",
        r"checked: 41 tasks ran, each once",
    ),
    "crash": (
        r"kill -9 of the worker and its children: \d+ pages are done, chapter \d+ had begun",
        r"a new worker is started",
        r"the run is SUCCEEDED",
        r"resume report: \d resumed.*, 1 workers? found dead",
        r"tasks.convert at 0.0.0: attempt 2, from its checkpoint",
        r"checked: it continued at chapter [5-9]",
        r"checked: the swarm has all results in order",
        r"checked: only the tasks that were running have run again",
    ),
    "network_loss": (
        r"the network is cut: \d+ pages are done, \d tasks run",
        r"checked: nothing reached Redis",
        r"the network is back",
        r"the run is SUCCEEDED, result of the long task: \{'chapters': 16, 'continued at': \d+\}",
        r"checked: all results are there, in order",
        r"checked: 56 pages and chapters ran, \d of them again",
    ),
    "maintenance": (
        r"run 'held' is SUSPENDED with \d+ of 30 pages done",
        r"the worker is stopped, run 'live' has \d+ of 30 pages",
        r"Redis is shut down",
        r"Redis is up again, with the same file",
        r"checked: 'held' is still SUSPENDED",
        r"checked: 'live' continued by itself and has all results",
        r"checked: 'held' has not continued",
        r"'held' is resumed",
        r"checked: 'held' has all results",
        r"checked: 60 tasks ran, each once",
    ),
}
#: A line of each after which its worker is at work.
MIDDLE = {
    "graceful_shutdown": "SIGTERM to the worker",
    "crash": "a new worker is started",
    "network_loss": "the network is cut",
    "maintenance": "is SUSPENDED with",
}


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A mark in the environment of all processes of a test, and the proof that none of them and no file is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mark = uuid.uuid4().hex
    yield mark
    assert marked(mark) == {}
    assert list(tmp_path.iterdir()) == []


def start(name, mark):
    return subprocess.Popen(
        [sys.executable, str(FOLDER / f"{name}.py")], cwd=tempfile.gettempdir(), env=environment(mark),
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_every_example_has_a_story():
    """Given the folder, then this file knows what each script in it must tell."""
    shared = {"network", "stage", "tasks"}
    assert {path.stem for path in FOLDER.glob("*.py")} - shared == set(STORIES) == set(MIDDLE)


@pytest.mark.parametrize("name", STORIES)
def test_an_example_tells_its_story(name, mark):
    """Given nothing, when an example is run, then it tells its story, exits with 0 and leaves nothing."""
    process = start(name, mark)
    story, _ = process.communicate(timeout=120)
    assert process.returncode == 0, story
    place = 0
    for line in STORIES[name]:
        match = re.compile(line).search(story, place)
        assert match, f"{line!r} is not in, or not in its place:\n{story}"
        place = match.end()
    assert story.endswith("All checks passed. Everything is stopped.\n")


@pytest.mark.parametrize(("name", "number"), list(zip(STORIES, [signal.SIGINT, signal.SIGTERM] * 2, strict=True)))
def test_an_example_stops_everything_when_it_is_stopped(name, number, mark):
    """Given an example at work, when it gets Ctrl-C or a termination, then it exits and leaves nothing."""
    process = start(name, mark)
    read_until(process, MIDDLE[name])
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert rest.endswith("Stopped. No process is left running.\n")


def test_an_example_fails_when_its_story_goes_wrong(mark):
    """Given an example at work, when its new worker is killed, then it says so, exits with 1 and leaves nothing."""
    process = start("crash", mark)
    read_until(process, MIDDLE["crash"])
    worker = wait_for(lambda: [pid for pid, line in marked(mark).items() if " worker " in line])
    for pid in worker:
        os.kill(pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 1, rest
    assert "FAILED" in rest
    assert "the worker ended with status -9" in rest


def test_the_line_is_really_cut():
    """Given a connection through the line, when that is cut, then it is reset and new ones are refused, until it is
    mended."""
    with EmbeddedRedis() as redis, network()(redis.port) as line:
        with connect(line) as held:
            assert ping(held) == b"+PONG\r\n"
            line.cut()
            with pytest.raises(ConnectionResetError):
                held.recv(100)
        with pytest.raises(ConnectionRefusedError):
            connect(line)
        line.mend()
        with connect(line) as fresh:
            assert ping(fresh) == b"+PONG\r\n"


def network():
    spec = spec_from_file_location("recovery_network", FOLDER / "network.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Network


def connect(line):
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def ping(connection):
    connection.sendall(b"PING\r\n")
    return connection.recv(100)
