"""A worker somebody looks after, as systemd or Kubernetes does."""

from contextlib import contextmanager

from tests.kit.waiting import wait_for


@contextmanager
def supervised(site, mark, crash, **settings):
    """A worker that crashes once, and is started again if its main process is gone.

    Args:
        site: where it works.
        mark: a path that is there once it has crashed.
        crash: where it does, one of `orchestrator_celery.testing.points()`.
        **settings: of the worker.
    """
    env = {"ORCHESTRATOR_CRASH": crash, "ORCHESTRATOR_CRASH_ONCE": str(mark)}
    workers = [site.worker(env=env, ready=False, **settings)]

    def until(condition, timeout, what):
        """`wait_for`, with a worker there all the time."""

        def holds():
            if workers[-1].process.poll() is not None:
                workers.append(site.worker(env=env, ready=False, **settings))
            return condition()

        return wait_for(holds, timeout, what)

    yield until


def is_told(run):
    """Whether Celery has the run's end too. The store knows it earlier, so a run may be ready with its worker dead."""
    return "closed" in run.app.orchestrator.container.reader.head(run.id)
