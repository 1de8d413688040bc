"""`make dashboard`: a living system behind the dashboard, and nothing left of it afterwards."""

import os
import signal
import subprocess
import sys
import uuid

import httpx
import pytest

from tests.dashboard.served import ADDRESS
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT
from tests.test_examples import MARK, marked


@pytest.mark.slow
def test_it_shows_one_of_everything_and_ends_with_ctrl_c(tmp_path):
    mark, log = uuid.uuid4().hex, tmp_path / "log"
    program = [sys.executable, str(ROOT / "examples/dashboard/serve.py"), "--port", "0", "--size", "200"]
    with log.open("wb") as out:
        process = subprocess.Popen(program, env={**os.environ, MARK: mark}, stdout=out, stderr=out)
    try:
        with httpx.Client(base_url=_address(process, log), timeout=60) as client:

            def read(path, **params):
                return client.get(f"/api/{path}", params=params).raise_for_status().json()

            def has_everything():
                runs = read("runs", limit=200)["runs"]
                statuses = {run["status"] for run in runs}
                names = {run["name"] for run in runs}
                return (
                    statuses >= {"PENDING", "RUNNING", "SUSPENDED", "INTERRUPTED", "SUCCEEDED", "FAILED"}
                    and len(names) == 8
                    and len(read("approvals")) == 3
                    and [worker["alive"] for worker in read("workers")] == [True, True]
                    and len(read("signatures")["signatures"]) > 2
                    and any(entry["verb"] == "cancel" for entry in read("audit")["entries"])
                )

            wait_for(has_everything, 60, "one run of everything")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0, log.read_text()
        assert "Stopped." in log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not marked(mark), 10, "the end of its processes")


def _address(process, log):
    def told():
        assert process.poll() is None, log.read_text()
        return ADDRESS.search(log.read_text().replace("Open ", "\n"))

    return wait_for(told, 60, "its address")[1]
