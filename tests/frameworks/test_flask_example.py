"""The example of Flask: its own tests, with a Redis and a worker process."""

import os
import subprocess
import sys
from pathlib import Path

import orchestrator_celery
from orchestrator_celery.store.embedded import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = str(Path(orchestrator_celery.__file__).parent.parent)


def test_the_tests_of_the_example_pass():
    """Given `pytest tests.py`, then quotes are started, polled and stopped, in the context of the worker's own app."""
    folder = ROOT / "examples" / "flask"
    with EmbeddedRedis() as redis:
        env = {
            **os.environ, "C_FORCE_ROOT": "1", "PYTHONPATH": os.pathsep.join([str(folder), PACKAGE]),
            "REDIS_URL": redis.url(db=0).removesuffix("/0"),
        }  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "tests.py"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
