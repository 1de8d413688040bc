"""Transitions of runs: one method for each Lua script, and one call for each event (invariant 8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from orchestrator_celery.errors import ForeignRun, StartUnconfirmed, StoreUnavailable
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.progress import durations_field
from orchestrator_celery.records.statistics import Durations
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import UNREACHABLE, asking, raises_store_unavailable, refused_for_now
from orchestrator_celery.store.feed.stream import FeedStream, execute_telling
from orchestrator_celery.store.run_index import IndexEntry
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_call import Effects, Refused, Tell
from orchestrator_celery.store.transitions.continuation import NOTHING_NEXT, Offer
from orchestrator_celery.store.transitions.graphs import GraphTransitions
from orchestrator_celery.store.transitions.logs import LogTransitions
from orchestrator_celery.store.transitions.notices import NoticeTransitions
from orchestrator_celery.store.transitions.outbox import OutboxTransitions
from orchestrator_celery.store.transitions.signatures import SignatureTransitions
from orchestrator_celery.store.transitions.sliced import SlicedTransitions
from orchestrator_celery.store.transitions.swarms import SwarmTransitions
from orchestrator_celery.store.transitions.upload import FIRST_LOOK, upload

__all__ = ("Confirmed", "Store")

_REPORTS = 1000


class Confirmed(NamedTuple):
    """The facts in a confirmed plan of a cancellation: fields of the run's head."""

    status: bytes
    created: bytes
    total: bytes


@raises_store_unavailable
class Store(SlicedTransitions):
    """The runs in Redis. Each change is one script, which is atomic and safe to repeat.

    Args:
        client: a redis-py client.
        settings: limits, and the prefix of the keys.
        app: the app that the runs belong to.
        tell: takes the entries for the feed of all runs; it must not wait.
        subscribed: what subscriptions ask for.
    """

    def _make_parts(self) -> None:
        super()._make_parts()
        self.swarms = self._beside(SwarmTransitions)
        self.graphs = self._beside(GraphTransitions)
        self.outbox = self._beside(OutboxTransitions)
        self._feed = FeedStream(self.client, self.keys, self._settings.max_feed)
        self.notices = self._beside(NoticeTransitions)
        self.logs = self._beside(LogTransitions)
        self.signatures = self._beside(SignatureTransitions)

    def create(
        self,
        run: str,
        definitions: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
        head: Mapping[str, Any],
        records: str = "",
        pools: Sequence[str] = (),
    ) -> Effects:
        """Create a run, as a whole or not at all, and return the leaves to start first.

        Args:
            run: the run's id; a known id is refused with `EXISTS` and changes nothing.
            definitions: the definition of each node by node id; if a node occurs twice, the later one counts.
            head: fields of the run's head.
            records: the token of records that the run takes over from another run, as returned by `upload_records`.
            pools: the pools of which some items have records; the items are counted in slices, then the run starts.

        Raises:
            StoreUnavailable: Redis did not answer; the run does not exist.
            StartUnconfirmed: the answer was lost; the run may exist.
            ForeignRun: the id belongs to a run of another app, which was not changed.
        """
        token = uuid.uuid4().hex
        fields = {"window": self._settings.window, "events": self._settings.max_events, **head, **self._owner}
        flat = [part for pair in fields.items() for part in pair]
        with asking("The run was not started"):
            # Made due before it exists, so that a sweep finds a run whose caller dies right after this.
            pairs = definitions.items() if isinstance(definitions, Mapping) else definitions
            upload(self.client, self.keys, run, token, pairs, due=True)
        told: list[FeedEntry] = []
        effects = self._make(run, token, records, len(fields), [*flat, *pools], told.append)
        if effects.refused is Refused.EXPIRED:
            self.due_index.not_due([run])
            raise StoreUnavailable("The run was not started: its upload took longer than an hour. Start it again.")
        try:
            self._enter(run, effects, head, told)
        except UNREACHABLE:  # the run is due already, and its next check repairs the derived indexes
            list(map(self._tell, told))
        return effects if effects.refused is not None or not effects.more else self._count_items(run, effects)

    def _count_items(self, run: str, effects: Effects) -> Effects:
        """Start a run once the items of its pools are counted. If this process dies, the reconciler starts it."""
        try:
            return effects._replace(todo=(*effects.todo, *self.finish_retry(run).todo), more=())
        except UNREACHABLE as exc:
            raise StartUnconfirmed.of(run, exc) from exc

    def _make(self, run: str, token: str, records: str, count: int, flat: list[Any], tell: Tell) -> Effects:
        try:
            return self._run("create", run, token, count, records, *flat, tell=tell)
        except ForeignRun:
            self.client.unlink(*(self.keys.upload(run, name) for name in (token, records) if name))
            self.due_index.disown([run])
            raise
        except UNREACHABLE as exc:
            if exc.__cause__ is not None and refused_for_now(exc.__cause__):  # before the script did anything
                raise StoreUnavailable(f"The run was not started. {exc}") from exc
            raise StartUnconfirmed.of(run, exc) from exc

    def _enter(self, run: str, effects: Effects, head: Mapping[str, Any], told: list[FeedEntry]) -> None:
        if effects.refused is not None:
            if effects.detail == 1:
                self.due_index.not_due([run])
            return
        created = float(effects.detail)
        first = created + min(FIRST_LOOK, float(head.get(HeadField.LIMIT, FIRST_LOOK)))
        starts = float(head.get(HeadField.ETA, 0))
        with self.client.pipeline(transaction=False) as pipe:
            pipe.zadd(self.keys.runs, {run: created})
            if starts > created:
                pipe.zadd(self.keys.starts, {run: starts})
            pipe.zadd(self.keys.due, {run: starts if starts > created else first})
            # Told before the messages go out, so that PENDING comes before whatever a worker tells.
            enter = self._enter_call(run, head, created, told)
            execute_telling(self.client, pipe, self._feed, told, self._tell, enter)

    def _enter_call(
        self, run: str, head: Mapping[str, Any], created: float, told: Sequence[FeedEntry]
    ) -> scripts.Call | None:
        """Return the call that enters a new run into the index of runs; None if its status is not known."""
        changes = [entry for entry in told if entry.kind == FeedKind.STATUS.value]
        if not changes:
            return None
        place, status = changes[-1].place, changes[-1].value
        return self.due_index.run_index.call([IndexEntry.of(run, place, f"{created:.0f}", status, head)])

    def begin(self, run: str, expired: bytes) -> Effects:
        """Start a run that was created with a delay, if its time has come.

        Args:
            run: the run's id.
            expired: the encoded error with which the run fails if it has expired.
        """
        return self._run("begin", run, expired)

    def upload_records(self, run: str, records: Iterable[tuple[str, bytes]]) -> str:
        """Upload records that a new run will take over; return their token, '' for no records."""
        token, fields = uuid.uuid4().hex, iter(records)
        first = next(fields, None)
        if first is None:
            return ""
        upload(self.client, self.keys, run, token, chain([first], fields))
        return token

    def claim(self, leaf: LeafId, fence: Fence, owner: str) -> Effects:
        """Ask for permission to run the body of a delivered leaf.

        `detail` is the leaf's last checkpoint; for a duplicate it is the process that runs the leaf. `more` is the data
        for choosing the edges of a graph's node; see `edge_context`.
        """
        return self._run("claim", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, owner)

    def finish(
        self,
        leaf: LeafId,
        fence: Fence,
        result: bytes,
        targets: str | None = None,
        depends: str = "",
        offer: Offer = NOTHING_NEXT,
    ) -> Effects:
        """Record the success of a leaf.

        Args:
            leaf: the node and the attempt.
            fence: the message's place in the attempt.
            result: the encoded result.
            targets: the edges of a graph to follow, if they are already chosen.
            depends: the newest results of other nodes on which the choice depends. If a result is newer by now, the
                edges are chosen again.
            offer: whether the worker may go on with the next leaf; `next_of` reads that leaf from the answer.
        """
        choice = "" if targets is None else f"={targets}"
        fence_of = (fence.retries, fence.nesting)
        return self._run("finish", leaf.run, leaf.node, leaf.attempt, *fence_of, result, choice, depends, *offer)

    def fail(self, leaf: LeafId, fence: Fence | None, error: bytes) -> Effects:
        """Record the failure of a leaf; the fence is None if the reporter cannot know it."""
        retries, nesting = ("", "") if fence is None else (fence.retries, fence.nesting)
        return self._run("fail", leaf.run, leaf.node, leaf.attempt, retries, nesting, error)

    def requeue(
        self, leaf: LeafId, fence: Fence, later: Fence, why: str, wait: float = 0.0, definition: bytes = b""
    ) -> Effects:
        """Record that a later message continues the node.

        Args:
            leaf: the node and the attempt.
            fence: the message's place in the attempt.
            later: the place of the later message.
            why: `retry`, `replace`, `requeue`, or `delegate` for a replacement by a run of its own.
            wait: seconds until the later message is due.
            definition: the definition of the later message, if it differs from the node's.
        """
        return self._run(
            "requeue",
            leaf.run,
            leaf.node,
            leaf.attempt,
            *reversed(fence),
            *reversed(later),
            why,
            int(wait * 1000),
            definition,
        )

    def lost(self, leaf: LeafId, fence: Fence, max_resumes: int, wait: float = 0.0, hold: bool = False) -> Effects:
        """Record that the process of a leaf is gone; with `hold` a rule forbids to restart the leaf.

        `detail` is 1 if a checkpoint exists, else 0; -1 means that the leaf was to be stopped and is now held back.
        """
        fence_of = (fence.retries, fence.nesting)
        return self._run("lost", leaf.run, leaf.node, leaf.attempt, *fence_of, max_resumes, int(wait * 1000), int(hold))

    def add_to_chord(self, leaf: LeafId, fence: Fence, number: int, item: bytes, leaves: int) -> Effects:
        """A running leaf adds an item to the header of its chord; `detail`: the item's node.

        Args:
            leaf: the node, and the attempt.
            fence: the body's place in the attempt.
            number: of the addition within the body; the same number again adds nothing.
            item: definition.
            leaves: how many leaves are in it.
        """
        return self._run(
            "add_to_chord", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, number, leaves, item
        )

    def checkpoint(self, leaf: LeafId, fence: Fence, blob: bytes) -> Effects:
        """Save a checkpoint of a running leaf."""
        return self._run("checkpoint", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, blob)

    def tally(self, run: str, durations: Mapping[str, Durations]) -> Effects:
        """Add to the durations of a run's tasks, by the task's name; those of a run that is gone are dropped."""
        parts = [part for task, found in durations.items() for part in (durations_field(task), *found)]
        return self._run("tally", run, *parts)

    def progress(self, leaf: LeafId, fence: Fence, done: str, total: str, message: str) -> Effects:
        """Save the progress of a running leaf; `total` is '' if unknown."""
        return self._run(
            "progress", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, done, total, message
        )

    def suspend(self, run: str) -> Effects:
        """Suspend a run; `detail`: the inner runs that replace its tasks, or the status that forbids it."""
        effects = self._run("suspend", run)
        effects = effects._replace(detail=self._stand_ins(run, effects.detail))
        self._check_soon(run, effects.refused is None and bool(effects.detail))
        return effects

    def stopped(self, leaf: LeafId, fence: Fence, how: str) -> Effects:
        """Record that an interruption has ended the leaf's body, or that reports of this body are refused now."""
        return self._run("stopped", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, how)

    def start_more(self, run: str, node: str = "", waited: int = 0) -> Effects:
        """Start a burst of items of each pool that has free places; `detail` is 1 if a pool still has some.

        Args:
            run: the run's id.
            node: the node that a worker has just claimed. A pool without a bound then starts nothing as long as
                enough of its messages wait. '': each pool starts a burst.
            waited: milliseconds that the node's message waited.
        """
        return self._run("start_more", run, node, waited)

    def withdraw(self, run: str, place: str = "", error: bytes = b"") -> Effects:
        """Withdraw what is queued below the failing composites of a run, one slice of a pass.

        Args:
            run: the run's id.
            place: where to go on: everything before it is done; '' for the place that is on record.
            error: the encoded error with which a nested run fails because its task is withdrawn.

        Returns:
            Effects with the next place as `detail`, '' after the last slice. `more` has one list: the nested runs of
            withdrawn tasks and the references of their errors, alternating.
        """
        return self._run("withdraw", run, place, error)

    def ended(self, closing: LeafId) -> Effects:
        """Record that this message has reported the outcome to Celery; the run expires after the retention."""
        effects = self._run("ended", closing.run, int(self._settings.retention), closing.attempt)
        if effects.detail == 1:
            self.due_index.not_due([closing.run], ended=True)
        return effects

    def settled(self, run: str, field: str) -> None:
        """Record that the side effect in this field of the head is done."""
        self._run("settled", run, field)

    def discard(self, run: str) -> Effects:
        """Remove a run whose first messages could not be published."""
        effects = self._run("discard", run)
        self._tell_cancelled(run)
        self.due_index.forget([run])
        self.due_index.not_due([run])
        return effects

    def cancel(self, run: str, audit: str, confirmed: Confirmed | None = None, view: str = "") -> Effects:
        """Stop a run and delete its data; `erase` deletes the rest after the side effects are done.

        Args:
            run: the run's id.
            audit: the entry for the audit trail, as JSON.
            confirmed: refuse with `CHANGED` if the run is not as this says any more.
            view: the run's view before, JSON, for the feed of all runs and for notices.
        """
        # Made due before the change, so that a sweep finds missing side effects; later, because the caller does them.
        schedule(self.client, self.keys.due, run, after=FIRST_LOOK, only="NX")
        facts = ("", "", "") if confirmed is None else confirmed
        effects = self._run("cancel", run, audit, int(confirmed is not None), *facts, view)
        if effects.refused is Refused.GONE:
            self.due_index.not_due([run])
        elif effects.refused is None:
            self._tell_cancelled(run, view)
        return effects

    def _tell_cancelled(self, run: str, view: str = "") -> None:
        self._tell(FeedEntry(FeedKind.STATUS.value, run, CLOSE, RunStatus.CANCELLED.value, view=view))

    def erase(self, run: str) -> Effects:
        """Delete the rest of a cancelled run; `refused` tells whether this call did it."""
        effects = self._run("erase", run)
        self.due_index.forget([run])
        self.due_index.not_due([run])
        return effects

    def audit_written(self, root: str) -> None:
        """The audit entry that a cancelled run, or a claimed signature, kept for its deletion is in the audit trail."""
        self.client.hdel(self.keys.root(root), "audit")

    def keep_report(self, report: bytes) -> None:
        """Store the report of a sweep; the newest thousand are kept."""
        with self.client.pipeline(transaction=False) as pipe:
            pipe.lrem(self.keys.reports, 1, report)  # the same report, if the client sends the pipeline again
            pipe.lpush(self.keys.reports, report)
            pipe.ltrim(self.keys.reports, 0, _REPORTS - 1)
            pipe.execute()
        self._tell(FeedEntry(FeedKind.REPORT.value, value=report.decode()))

    def now(self) -> float:
        """Return the seconds since the epoch by the store's clock, which decides (invariant 10)."""
        seconds, micros = self.client.time()
        return float(seconds) + float(micros) / 1e6
