"""What the runs that have not ended do now. A scrape looks at a bounded number of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from orchestrator_celery.model.ids import is_runner
from orchestrator_celery.model.states import NodeState, RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.live import LiveState, parse_live
from orchestrator_celery.store.scripting.script_call import in_chunks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Found", "LiveRuns")

#: Most runs of one scrape, and of one round trip.
_MOST, _PAGE = 2000, 200
_LIVE = (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUSPENDED, RunStatus.INTERRUPTED)
_STATES = (NodeState.QUEUED, NodeState.RUNNING, NodeState.AWAITING, NodeState.INTERRUPTED)


class Found(NamedTuple):
    """What was found.

    Args:
        runs: number of runs by status.
        nodes: number of live nodes by state.
        queue_age: seconds that the oldest published message waits.
        left_out: number of runs that were not looked at.
    """

    runs: dict[RunStatus, int]
    nodes: dict[NodeState, int]
    queue_age: float
    left_out: int


class LiveRuns:
    """Looks at the runs that have not ended.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._client = container.store.client
        self._keys = container.store.keys

    def look(self, now: float) -> Found:
        """Return what the runs do.

        Args:
            now: the time by the store's clock.
        """
        # Without the mark of a complete index, whose score is infinite.
        bounds = ("-inf", "(+inf")
        ids = [run.decode() for run in self._client.zrangebyscore(self._keys.due, *bounds, 0, _MOST)]
        statuses: Counter[RunStatus] = Counter()
        states: Counter[NodeState] = Counter()
        oldest = now
        for chunk in in_chunks(ids, _PAGE):
            with self._client.pipeline(transaction=False) as pipe:
                for run in chunk:
                    pipe.hget(self._keys.root(run), HeadField.STATUS.value)
                    pipe.hgetall(self._keys.live(run))
                answers = pipe.execute()
            for status, live in zip(answers[::2], answers[1::2], strict=True):
                if status is None or status.decode() not in _LIVE:
                    continue
                statuses[RunStatus(status.decode())] += 1
                oldest = min([oldest, *self._count(live, states, status.decode())])
        left_out = max(0, self._client.zcount(self._keys.due, *bounds) - len(ids))
        return Found(
            {status: statuses[status] for status in _LIVE},
            {state: states[state] for state in _STATES},
            max(0.0, now - oldest),
            left_out,
        )

    def _count(self, live: dict[bytes, bytes], states: Counter[NodeState], status: str) -> list[float]:
        """Count nodes, and return when their waiting messages were published."""
        published = []
        for node, raw in live.items():
            leaf = parse_live(raw)
            if is_runner(node.decode()):
                continue
            states[leaf.state] += 1
            if leaf.phase is LiveState.QUEUED and status in ("PENDING", "RUNNING"):
                published.append(max(leaf.since.timestamp(), leaf.sent / 1000 if leaf.tries == 0 else 0.0))
        return published
