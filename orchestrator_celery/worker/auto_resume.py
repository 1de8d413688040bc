"""Auto-resume: what has lost its worker starts again, by the project's rules, with a report."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from celery.exceptions import WorkerLostError
from kombu.utils.imports import symbol_by_name

from orchestrator_celery.canvas.approval import unanswered
from orchestrator_celery.dispatch.publisher import CLOSE_TASK, NOWHERE, PASSING
from orchestrator_celery.engine.recovery import Lost, Rules, Sighting, is_orphaned
from orchestrator_celery.errors import ApprovalTimeout, DeadlineExceeded
from orchestrator_celery.lifecycle.audit import acting, record
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.lifecycle.interrupt import Interruption
from orchestrator_celery.lifecycle.side_effects import Debts
from orchestrator_celery.lifecycle.suspend import Control
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import CLOSE, ROOT, LeafId, is_runner
from orchestrator_celery.model.reports import ResumeAction, ResumedNode, ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, LiveState, parse_live
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator
    from orchestrator_celery.store.due_index import Look
    from orchestrator_celery.store.worker_registry import Beat
    from orchestrator_celery.worker.reporter import Reports

__all__ = ("REPORT_EVENT", "Resumer", "Session", "rules_of")

#: Type of the Celery event of a sweep that acted.
REPORT_EVENT = "orchestrator-resume-report"

logger = logging.getLogger(__name__)


class Resumer:
    """Opens a session per sweep.

    Args:
        orchestrator: whose runs.
        reports: tells the store of lost nodes.
    """

    def __init__(self, orchestrator: Orchestrator, reports: Reports) -> None:
        self._orchestrator = orchestrator
        self._reports = reports
        #: The worker's name in the registry.
        self.member = ""

    @contextmanager
    def report(self, beat: Beat, runs: int) -> Iterator[Session]:
        """Treat runs; what was done is stored, logged in one line, once the sweep is through."""
        session = Session(self._orchestrator, self._reports, beat, self.member)
        try:
            yield session
        finally:
            if session.nodes:
                self._keep(session, beat, runs)

    def _keep(self, session: Session, beat: Beat, runs: int) -> None:
        report = ResumeReport(
            time=from_ms(beat.now), worker=self.member, dead=beat.dead, looked_at=runs, nodes=tuple(session.nodes)
        )
        self._orchestrator.store.keep_report(report.model_dump_json().encode())
        logger.info("Sweep: %s", report, extra={"action": "resume"})
        self._tell_monitors(report)

    def _tell_monitors(self, report: ResumeReport) -> None:
        """A Celery event, for whoever listens with Celery's own means."""
        counts = {str(action): len(report.of(action)) for action in ResumeAction}
        try:
            with self._orchestrator.app.events.default_dispatcher(hostname=self.member.rpartition("/")[0]) as events:
                events.send(REPORT_EVENT, **counts, dead=list(report.dead), looked_at=report.looked_at)
        except PASSING as exc:
            logger.debug("The event was not sent: %r", exc, extra={"action": "resume"})


class Session:
    """One sweep's view of the workers.

    Args:
        orchestrator: whose runs.
        reports: tells the store of lost nodes.
        beat: the sign of life the sweep follows.
        member: the worker that sweeps.
    """

    def __init__(self, orchestrator: Orchestrator, reports: Reports, beat: Beat, member: str) -> None:
        self._orchestrator = orchestrator
        self._reports = reports
        self._now = beat.now
        self._member = member
        self._sightings = _sightings(orchestrator, beat)
        self._rules = rules_of(orchestrator)
        self._resumed = 0
        self.nodes: list[ResumedNode] = []

    def treat(self, look: Look) -> None:
        """Start again what has lost its worker, note what was published again."""
        for effect in look.todo:
            if not isinstance(effect, (Dispatch, CloseRun)):
                continue  # no task: a decision that was not recorded
            leaf = effect.leaf
            self._note(leaf, self._task_name(leaf), ResumeAction.STARTED, leaf.attempt)
        lease = self._orchestrator.settings.lease * 1000
        for node, raw in look.running.items():
            live = parse_live(raw)
            task_id = look.run if node == CLOSE else f"{look.run}:{live.runner or f'{node}:{live.attempt}'}"
            sighting = self._sightings.get(live.owner.rpartition("/")[2], Sighting(alive=False))
            if is_orphaned(task_id, live.since.timestamp() * 1000, sighting, self._now, lease):
                alive = (
                    sighting.alive and live.phase is not LiveState.STOPPING
                )  # what was to be stopped does not fail by that
                self._treat_lost(LeafId(look.run, node, live.attempt), live, look.status, alive)

    def end(self, look: Look) -> None:
        """End a run that is over its deadline."""
        orchestrator = self._orchestrator
        limit = float(orchestrator.reader.head_field(look.run, HeadField.LIMIT) or 0) / 1000
        error = DeadlineExceeded(
            f"The run {look.run} did not end within its deadline of {limit:g} s: nothing more of it starts, and what "
            "still runs does not count. `run.tree()` shows what it was waiting for."
        )
        control = Control(orchestrator.store, orchestrator.publisher)
        try:
            ended = control.overdue(look.run, orchestrator.codec.dump_error(error))
        except PASSING as exc:
            logger.warning("Messages could not be sent now: %r", exc, extra={"action": "overdue", "run": look.run})
            return
        if ended:
            with acting(self._member, "sweeper"):
                entry = record("deadline", look.run, before=look.status, after=RunStatus.FAILED, reason=str(error))
            orchestrator.trail.append(entry.model_dump_json())
            self._note(LeafId(look.run, ROOT, 1), "", ResumeAction.FAILED, 1, reason=str(error))

    def conclude(self, look: Look) -> None:
        """Draw the consequences of a cancellation whose caller has not."""
        try:
            Cancellation(self._orchestrator).conclude(look.run)
        except PASSING as exc:
            logger.warning("A cancellation waits: %r", exc, extra={"action": "cancel", "run": look.run})

    def settle(self, look: Look) -> None:
        """Do what is still to be done about a change whose caller has not."""
        Debts(self._orchestrator).settle(look.run)

    def stop(self, look: Look) -> None:
        """Tell the workers once more what an interruption wants stopped."""
        try:
            Interruption(self._orchestrator).repeat(look.run, look.running, self._now)
        except PASSING as exc:
            logger.warning("An interruption waits: %r", exc, extra={"action": "interrupt", "run": look.run})

    def answer(self, look: Look) -> None:
        """Answer approvals nobody has answered in time, and keep the run in the list of those that wait."""
        orchestrator = self._orchestrator
        if look.waiting:
            orchestrator.store.awaits(look.run)
        for node, raw in zip(look.late, orchestrator.reader.definitions(look.run, look.late), strict=True):
            if raw is None:
                continue
            codec, well = orchestrator.codec, True
            try:
                blob = codec.dump_result(unanswered(codec.load(parse_definition(raw).payload)))
            except ApprovalTimeout as error:
                blob, well = codec.dump_error(error, ""), False
            effects = orchestrator.store.answer(look.run, node, blob, well=well, late=True)
            self._reports.send(effects, NOWHERE, {"action": "answer", "run": look.run, "node": node})

    def _treat_lost(self, leaf: LeafId, live: Live, status: RunStatus, alive: bool) -> None:
        name = self._task_name(leaf)
        policy = getattr(self._orchestrator.app.tasks.get(name), "orchestrator", None)
        lost = Lost(
            leaf.run,
            leaf.node,
            name,
            leaf.attempt,
            live.owner,
            self._orchestrator.reader.has_checkpoint(leaf.run, leaf.node),
        )
        said = policy.auto_resume if isinstance(policy, TaskPolicy) else None
        # The closing message is ours: no rule about the project's tasks may keep Celery from the outcome.
        refusal = None if leaf.node == CLOSE or is_runner(leaf.node) else self._rules.refusal(lost, said)
        delay = self._resumed * self._orchestrator.settings.auto_resume_delay
        if refusal is not None and alive:
            # Only its process is gone, not its worker: it fails, as it does natively.
            lost_error = WorkerLostError(f"The process that ran {name} is gone.")
            self._reports.failed(leaf, live.fence, lost_error, "")
            self._note(leaf, name, ResumeAction.FAILED, leaf.attempt, owner=live.owner, reason=refusal)
            return
        outcome = self._reports.lost(policy, name, leaf, live.fence, delay=delay, hold=refusal is not None)
        if outcome is None:
            return
        self._resumed += outcome is ResumeAction.RESUMED
        attempt = leaf.attempt + (outcome is ResumeAction.RESUMED)
        resumed = outcome is ResumeAction.RESUMED
        if resumed and status in (RunStatus.SUSPENDED, RunStatus.INTERRUPTED):
            outcome = ResumeAction.KEPT  # it starts with the run's own resumption
        self._note(
            leaf,
            name,
            outcome,
            attempt,
            owner=live.owner,
            checkpoint=lost.checkpoint and resumed,
            delay=delay if resumed else 0.0,
            reason=refusal or "",
        )

    def _note(self, leaf: LeafId, task: str, action: ResumeAction, attempt: int, **facts: Any) -> None:
        self.nodes.append(ResumedNode(run=leaf.run, node=leaf.node, task=task, action=action, attempt=attempt, **facts))

    def _task_name(self, leaf: LeafId) -> str:
        if leaf.node == CLOSE:
            return CLOSE_TASK
        [raw] = self._orchestrator.reader.definitions(leaf.run, [leaf.node])
        return read_leaf(parse_definition(raw).payload, self._orchestrator.codec).task if raw else ""


def rules_of(orchestrator: Orchestrator) -> Rules:
    """The project's rules, with its validators imported."""
    settings = orchestrator.settings
    validators = tuple(symbol_by_name(path) for path in settings.auto_resume_validators)
    return Rules(settings.auto_resume, settings.auto_resume_include, settings.auto_resume_exclude, validators)


def _sightings(orchestrator: Orchestrator, beat: Beat) -> dict[str, Sighting]:
    """What is known of each worker, by its incarnation, which is the last part of an owner's name."""
    registry = orchestrator.registry
    alive = set(registry.alive(beat.now))
    found = {member.rpartition("/")[2]: Sighting(alive=False, buried=True) for member in beat.dead}
    for member, life in registry.lives().items():
        if member in alive:
            found[member.rpartition("/")[2]] = Sighting(True, False, life.seen, life.active)
    return found
