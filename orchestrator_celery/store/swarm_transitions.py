"""The verbs on pools: swarms that are added to and closed while they run."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.records.ended import written_state
from orchestrator_celery.store.availability import UNREACHABLE, answers
from orchestrator_celery.store.script_call import Effects, Verbs, in_chunks

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("FIRST_LOOK", "Ended", "PoolVerbs")

#: Milliseconds after its start at which a run is looked at first.
FIRST_LOOK = 5000

_CHUNK = 1000
_UPLOAD_SECONDS = 3600
#: So many names of tasks in runs a process remembers to have noted.
_NOTED = 10_000


class Ended(NamedTuple):
    """How an item that a runner worked off has ended.

    Args:
        leaf: the item, and its attempt.
        fence: the message of the attempt.
        well: whether with a result.
        payload: the result or the error, encoded.
    """

    leaf: LeafId
    fence: Fence
    well: bool
    payload: bytes

    def parts(self) -> tuple[str | int | bytes, ...]:
        """As `take` is told."""
        state = written_state(self.well)
        return (self.leaf.node, self.leaf.attempt, self.fence.retries, self.fence.nesting, state, self.payload)


@answers
class PoolVerbs(Verbs):
    """What is done to pools."""

    def __init__(self, client: Any, settings: OrchestratorSettings) -> None:
        super().__init__(client, settings)
        self._noted: dict[tuple[str, str], None] = {}

    def add_items(self, run: str, pool: str, items: Sequence[bytes], leaves: int, levels: str = "") -> Effects:
        """Add items to an open pool, all at once; `detail` is the first index, or the room left.

        Args:
            run: the run.
            pool: the pool's node.
            items: definitions.
            leaves: how many leaves are in them.
            levels: their priorities, as `Levels` writes them.

        Raises:
            StoreUnavailable: Redis did not answer; the message says what is known.
        """
        if len(items) <= _CHUNK:
            return self._add(run, pool, len(items), leaves, "", levels, *items)
        token = uuid.uuid4().hex
        self.upload(run, token, items, 0)
        return self.add_uploaded(run, pool, token, len(items), leaves, levels)

    def upload(self, run: str, token: str, items: Iterable[bytes], first: int) -> None:
        """Bring items to the store, where nobody sees them before `add_uploaded`.

        Args:
            run: the run they are for.
            token: name of the upload.
            items: definitions.
            first: number of the first of them in this upload.
        """
        self._upload(run, token, ((str(index), item) for index, item in enumerate(items, first)))

    def drop_upload(self, run: str, token: str) -> None:
        """Forget an upload that is not to be added."""
        self.client.unlink(self.keys.upload(run, token))

    def add_uploaded(self, run: str, pool: str, token: str, count: int, leaves: int, levels: str = "") -> Effects:
        """Add what was uploaded, all at once; answers and raises as `add_items`."""
        return self._add(run, pool, count, leaves, token, levels)

    def _add(self, run: str, pool: str, count: int, leaves: int, *more: str | bytes) -> Effects:
        try:
            return self._run("add_items", run, pool, count, leaves, *more)
        except UNREACHABLE as exc:
            raise StoreUnavailable(
                f"The store did not answer ({exc}): either all of the {count} tasks were added or none. "
                "`run.progress().total` tells."
            ) from exc

    def take(
        self,
        runner: LeafId,
        fence: Fence,
        owner: str,
        want: int,
        *,
        ended: Sequence[Ended] = (),
        back: Sequence[str] = (),
        again: bool = False,
        busy: bool = False,
    ) -> Effects:
        """A runner of a batched pool tells how items have ended, and takes the next ones.

        Args:
            runner: the runner, and its attempt.
            fence: its message of the attempt.
            owner: the process.
            want: most items to take.
            ended: items that have ended.
            back: nodes it has taken and will not begin.
            again: the answer to an earlier call may be lost; what that one took is given once more.
            busy: it will not be back for long; another runner is to go on with what waits.

        Returns:
            `detail`: node, definition and input of each item taken, one after the other. Refused with `HELD` when
            nothing is to be begun, with `STALE` when the runner was superseded; what has ended is kept all the same.
        """
        flat = [part for one in ended for part in one.parts()]
        head = (
            runner.node,
            runner.attempt,
            fence.retries,
            fence.nesting,
            owner,
            want,
            2 if busy else int(again),
            len(ended),
        )
        return self._run("take", runner.run, *head, *flat, *back)

    def set_priority(self, run: str, pool: str, level: int, ranges: Iterable[tuple[int, int]]) -> Effects:
        """Give waiting items another priority; `detail` is how many got it.

        Args:
            run: the run.
            pool: the pool's node.
            level: 1 low to 3 high.
            ranges: first and last index of each.
        """
        return self._run("set_priority", run, pool, int(level), *(f"{first}-{last}" for first, last in ranges))

    def close_swarm(self, run: str, pool: str, drained: bool = False) -> Effects:
        """An open pool takes no more items; `drained`: from when it has none left."""
        return self._run("close_swarm", run, pool, int(drained))

    def note_tasks(self, run: str, names: Iterable[str]) -> None:
        """Let a run be found by names of tasks that were added to it; asks the store once for each name."""
        fresh = [name for name in names if (run, name) not in self._noted]
        if not fresh:
            return
        self._run("note", run, *sorted(fresh))
        self._noted.update(dict.fromkeys((run, name) for name in fresh))
        while len(self._noted) > _NOTED:
            self._noted.pop(next(iter(self._noted)))

    def _upload(self, run: str, token: str, fields: Iterable[tuple[str, bytes]], due: bool = False) -> None:
        key = self.keys.upload(run, token)
        for chunk in in_chunks(fields, _CHUNK):
            with self.client.pipeline(transaction=False) as pipe:
                if due:
                    # NX: a client that repeats the id of a live run must not put off the look at it.
                    pipe.zadd(self.keys.due, {run: time.time() * 1000 + FIRST_LOOK}, nx=True)
                pipe.hset(key, mapping=dict(chunk))
                pipe.expire(key, _UPLOAD_SECONDS)
                pipe.execute()
