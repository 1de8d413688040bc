"""`celery orchestrator` as it is typed, in a process of its own."""

import os
import subprocess
import sys

from tests.kit.workers import ROOT, environment

COMMAND = [sys.executable, "-m", "celery", "-A", "tests.worker.tasks", "orchestrator"]


def call(stand, *words, app="tests.worker.tasks", stdin="", **env):
    """Run a command of a stand's project and return what it printed.

    Args:
        stand: the stand.
        *words: the command line after `orchestrator`.
        app: the module with the Celery app.
        stdin: the standard input.
        **env: more environment variables.
    """
    return subprocess.run(
        [*COMMAND[:4], app, COMMAND[5], *words],
        cwd=ROOT,
        env={**os.environ, **environment(stand.broker, stand.backend), **env},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
