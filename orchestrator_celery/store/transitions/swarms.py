"""Transitions of pools: adding items, closing, runners and priorities."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.model.effects import Effect
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.records.ended import written_state
from orchestrator_celery.records.pools.blocks import fields_of_items
from orchestrator_celery.store.availability import UNREACHABLE, raises_store_unavailable
from orchestrator_celery.store.run_index import RunIndex
from orchestrator_celery.store.scripting.script_call import Effects, Transitions
from orchestrator_celery.store.transitions.upload import upload

__all__ = ("Ended", "SwarmTransitions", "Taken", "taken_items")

_CHUNK = 1000
#: Most ranges of indexes that one call of `set_priority` names.
_RANGES = 200
#: How many noted pairs of run and task name a process remembers.
_NOTED = 10_000


class Ended(NamedTuple):
    """The outcome of an item that a runner has run.

    Args:
        leaf: the item and its attempt.
        fence: the message's place in the attempt.
        well: whether the item succeeded.
        payload: the encoded result or error.
    """

    leaf: LeafId
    fence: Fence
    well: bool
    payload: bytes

    def parts(self) -> tuple[str | int | bytes, ...]:
        """Return the arguments for the script `take`."""
        state = written_state(self.well)
        return (self.leaf.node, self.leaf.attempt, self.fence.retries, self.fence.nesting, state, self.payload)


class Taken(NamedTuple):
    """An item that a runner has taken.

    Args:
        node: the item.
        attempt: number of its attempt.
        input: reference to its input.
        definition: its definition.
        checkpoint: the last checkpoint of an earlier attempt.
    """

    node: str
    attempt: int
    input: str
    definition: bytes
    checkpoint: bytes


def taken_items(answer: Effects) -> list[Taken]:
    """Read the items that a call of `take` has given to its runner."""
    parts = iter(answer.detail or ())
    return [
        Taken(node.decode(), int(attempt), given.decode(), definition, checkpoint)
        for node, attempt, given, definition, checkpoint in zip(*[parts] * len(Taken._fields), strict=True)
    ]


@raises_store_unavailable
class SwarmTransitions(Transitions):
    """Changes of running swarms."""

    def _make_parts(self) -> None:
        self._noted: dict[tuple[str, str], None] = {}

    def add_items(self, run: str, pool: str, items: Sequence[bytes], leaves: int, levels: str = "") -> Effects:
        """Add items to an open pool, all at once; `detail` is the first index, or the room that is left.

        Args:
            run: the run.
            pool: the pool's node.
            items: the definitions.
            leaves: the number of leaves in them.
            levels: the priorities, as `Levels` writes them.

        Raises:
            StoreUnavailable: Redis did not answer; the message says what may have been added.
        """
        if len(items) <= _CHUNK:
            return self._add(run, pool, len(items), leaves, "", levels, *items)
        token = uuid.uuid4().hex
        self.upload(run, token, items, 0)
        return self.add_uploaded(run, pool, token, len(items), leaves, levels)

    def upload(self, run: str, token: str, items: Iterable[bytes], first: int) -> None:
        """Upload items to the store, in blocks; they are invisible until `add_uploaded`. `ItemUpload` uploads batches.

        Args:
            run: the run that gets them.
            token: the name of the upload.
            items: the definitions.
            first: the number of the first of them in this upload.
        """
        upload(self.client, self.keys, run, token, fields_of_items(items, first))

    def drop_upload(self, run: str, token: str) -> None:
        """Delete an upload that will not be added."""
        self.client.unlink(self.keys.upload(run, token))

    def add_uploaded(self, run: str, pool: str, token: str, count: int, leaves: int, levels: str = "") -> Effects:
        """Add an upload, all at once; returns and raises as `add_items`."""
        return self._add(run, pool, count, leaves, token, levels)

    def _add(self, run: str, pool: str, count: int, leaves: int, *more: str | bytes) -> Effects:
        try:
            return self._after_retry("add_items", run, pool, count, leaves, *more)
        except UNREACHABLE as exc:
            raise StoreUnavailable(
                f"The store did not answer ({exc}): either all {count} tasks were added or none. "
                "Read `run.progress().total` to find out."
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
        """Report the ended items of a runner of a batched pool, and take the next items.

        Args:
            runner: the runner and its attempt.
            fence: the message's place in the attempt.
            owner: the process.
            want: the most items to take.
            ended: the items that have ended.
            back: items that the runner has taken and will not begin.
            again: whether the answer to an earlier call may be lost; the items of that call are returned again.
            busy: whether the runner will not call again for long; another runner shall take the waiting items.

        Returns:
            Effects with `detail`: what `Taken` reads. Refused with `HELD` if no item may begin, with `STALE` if the
            runner was superseded; ended items are recorded anyway.
        """
        flat = [part for item in ended for part in item.parts()]
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
        """Change the priority of waiting items; `detail` is the number of changed items.

        A call of the script moves a bounded number of ranges, so that Redis serves other clients in between. If the
        pool ends between two calls, none of the remaining items waits any more, and the change is complete.

        Args:
            run: the run.
            pool: the pool's node.
            level: 1 low to 3 high.
            ranges: first and last index of each range.
        """
        waiting = [f"{first}-{last}" for first, last in ranges]
        todo, changed, calls = list[Effect](), 0, 0
        while waiting or not calls:
            effects = self._after_retry("set_priority", run, pool, int(level), *waiting[:_RANGES])
            if effects.refused is not None:
                return effects if calls == 0 else Effects(None, tuple(todo), changed)
            [rest] = effects.more
            waiting = waiting[min(len(waiting), _RANGES) - rest :]
            todo += effects.todo
            changed, calls = changed + effects.detail, calls + 1
        return Effects(None, tuple(todo), changed)

    def close_swarm(self, run: str, pool: str, drained: bool = False) -> Effects:
        """Close an open pool to further items; with `drained`, as soon as no item is left."""
        return self._after_retry("close_swarm", run, pool, int(drained))

    def note_tasks(self, run: str, names: Mapping[str, bytes]) -> None:
        """Note the names of added tasks, so that the run can be found by them; one call for each new name.

        Args:
            run: its id.
            names: by name, the options that the task declares, encoded.
        """
        fresh = sorted(name for name in names if (run, name) not in self._noted)
        if not fresh:
            return
        self._run("note", run, *(part for name in fresh for part in (name, names[name])))
        RunIndex(self.client, self.keys).refresh([run])
        self._noted.update(dict.fromkeys((run, name) for name in fresh))
        while len(self._noted) > _NOTED:
            self._noted.pop(next(iter(self._noted)))
