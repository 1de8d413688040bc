"""`celery orchestrator dashboard`, as it is typed."""

import os
import signal
import subprocess
import sys

import httpx
import pytest

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard import hashed_password
from orchestrator_celery.dashboard.server.access.files import read_tokens
from tests.dashboard.served import Server
from tests.kit.forking import FORKS
from tests.kit.waiting import limit
from tests.kit.workers import ROOT, environment

TOKEN = "t" * 32
COMMAND = ["-m", "celery", "-A", "tests.kit.project", "orchestrator", "dashboard", "--port", "0"]
VARIABLES = {**os.environ, **environment("redis://127.0.0.1:1/0", "redis://127.0.0.1:1/1")}


def refused(*words):
    """What a command says that does not start."""
    done = FORKS.run(*COMMAND, *words, env=VARIABLES, cwd=ROOT)
    assert "Traceback" not in done.stdout
    assert "http://" not in done.stdout
    return done.returncode, done.stdout


def test_other_machines_need_a_login():
    status, words = refused("--host", "0.0.0.0")
    assert status == 2
    assert "no login" in words
    assert "--token-file" in words


def test_a_missing_extra_is_named(tmp_path):
    (tmp_path / "uvicorn.py").write_text("raise ImportError('hidden')")
    env = {**VARIABLES, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    program = [sys.executable, *COMMAND]
    done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "pip install 'orchestrator-celery[dashboard]'" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{TOKEN} ada", "Line 1 of"),
        (f"# people\n{TOKEN} ada king", "'king' is no role"),
        ("short ada admin", "at least 16 characters"),
        ("\udcff", "no text in UTF-8"),
    ],
)
def test_a_broken_file_of_tokens_is_refused_without_its_secrets(tmp_path, text, says):
    file = tmp_path / "tokens"
    file.write_text(text, errors="surrogateescape")
    with pytest.raises(InvalidSettings, match=says) as caught:
        read_tokens(file)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", ["nonsense", "os:name", "os:none"])
def test_an_object_that_is_no_login_is_refused(name):
    status, said = refused("--auth", name)
    assert (status, f"--auth {name}" in said) == (2, True), said


def test_it_serves_people_who_log_in_and_ends_at_once(redis_server, tmp_path):
    """Given users, a base path and host names, when it is stopped by Ctrl-C, then it ends at once without an error."""
    file = tmp_path / "users"
    file.write_text(f"# people\n\nada {hashed_password('secret')} admin\nbob plain viewer\n")
    words = ["--users-file", str(file), "--base-path", "ops/", "--allow-host", "ops.example", "--host", "0.0.0.0"]
    with Server(redis_server, *words, "--read-only") as served:
        assert served.url.endswith("/ops")
        url = served.url.replace("0.0.0.0", "127.0.0.1")
        with httpx.Client(base_url=url, timeout=60) as client:
            assert client.get("/api/runs").status_code == 401
            assert client.get("/api/stream?topics=runs").status_code == 401
            assert client.get("/api/session", headers={"Host": "evil.example"}).status_code == 421
            assert client.get("/", headers={"Host": "ops.example"}).status_code == 200
            found = client.post("/api/session", json={"user": "ada", "password": "secret"}).json()
            assert (found["role"], found["read_only"], found["verbs"]) == ("admin", True, [])
            assert client.get("/api/runs").status_code == 200
            assert "server" not in client.get("/api/runs").headers
        served.process.send_signal(signal.SIGINT)
        served.process.wait(timeout=limit(20))
        assert "Traceback" not in served.log
        assert "secret" not in served.log
