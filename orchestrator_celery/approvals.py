"""Approvals: what waits for a person, and the answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator_celery.audit import acting, record
from orchestrator_celery.engine.specs import parse
from orchestrator_celery.errors import InvalidTransition, RunNotFound
from orchestrator_celery.given import Givens
from orchestrator_celery.model.nodes import Live, parse_live
from orchestrator_celery.model.views import ApprovalView
from orchestrator_celery.store import Refused

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Approvals",)


class Approvals:
    """Finds and answers approvals.

    Args:
        orchestrator: whose runs.
    """

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._reader = orchestrator.reader
        self._givens = Givens(orchestrator.reader, orchestrator.codec)

    def every(self) -> list[ApprovalView]:
        """All that wait, the newest first."""
        store, found = self._orchestrator.store, list[ApprovalView]()
        for run in store.awaiting():
            waiting = self.of(run)
            found += waiting
            if not waiting:
                store.awaits_no_more([run])
                if self.of(run):  # one has come just then
                    store.awaits(run)
        return sorted(found, key=lambda view: view.since, reverse=True)

    def of(self, run: str) -> list[ApprovalView]:
        """Those of one run."""
        live = {node: parse_live(raw) for node, raw in self._reader.live(run).items() if raw[:1] == b"W"}
        if not live:
            return []
        name = self._reader.head_field(run, "name") or b""
        definitions = zip(live.items(), self._reader.definitions(run, list(live)), strict=True)
        return [self._view(run, name.decode(), *leaf, raw) for leaf, raw in definitions if raw is not None]

    def answer(self, run: str, node: str, decision: str, by: str | None, note: str) -> None:
        """Answer one; the first answer counts.

        Args:
            run: the run.
            node: its id, or the name of the graph's node.
            decision: `approved` or `rejected`.
            by: who answers; None: the actor of this call.
            note: why.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: no such approval waits.
        """
        verb = "approve" if decision == "approved" else "reject"
        status = self._orchestrator.result(run)._recorded_status
        entry = record(verb, run, before=status(), reason=note)
        who = entry.actor if by is None else by
        with acting(who, entry.channel):
            entry = record(verb, run, before=status(), reason=note)
        try:
            view = self._find(run, node, verb)
            self._put(run, view.node, {"decision": decision, "by": who, "note": note, "timed_out": False}, verb)
        except (RunNotFound, InvalidTransition) as exc:
            self._write(entry.model_copy(update={"after": entry.before, "outcome": str(exc)}))
            raise
        self._write(entry.model_copy(update={"after": status(), "name": view.name}))

    def _put(self, run: str, node: str, result: dict[str, Any], verb: str) -> None:
        effects = self._orchestrator.store.answer(run, node, self._orchestrator.codec.dump_result(result))
        if effects.refused is Refused.GONE:
            raise _gone(run, verb)
        if effects.refused is not None:
            raise InvalidTransition(
                f"The approval {node} of the run {run} does not wait any more: it was answered a moment ago, its time "
                "is over, or its graph has failed. `run.tree()` shows what came of it."
            )
        self._orchestrator.publisher.act(effects.todo)

    def _find(self, run: str, node: str, verb: str) -> ApprovalView:
        if self._reader.head_field(run, "status") in (None, b"CANCELLED"):
            raise _gone(run, verb)
        waiting = self.of(run)
        found = [view for view in waiting if node == view.node] or [view for view in waiting if node == view.name]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidTransition(
                f"{len(found)} approvals of the run {run} that wait are called {node!r}: name one by its id, "
                f"{_listed(view.node for view in found)}."
            )
        answered = self._answered(run, node)
        if answered is not None:
            raise InvalidTransition(f"The approval {node!r} of the run {run} was answered before: {answered}.")
        instead = f"Waiting now: {_listed(f'{view.name!r} ({view.node})' for view in waiting)}."
        raise InvalidTransition(
            f"No approval {node!r} of the run {run} waits for an answer: there is none of this id or name, its time "
            f"is over, or its turn has not come. {instead if waiting else 'Nothing of the run waits for one.'}"
        )

    def _answered(self, run: str, node: str) -> str | None:
        """How an approval of this id or name was answered last, in words; None where it was not."""
        views = [self._orchestrator.result(run).tree()]
        for view in views:  # which grows
            if view.answer is not None and node in (view.id, view.name):
                return f"{view.answer}, at {view.finished:%Y-%m-%d %H:%M:%S} UTC"
            views.extend(view.children)
        return None

    def _view(self, run: str, name: str, node: str, live: Live, definition: bytes) -> ApprovalView:
        given = self._orchestrator.codec.load(parse(definition).payload)
        timeout = given.get("timeout")
        return ApprovalView(
            run=run,
            run_name=name,
            node=node,
            name=given["name"],
            message=given.get("message", ""),
            given=self._givens.value(run, live.input, node) if live.input else None,
            since=live.since,
            until=None if timeout is None else live.since + timedelta(seconds=timeout),
            on_timeout=given.get("on_timeout"),
        )

    def _write(self, entry: Any) -> None:
        self._orchestrator.trail.append(entry.model_dump_json())


def _gone(run: str, verb: str) -> RunNotFound:
    return RunNotFound(f"No run has the id {run!r}: nothing of it can be {verb}{'d' if verb[-1] == 'e' else 'ed'}.")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
