"""Interrupting a run: its status first, then one command to the workers, then what became of each task.

From the moment the status has changed nothing more starts, whatever happens
to the caller. What runs is then stopped by the workers themselves, each on
its own clock. A task whose worker does not answer is fenced off: it starts
again under a new attempt, and nothing the old one reports counts.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from signal import Signals
from typing import TYPE_CHECKING, Any

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.errors import InvalidTransition, OrchestratorError, RunNotFound
from orchestrator_celery.lifecycle.followers import INSIDE
from orchestrator_celery.lifecycle.refusal import check
from orchestrator_celery.model.events import NodeInterrupted, parse_event
from orchestrator_celery.model.ids import LeafId, is_runner
from orchestrator_celery.model.reports import InterruptedTask, InterruptOutcome, InterruptReport
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.model.safe_text import safe_repr
from orchestrator_celery.records.definitions import parse
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.nodes import Live, parse_live

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Interruption",)

logger = safe_logger(__name__)

_REPLY = 5.0  # longest wait for the workers' answers
_AFTER = 2.0  # seconds a process may take to end after SIGKILL, and to say so
_LOOK = 0.05


@dataclass
class _Body:
    """A task that ran, and what is known of its end."""

    leaf: LeafId
    live: Live
    answer: str = ""
    outcome: InterruptOutcome | None = None


class Interruption:
    """Interrupts runs of one orchestrator.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._store = container.store
        self._reader = container.reader

    def interrupt(self, run: str, signal: str, grace: float) -> InterruptReport:
        """Interrupt a run, and tell what became of what ran.

        Args:
            run: its id.
            signal: what processes get first.
            grace: seconds until SIGKILL.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: it has ended, or is interrupted and nothing of it runs.
            OrchestratorError: there is no such signal, or the grace is negative; nothing is done.
        """
        _check(signal, grace)
        begun = time.monotonic()
        bodies = self._mark(run, signal, grace)
        if bodies:
            self._ask(run, bodies, signal, grace)
            self._wait(bodies, begun + grace)
            for body in bodies:
                if body.outcome is None:
                    self._give_up(body)
        tasks = tuple(self._told(body) for body in bodies if not is_runner(body.leaf.node))
        return InterruptReport(run=run, signal=signal, grace=grace, tasks=tasks)

    def repeat(self, run: str, running: Mapping[str, bytes], now: float) -> None:
        """Tell the workers again what is to be stopped: the caller may have died before it could.

        A worker that has sent its signal already does nothing more. Where the run was resumed meanwhile, what is
        stopped starts again at once.

        Args:
            run: its id.
            running: what runs of it, with records.
            now: the store's clock, in ms.
        """
        nodes = {node: parse_live(raw) for node, raw in running.items() if raw[:1] == b"I"}
        wanted = self._reader.head_field(run, "stop") if nodes else None
        if wanted is None:
            return
        since, signal, grace = wanted.decode().split(" ")
        if now < float(since) + _REPLY * 1000:
            return
        self._container.app.control.broadcast(
            "orchestrator_stop",
            arguments={
                "ids": [str(LeafId(run, node, live.attempt)) for node, live in nodes.items()],
                "signal": signal,
                "grace": float(grace) / 1000,
                "again": True,
            },
            destination=sorted({_host(live) for live in nodes.values()}),
        )

    def _mark(self, run: str, signal: str, grace: float) -> list[_Body]:
        """Change the status, of runs that stand in for its tasks too; what runs."""
        effects = self._store.interrupt(run, signal, grace)
        check(effects, run, "interrupt")
        inner, found = effects.detail
        bodies = [
            _Body(LeafId(run, found[i].decode(), live.attempt), live)
            for i in range(0, len(found), 2)
            for live in (parse_live(found[i + 1]),)
        ]
        for other in inner:
            try:
                bodies += self._mark(other.decode(), signal, grace)
            except (RunNotFound, InvalidTransition):
                continue  # it has ended, or not begun
        if inner:
            self._store.settled(run, INSIDE)
        return bodies

    def _ask(self, run: str, bodies: list[_Body], signal: str, grace: float) -> None:
        """One command to all workers concerned; each answers for what it runs."""
        ids = {str(body.leaf): body for body in bodies}
        hosts = sorted({_host(body.live) for body in bodies})
        try:
            with sending():
                replies = self._container.app.control.broadcast(
                    "orchestrator_stop",
                    arguments={"ids": list(ids), "signal": signal, "grace": grace},
                    destination=hosts,
                    reply=True,
                    limit=len(hosts),
                    timeout=max(1.0, min(grace, _REPLY)),
                )
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "The workers cannot be told to stop %d tasks: %r",
                len(ids),
                exc,
                extra={"action": "interrupt", "run": run},
            )
            return
        for reply in replies or ():
            for answer in reply.values():
                for task_id, word in _answers(answer).items():
                    ids[task_id].answer = word
        for body in bodies:  # the message that works an item off answers for it
            if body.live.runner and (runner := ids.get(f"{body.leaf.run}:{body.live.runner}")):
                body.answer = runner.answer

    def _wait(self, bodies: list[_Body], deadline: float) -> None:
        """Until every task has ended or is held, or there is nothing more to wait for."""
        while open_ := [body for body in bodies if body.outcome is None]:
            for body in open_:
                body.outcome = self._outcome(body)
            now = time.monotonic()
            # What cannot be killed may look for itself as long as the grace lasts.
            last = deadline + _AFTER if any(body.answer != "unsupported" for body in open_) else deadline
            if now >= last:
                return
            time.sleep(_LOOK)

    def _outcome(self, body: _Body) -> InterruptOutcome | None:
        raw = self._reader.live_leaf(body.leaf.run, body.leaf.node)
        if raw is None:
            return InterruptOutcome.FINISHED_FIRST
        live = parse_live(raw)
        if raw[:1] == b"H" and live.attempt == body.leaf.attempt:
            return self._how(body.leaf)
        if raw[:1] == b"I" and (live.attempt, live.fence) == (body.leaf.attempt, body.live.fence):
            return None
        return InterruptOutcome.STOPPED_ITSELF  # a retry, or a canvas in its place, or somebody resumed the run

    def _how(self, leaf: LeafId) -> InterruptOutcome:
        after, reason = "0", ""
        while entries := self._reader.events(leaf.run, after, None):
            for place, fields in entries:
                after = place.decode()
                event = parse_event(leaf.run, place, fields)
                if isinstance(event, NodeInterrupted) and (event.node, event.attempt) == (leaf.node, leaf.attempt):
                    reason = event.reason
        known = {outcome.value for outcome in InterruptOutcome}
        return InterruptOutcome(reason) if reason in known else InterruptOutcome.TERMINATED

    def _give_up(self, body: _Body) -> None:
        if body.answer == "unsupported":
            body.outcome = InterruptOutcome.UNSUPPORTED
            return
        word = InterruptOutcome.UNREACHABLE
        fenced = self._store.stopped(body.leaf, body.live.fence, word.value)
        body.outcome = word if fenced.refused is None else self._outcome(body) or word
        self._container.publisher.act(fenced.todo)

    def _told(self, body: _Body) -> InterruptedTask:
        leaf = body.leaf
        [raw] = self._reader.definitions(leaf.run, [leaf.node])
        return InterruptedTask(
            run=leaf.run,
            node=leaf.node,
            task=read_leaf(parse(raw).payload, self._container.codec).task if raw else "",
            attempt=leaf.attempt,
            worker=body.live.owner,
            outcome=body.outcome or InterruptOutcome.UNREACHABLE,
            checkpoint=self._reader.has_checkpoint(leaf.run, leaf.node),
        )


def _check(signal: str, grace: float) -> None:
    if signal not in Signals.__members__:
        raise OrchestratorError(f"{safe_repr(signal)} is no signal here: pass a name such as SIGTERM or SIGINT.")
    if grace < 0:
        raise OrchestratorError(f"A grace of {grace} s is not possible: pass 0 to kill at once, or more.")


def _host(live: Live) -> str:
    """The worker that runs a leaf, as Celery names it."""
    return live.owner.rsplit("/", 2)[0]


def _answers(answer: Any) -> dict[str, str]:
    """What one worker answers: nothing, where it does not know the command or has failed."""
    found = answer.get("ok") if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}
