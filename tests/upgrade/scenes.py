"""The runs that are recorded: how each is started, what it looks like in the record, and how it ends.

Ids are fixed, so that the test finds the runs. Add scenes at the end: a record has those of its time.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from celery import chain, chord, group

from orchestrator_celery import END, START, Approval, ComplexSignature, ConditionalGraph, Swarm

from .project import add, fail_before, hold, noted, steps, xsum


class Scene(NamedTuple):
    """One run.

    Args:
        build: makes its signature.
        status: its status in the record.
        result: what it returns at the end.
        done: the number of its tasks that have succeeded in the record.
        options: of `apply_async`.
        suspended: whether it is suspended before the record is made.
    """

    build: Callable[[], Any]
    status: str
    result: Any
    done: int
    options: dict[str, Any] = {}
    suspended: bool = False


def _graph(first: Any, second: Any) -> Any:
    graph = ConditionalGraph("order").add_node("first", first).add_node("second", second)
    return graph.add_edge(START, "first").add_edge("first", "second").add_edge("second", END)


#: Runs that are under way when a worker of the recorded version is killed.
SCENES: dict[str, Scene] = {
    "swarm-at-work": Scene(
        lambda: Swarm([add.s(1, 1), add.s(2, 2), *[hold.s(i) for i in range(4)]], max_concurrency=2),
        "RUNNING", [2, 4, 0, 1, 2, 3], 2,
    ),
    "graph-at-work": Scene(lambda: _graph(add.s(1), hold.s()), "RUNNING", 2, 1, {"args": (1,)}),
    "canvas-at-work": Scene(
        lambda: ComplexSignature(chain(add.s(1, 1), group(add.s(1), hold.s()), xsum.s())), "RUNNING", 5, 2,
    ),
    "chord-at-work": Scene(
        lambda: ComplexSignature(chord([add.s(1, 1), hold.s(5)], xsum.s())), "RUNNING", 7, 1,
    ),
    "nested-at-work": Scene(
        lambda: ComplexSignature(chain(add.s(1, 1), Swarm([add.s(1), hold.s()]), xsum.s())), "RUNNING", 5, 2,
    ),
    "checkpoint-at-work": Scene(lambda: ComplexSignature(steps.s(4)), "RUNNING", [2, 4], 0),
    "callbacks-at-work": Scene(
        lambda: Swarm([add.s(i) for i in range(3)] + [hold.s(3)], on_task_success=noted.s()), "RUNNING", [0, 1, 2, 3], 3,
    ),
    "open-swarm": Scene(lambda: Swarm([add.s(1)], open=True), "RUNNING", [1, 7], 1),
    "swarm-suspended": Scene(
        lambda: Swarm([add.s(1), *[hold.s(i) for i in range(3)]], max_concurrency=1), "SUSPENDED", [1, 0, 1, 2], 1,
        suspended=True,
    ),
    "graph-suspended": Scene(lambda: _graph(add.s(1), hold.s()), "SUSPENDED", 2, 1, {"args": (1,)}, suspended=True),
    "canvas-suspended": Scene(
        lambda: ComplexSignature(chain(add.s(1, 1), hold.s(), add.s(1))), "SUSPENDED", 3, 1, suspended=True,
    ),
    "approval": Scene(
        lambda: _graph(add.s(1), Approval(message="Pay?", timeout=86_400 * 365)), "RUNNING", "approved", 1, {"args": (1,)},
    ),
    "failed-swarm": Scene(lambda: Swarm([add.s(1), fail_before.s(2)]), "FAILED", [1, 2], 1),
    "finished": Scene(lambda: ComplexSignature(chain(add.s(1, 1), add.s(1))), "SUCCEEDED", 3, 2),
}  # fmt: skip

#: Runs that are started after that, so that no task of them has begun.
UNBEGUN: dict[str, Scene] = {
    "delayed-swarm": Scene(lambda: Swarm([add.s(1), add.s(2)]), "PENDING", [1, 2], 0, {"countdown": 60}),
    "delayed-graph": Scene(lambda: _graph(add.s(1), add.s(1)), "PENDING", 3, 0, {"args": (1,), "countdown": 60}),
    "delayed-canvas": Scene(lambda: ComplexSignature(chain(add.s(1, 1), add.s(1))), "PENDING", 3, 0, {"countdown": 60}),
    "queued-swarm": Scene(lambda: Swarm([add.s(i) for i in range(5)], max_concurrency=2), "PENDING", list(range(5)), 0),
    "queued-graph": Scene(lambda: _graph(add.s(1), add.s(1)), "PENDING", 3, 0, {"args": (1,)}),
    "queued-canvas": Scene(lambda: ComplexSignature(chord([add.s(1, 1), add.s(2)], xsum.s())), "PENDING", 4, 0),
}
#: A saved workflow; the test starts it.
SAVED = "saved-canvas"
