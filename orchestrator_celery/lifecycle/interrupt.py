"""Interrupts a run: changes its status, sends one command to the workers, and reports the outcome of each task.

After the change of the status no task starts any more, even if the caller dies.
The workers then stop the running tasks, each by its own clock. If a worker does
not answer, its task is fenced off: it gets a new attempt, and the reports of the
old attempt are refused.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from math import inf
from signal import Signals
from typing import TYPE_CHECKING, Any

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.errors import InvalidTransition, OrchestratorError, RunNotFound
from orchestrator_celery.lifecycle.refusal import check
from orchestrator_celery.lifecycle.side_effects.nested_runs import INSIDE
from orchestrator_celery.lifecycle.side_effects.stopped_bodies import BodyOutcomes, StoppedBody, by_run
from orchestrator_celery.model.ids import CLOSE, LeafId, is_runner
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.reports import InterruptedTask, InterruptOutcome, InterruptReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.fields import HeadField, parse_stop
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, parse_live
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.worker_registry import StopTasks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Interruption",)

logger = safe_logger(__name__)

_REPLY = 5.0  # seconds to wait for the workers' answers, at most
_KILL_WAIT = 5.0  # seconds that a process may need to exit after SIGKILL and to be reported
_POLL = 0.05


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
        """Interrupt a run, and report the outcome of each running task.

        Args:
            run: id of the run.
            signal: the first signal for the processes.
            grace: seconds until SIGKILL.

        Raises:
            RunNotFound: there is no such run.
            InvalidTransition: the run has ended, or it is interrupted and none of its tasks runs.
            OrchestratorError: there is no such signal, or the grace is negative; nothing was done.
        """
        _check(signal, grace)
        begun = time.monotonic()
        outcomes = BodyOutcomes(self._reader)
        bodies = self._mark(run, signal, grace, outcomes)
        if bodies:
            self._send_stop_command(run, bodies, signal, grace)
            silent = [body for body in bodies if not body.answer]
            if silent:
                self._order(run, silent, signal, grace)
            self._wait(bodies, outcomes, begun + grace + self._time_to_hear(silent))
            for body in bodies:
                if body.outcome is None:
                    self._fence_off(body, outcomes)
        tasks = self._report([body for body in bodies if not is_runner(body.leaf.node)])
        return InterruptReport(run=run, signal=signal, grace=grace, tasks=tasks)

    def resend(self, run: str, running: Mapping[str, bytes], now: float) -> None:
        """Send the stop command again, because the caller may have died before it sent the command.

        A worker that has sent the signal does nothing more. If the run was resumed meanwhile, the stopped tasks start
        again at once.

        Args:
            run: id of the run.
            running: the records of its running tasks, by node. The run is interrupted.
            now: the store's clock, in ms.
        """
        if not running:
            return
        status, wanted = self._reader.head_fields(run, HeadField.STATUS, HeadField.STOP)
        if wanted is None or status != RunStatus.INTERRUPTED.value.encode():
            return
        order = parse_stop(wanted)
        if now < order.since + _REPLY * 1000:
            return
        found = {node: parse_live(raw) for node, raw in running.items() if node != CLOSE}
        nodes = {node: live for node, live in found.items() if _in_ms(live.since) <= order.since}
        if not nodes:
            return
        bodies = [StoppedBody(LeafId(run, node, live.attempt), live) for node, live in nodes.items()]
        self._order(run, bodies, order.signal, order.grace)
        self._container.app.control.broadcast(
            "orchestrator_stop",
            arguments={
                "ids": list(_with_runners(bodies)),
                "signal": order.signal,
                "grace": order.grace,
                "again": True,
            },
            destination=sorted({_host(live) for live in nodes.values()}),
        )

    def _order(self, run: str, bodies: list[StoppedBody], signal: str, grace: float) -> None:
        """Leave an order for workers that do not hear the command; they read it with their next heartbeat."""
        try:
            self._container.registry.order_stop(StopTasks("", _with_runners(bodies), signal, grace))
        except UNREACHABLE as exc:
            logger.warning(
                "The stop order cannot be stored; the next sweep repeats it: %r",
                exc,
                extra={"action": "interrupt", "run": run},
            )

    def _mark(self, run: str, signal: str, grace: float, outcomes: BodyOutcomes) -> list[StoppedBody]:
        """Change the status of the run and of its nested runs; return the running tasks."""
        effects = self._store.interrupt(run, signal, grace)
        check(effects, run, "interrupt")
        inner, found, moment = effects.detail
        outcomes.begin(run, int(moment))
        bodies = [
            StoppedBody(LeafId(run, found[i].decode(), live.attempt), live)
            for i in range(0, len(found), 2)
            for live in (parse_live(found[i + 1]),)
        ]
        for other in inner:
            try:
                bodies += self._mark(other.decode(), signal, grace, outcomes)
            except (RunNotFound, InvalidTransition):
                continue  # the nested run has ended, or has not started
        if inner:
            self._store.settled(run, INSIDE)
        return bodies

    def _send_stop_command(self, run: str, bodies: list[StoppedBody], signal: str, grace: float) -> None:
        """Send one command to the workers of the tasks. Each worker answers for the tasks that it runs."""
        ids = _with_runners(bodies)
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
                "The stop command cannot be sent to the workers; number of tasks: %d, error: %r",
                len(ids),
                exc,
                extra={"action": "interrupt", "run": run},
            )
            return
        words: dict[str, str] = {}
        for reply in replies or ():
            for answer in reply.values():
                words.update(_answers(answer))
        for body in bodies:  # a leaf without a message of its own has the answer of its runner
            runner = f"{body.leaf.run}:{body.live.runner}" if body.live.runner else ""
            body.answer = words.get(runner) or words.get(str(body.leaf), "")

    def _time_to_hear(self, silent: list[StoppedBody]) -> float:
        """Seconds in which a live worker that did not answer reads the order."""
        workers = {body.live.owner.rpartition("/")[2] for body in silent}
        is_alive = any(self._container.worker_alive(incarnation) for incarnation in workers)
        return 2 * self._container.settings.heartbeat if is_alive else 0.0

    def _wait(self, bodies: list[StoppedBody], outcomes: BodyOutcomes, deadline: float) -> None:
        """Wait until every task has ended or is held back, or until the time is over."""
        while open_ := [body for body in bodies if body.outcome is None]:
            outcomes.look(open_)
            now = time.monotonic()
            # A task that cannot be killed may still stop itself until the grace is over.
            last = deadline + _KILL_WAIT if any(body.answer != "unsupported" for body in open_) else deadline
            if now >= last:
                return
            time.sleep(_POLL)

    def _fence_off(self, body: StoppedBody, outcomes: BodyOutcomes) -> None:
        if body.answer == "unsupported":
            body.outcome = InterruptOutcome.UNSUPPORTED
            return
        word = InterruptOutcome.UNREACHABLE
        fenced = self._store.stopped(body.leaf, body.live.fence, word.value)
        if fenced.refused is not None:
            outcomes.look([body])
        body.outcome = body.outcome or word
        self._container.publisher.act(fenced.todo)

    def _report(self, bodies: list[StoppedBody]) -> tuple[InterruptedTask, ...]:
        names: dict[LeafId, str] = {}
        kept: set[LeafId] = set()
        for run, leaves in by_run(bodies).items():
            nodes = [leaf.node for leaf in leaves]
            for leaf, raw in zip(leaves, self._reader.definitions(run, nodes), strict=True):
                names[leaf] = read_leaf(parse_definition(raw).payload, self._container.codec).task if raw else ""
            with_checkpoint = self._reader.with_checkpoint(run, nodes)
            kept |= {leaf for leaf in leaves if leaf.node in with_checkpoint}
        return tuple(
            InterruptedTask(
                run=body.leaf.run,
                node=body.leaf.node,
                task=names[body.leaf],
                attempt=body.leaf.attempt,
                worker=body.live.owner,
                outcome=body.outcome or InterruptOutcome.UNREACHABLE,
                checkpoint=body.leaf in kept,
            )
            for body in bodies
        )


def _check(signal: str, grace: float) -> None:
    if signal not in Signals.__members__:
        raise OrchestratorError(
            f"{safe_repr(signal)} is not a signal of this system: pass a name such as SIGTERM or SIGINT."
        )
    if isinstance(grace, bool) or not isinstance(grace, (int, float)) or not 0 <= grace < inf:
        raise OrchestratorError(
            f"grace={safe_repr(grace)} is not allowed: pass seconds, 0 or more. With 0 the processes are killed at "
            "once."
        )


def _with_runners(bodies: list[StoppedBody]) -> tuple[str, ...]:
    """Return the ids of the tasks; a task without a message of its own is stopped by its runner."""
    runners = {f"{body.leaf.run}:{body.live.runner}" for body in bodies if body.live.runner}
    return tuple(sorted(runners | {str(body.leaf) for body in bodies}))


def _in_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _host(live: Live) -> str:
    """Return the Celery name of the worker that runs a leaf."""
    return live.owner.rsplit("/", 2)[0]


def _answers(answer: Any) -> dict[str, str]:
    """Return the answer of one worker; empty if the worker does not know the command or failed."""
    found = answer.get("ok") if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}
