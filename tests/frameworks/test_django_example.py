"""The example of Django: its own tests, with Django's test runner, a Redis and a worker process."""

import os
import subprocess
import sys
from pathlib import Path

import orchestrator_celery
from orchestrator_celery.store.embedded import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = str(Path(orchestrator_celery.__file__).parent.parent)


def test_the_tests_of_the_example_pass(tmp_path):
    """Given `manage.py test`, then orders, results in the database, periodic runs and logins work."""
    folder = ROOT / "examples" / "django"
    with EmbeddedRedis() as redis:
        env = {
            **os.environ, "C_FORCE_ROOT": "1", "SHOP_DB": str(tmp_path / "shop"), "PYTHONPATH": PACKAGE,
            "REDIS_URL": redis.url(db=0).removesuffix("/0"),
        }  # fmt: skip
        command = [sys.executable, "manage.py", "test"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nOK" in done.stderr
