"""The verbs on a run: one method per Lua script, one call per event (invariant 8)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store.availability import UNREACHABLE, answers
from orchestrator_celery.store.due_index import Schedule
from orchestrator_celery.store.graph_transitions import GraphVerbs
from orchestrator_celery.store.script_call import Effects, Refused
from orchestrator_celery.store.signature_transitions import SignatureVerbs
from orchestrator_celery.store.swarm_transitions import FIRST_LOOK

__all__ = ("Confirmed", "Store")

_REPORTS = 1000
#: Milliseconds after which a change is looked at whose caller may have died.
_SOON = 2000


class Confirmed(NamedTuple):
    """What a confirmed plan of a cancellation says of the run: fields of its head."""

    status: bytes
    created: bytes
    total: bytes


@answers
class Store(SignatureVerbs, GraphVerbs, Schedule):
    """Runs in Redis; every change is one script, atomic and safe to repeat."""

    def create(
        self,
        run: str,
        definitions: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
        head: Mapping[str, Any],
        records: str = "",
    ) -> Effects:
        """Make a run exist, whole or not at all, and learn which leaves are first.

        Args:
            run: its id; a known id is refused with `EXISTS` and changes nothing.
            definitions: spec of each node by node id; of two for one node, the later.
            head: fields of the run's head.
            records: token of records it takes over from another run, as `bring` gave it.

        Raises:
            StoreUnavailable: Redis did not answer; there is no such run.
        """
        token = uuid.uuid4().hex
        fields = {"window": self._settings.window, "events": self._settings.max_events, **head}
        flat = [part for pair in fields.items() for part in pair]
        try:
            # Due before it exists, so that a run whose maker dies right after is found.
            pairs = definitions.items() if isinstance(definitions, Mapping) else definitions
            self._upload(run, token, pairs, due=True)
            effects = self._run("create", run, token, len(fields), records, *flat)
            if effects.refused is Refused.EXISTS and effects.detail == 1:
                self.not_due([run])
            if effects.refused is Refused.EXPIRED:
                self.not_due([run])
                raise StoreUnavailable("The run was not started: its upload took longer than an hour and was dropped.")
            if effects.refused is None:
                with self.client.pipeline(transaction=False) as pipe:
                    pipe.zadd(self.keys.runs, {run: float(effects.detail)})
                    first = min(FIRST_LOOK, float(head.get("limit", FIRST_LOOK)))
                    pipe.zadd(self.keys.due, {run: float(effects.detail) + first})
                    pipe.execute()
        except UNREACHABLE as exc:
            raise StoreUnavailable(f"The run was not started, the store did not answer: {exc}") from exc
        return effects

    def bring(self, run: str, records: Iterable[tuple[str, bytes]]) -> str:
        """Bring records that a run takes over which is about to be created; returns their token, '' for none."""
        token, fields = uuid.uuid4().hex, iter(records)
        first = next(fields, None)
        if first is None:
            return ""
        self._upload(run, token, chain([first], fields))
        return token

    def claim(self, leaf: LeafId, fence: Fence, owner: str) -> Effects:
        """Ask whether this delivery may run its body; `detail` is what was kept of it last, of a duplicate who runs it.

        `more` holds the definition of a graph's node whose edges its result alone chooses.
        """
        return self._run("claim", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, owner)

    def finish(
        self, leaf: LeafId, fence: Fence, result: bytes, targets: str | None = None, relied: str = ""
    ) -> Effects:
        """The leaf has ended well.

        Args:
            leaf: the node, and the attempt.
            fence: the body's place in the attempt.
            result: encoded.
            targets: the edges of a graph that follow, where they are chosen already.
            relied: newest results of other nodes they were chosen by; where one is newer by now, they are chosen anew.
        """
        choice = "" if targets is None else f"={targets}"
        fence_of = (fence.retries, fence.nesting)
        return self._run("finish", leaf.run, leaf.node, leaf.attempt, *fence_of, result, choice, relied)

    def fail(self, leaf: LeafId, fence: Fence | None, error: bytes) -> Effects:
        """The leaf has ended with an error; no fence where the reporter cannot know it."""
        retries, nesting = ("", "") if fence is None else (fence.retries, fence.nesting)
        return self._run("fail", leaf.run, leaf.node, leaf.attempt, retries, nesting, error)

    def requeue(
        self, leaf: LeafId, fence: Fence, later: Fence, why: str, wait: float = 0.0, definition: bytes = b""
    ) -> Effects:
        """The body handed its node to a later message.

        Args:
            leaf: the node, and the attempt.
            fence: the body's place in the attempt.
            later: the later message's.
            why: `retry`, `replace`, `requeue`, or `delegate` for a replacement that is a run of its own.
            wait: seconds until the later message is due.
            definition: what it sends, where that differs from what the node sent before.
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
        """The process that ran the leaf is gone; `hold`: by a rule it is not started again.

        `detail` tells (1 or 0) whether there is a checkpoint to go on from; -1: it was to be stopped, and is held.
        """
        return self._run(
            "lost",
            leaf.run,
            leaf.node,
            leaf.attempt,
            fence.retries,
            fence.nesting,
            max_resumes,
            int(wait * 1000),
            int(hold),
        )

    def checkpoint(self, leaf: LeafId, fence: Fence, blob: bytes) -> Effects:
        """How far a running leaf is."""
        return self._run("checkpoint", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, blob)

    def progress(self, leaf: LeafId, fence: Fence, done: str, total: str, message: str) -> Effects:
        """What a running leaf says of how far it is; `total` is '' where nobody knows."""
        return self._run(
            "progress", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, done, total, message
        )

    def suspend(self, run: str) -> Effects:
        """Nothing more of a run starts; `detail`: runs that stand in for its tasks, or the status that forbids it."""
        effects = self._run("suspend", run)
        self._look_soon(run, effects.refused is None and bool(effects.detail))
        return effects

    def resume(self, run: str) -> Effects:
        """A suspended or interrupted run goes on; `detail` as for `suspend`."""
        return self._goes_on("resume", run)

    def retry(self, run: str, node: str = "") -> Effects:
        """A failed run goes on from what failed; `detail`: the status, or what is with the node, that forbids it.

        Args:
            run: its id.
            node: the one failed node that is to go on; '' for all.
        """
        return self._goes_on("retry", run, node)

    def skip(self, run: str, node: str, to: str = "") -> Effects:
        """A node that has not started is taken out; `detail`: the status, or what is with the node, that forbids it.

        Args:
            run: its run.
            node: its id.
            to: id of the run as which it goes on by itself.
        """
        return self._run("skip", run, node, to)

    def _goes_on(self, verb: str, run: str, *args: Any) -> Effects:
        # Before it is done, for one that had ended is not due, and something of it may go on.
        added = self.client.zadd(self.keys.due, {run: time.time() * 1000 + FIRST_LOOK}, nx=True)
        effects = self._run(verb, run, *args)
        if effects.refused is None:
            self.client.zadd(self.keys.due, {run: 0})
        elif added:
            self.not_due([run])
        return effects

    def interrupt(self, run: str, signal: str = "SIGTERM", grace: float = 10.0) -> Effects:
        """As `suspend`, and what runs is to be stopped, by this signal and, seconds later, SIGKILL.

        `detail`: runs that stand in for its tasks, and what runs, as node and record alternating; or the status that
        forbids it.
        """
        effects = self._run("interrupt", run, signal, int(grace * 1000))
        self._look_soon(run, effects.refused is None and bool(effects.detail[0]))
        return effects

    def _look_soon(self, run: str, followers: bool) -> None:
        """Where runs that stand in for its tasks have to follow: a sweep sees to it if the caller dies before."""
        if followers:
            self.client.zadd(self.keys.due, {run: time.time() * 1000 + _SOON}, xx=True, lt=True)

    def stopped(self, leaf: LeafId, fence: Fence, how: str) -> Effects:
        """An interruption has ended the leaf's body, or made sure that its end means nothing."""
        return self._run("stopped", leaf.run, leaf.node, leaf.attempt, fence.retries, fence.nesting, how)

    def overdue(self, run: str, error: bytes, inner: bool = False) -> Effects:
        """A run is over its deadline and fails.

        Args:
            run: its id.
            error: what it failed with.
            inner: it stands in for a task of another run, and the deadline is that one's.

        Returns:
            `detail` as for `suspend`.
        """
        return self._run("overdue", run, error, int(inner))

    def ended(self, closing: LeafId) -> Effects:
        """Celery has been told the outcome by this message; the run is kept for the retention."""
        effects = self._run("ended", closing.run, int(self._settings.retention), closing.attempt)
        if effects.detail == 1:
            self.not_due([closing.run])
        return effects

    def settled(self, run: str, field: str) -> None:
        """What was to be done outside the store about a change, as this field of the head said, is done."""
        self._run("settled", run, field)

    def discard(self, run: str) -> Effects:
        """Take a run back whose first messages could not be published."""
        effects = self._run("discard", run)
        self.forget([run])
        self.not_due([run])
        return effects

    def cancel(self, run: str, audit: str, confirmed: Confirmed | None = None) -> Effects:
        """Stop a run and delete its data; `erase` deletes the rest once the side effects were performed.

        Args:
            run: its id.
            audit: the entry for the audit trail, as JSON.
            confirmed: refuse with `CHANGED` if the run is not like this any more.
        """
        # Due before it is done, so that consequences which nobody draws are found; not at once: the caller draws them.
        later = time.time() * 1000 + FIRST_LOOK
        self.client.zadd(self.keys.due, {run: later}, nx=True)
        facts = ("", "", "") if confirmed is None else confirmed
        effects = self._run("cancel", run, audit, int(confirmed is not None), *facts)
        if effects.refused is Refused.GONE:
            self.not_due([run])
        return effects

    def erase(self, run: str) -> Effects:
        """Nothing of a cancelled run is left; tells by `refused` whether this call did it."""
        effects = self._run("erase", run)
        self.forget([run])
        self.not_due([run])
        return effects

    def keep_report(self, report: bytes) -> None:
        """Keep what a sweep did; the newest thousand are kept."""
        with self.client.pipeline(transaction=False) as pipe:
            pipe.lpush(self.keys.reports, report)
            pipe.ltrim(self.keys.reports, 0, _REPORTS - 1)
            pipe.execute()

    def now(self) -> float:
        """Seconds since the epoch by the store's clock, which decides (invariant 10)."""
        seconds, micros = self.client.time()
        return float(seconds) + float(micros) / 1e6
