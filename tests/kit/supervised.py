"""A worker somebody looks after, as systemd or Kubernetes does."""

from contextlib import contextmanager


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

    def look_after():
        if workers[-1].process.poll() is not None:
            workers.append(site.worker(env=env, ready=False, **settings))

    yield look_after
