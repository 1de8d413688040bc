"""The jobs whose last task tells that all is done, as in most projects: no client waits for a result."""

from celery import chord

from tests.benchmarks import project as p


class Told:
    """A job whose last task writes to a list: the client reads that list, and no result."""

    def get(self, timeout):
        _, value = p.told.blpop([p.TOLD], timeout)
        return int(value)


def ours_told(n):
    """A swarm with a callback that gets the list of results."""
    from orchestrator_celery import Swarm

    swarm = Swarm(p.double.s(i) for i in range(n))
    return _started(lambda: swarm.apply_async(link=p.tell.s())), _is_right(n)


def native_told(n):
    """A chord with the same task as its body."""
    return _started(chord([p.double.s(i) for i in range(n)], p.tell.s()).apply_async), _is_right(n)


def _started(apply):
    def start():
        apply()
        return Told()

    return start


def _is_right(n):
    return lambda value: value == n * (n - 1)
