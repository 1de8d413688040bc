"""The jobs whose last task tells that all is done, as in most projects: no client waits for a result."""

from celery import chain, chord

from tests.benchmarks import project as p
from tests.benchmarks.told_rows import TASKS


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


def ours_told_line(n):
    """A durable chain, the last step of which tells."""
    from orchestrator_celery import ComplexSignature

    return _one_by_one(n, lambda: ComplexSignature(_chain(n)).apply_async())


def native_told_line(n):
    """The same chain of Celery."""
    return _one_by_one(n, lambda: _chain(n).apply_async())


def ours_told_graph(n):
    """A graph of as many nodes in a line, the last of which tells."""
    from orchestrator_celery import END, START, ConditionalGraph

    graph = ConditionalGraph("line")
    for number in range(n):
        task = p.inc.si(0) if number == 0 else p.inc.s() if number < n - 1 else p.tell_number.s()
        graph.add_node(str(number), task).add_edge(str(number - 1) if number else START, str(number))
    graph.add_edge(str(n - 1), END)
    return _one_by_one(n, graph.apply_async)


def _chain(n):
    return chain(p.inc.si(0), *[p.inc.s() for _ in range(n - 2)], p.tell_number.s())


def _one_by_one(n, start):
    class Told:
        def get(self, timeout):
            found = []
            for _ in range(max(1, TASKS // n)):
                start()
                found.append(int(p.told.blpop([p.TOLD], timeout)[1]))
            return found

    return Told, lambda values: set(values) == {n - 1}


def _started(apply):
    def start():
        apply()
        return Told()

    return start


def _is_right(n):
    return lambda value: value == n * (n - 1)
