"""Clients of `tests.kit.project` in processes of their own: those that die where a test says."""

from tests.kit.forking import FORKS
from tests.kit.workers import ROOT, environment

#: How a process ends that `ORCHESTRATOR_CRASH` ends.
CRASHED = 86


def run_code(broker, backend, code, **env):
    """Run code as a client in a process of its own; returns how that ended and what it printed."""
    return FORKS.run("-c", code, env={**environment(broker, backend), "PATH": "", **env}, cwd=ROOT)


def crash_client(site, point, mark, code):
    """Run code as a client of a site, which dies at a point.

    Args:
        site: where it works.
        point: where it crashes, one of `orchestrator_celery.testing.points()`.
        mark: a path that is there once it has crashed.
        code: what it does.
    """
    crash = {"ORCHESTRATOR_CRASH": point, "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    done = run_code(site.server.url(0), site.server.url(1), code, **crash)
    assert done.returncode == CRASHED, done.stdout
