"""Auto-resume: starts tasks again after their worker is lost, as the project's rules allow, and reports it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from celery.exceptions import TaskRevokedError, WorkerLostError
from kombu.utils.imports import symbol_by_name

from orchestrator_celery.canvas.approval import timeout_result
from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.dispatch.publisher import CLOSE_TASK, NO_ORIGIN
from orchestrator_celery.engine.recovery import LostNode, Rules, Sighting, is_orphaned
from orchestrator_celery.errors import ApprovalTimeout, DeadlineExceeded, InvalidSettings
from orchestrator_celery.lifecycle.audit import acting, record
from orchestrator_celery.lifecycle.cancel import Cancellation
from orchestrator_celery.lifecycle.deadline import fail_overdue
from orchestrator_celery.lifecycle.interrupt import Interruption
from orchestrator_celery.lifecycle.side_effects.pending import SideEffects
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.effects import CloseRun, Dispatch, Effect
from orchestrator_celery.model.ids import CLOSE, ROOT, LeafId, is_runner
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.reports import LISTED, ResumeAction, ResumedNode, ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.definitions import parse_definition, payload_of
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, parse_live
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.due_index import RunCheck
    from orchestrator_celery.store.worker_registry import Beat
    from orchestrator_celery.worker.bodies.reporter import Reporter

__all__ = ("REPORT_EVENT", "AutoResume", "ResumeSession", "rules_of")

#: Type of the Celery event that a sweep sends after it changed something.
REPORT_EVENT = "orchestrator-resume-report"

logger = safe_logger(__name__)


class AutoResume:
    """Opens one `ResumeSession` for each sweep of the reconciler.

    Args:
        container: the parts of the orchestrator.
        reporter: reports lost nodes to the store.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter
        #: This worker's name in the registry; set when the worker is ready.
        self.member = ""

    @contextmanager
    def session(self, beat: Beat) -> Iterator[ResumeSession]:
        """Open the session of one sweep. At its end, store and log one report if the sweep changed something.

        Args:
            beat: the heartbeat that triggered the sweep.
        """
        session = ResumeSession(self._container, self._reporter, beat, self.member)
        try:
            yield session
        finally:
            if session.nodes:
                self._store_report(session, beat)

    def _store_report(self, session: ResumeSession, beat: Beat) -> None:
        report = ResumeReport(
            time=from_ms(beat.now),
            worker=self.member,
            dead=beat.dead,
            looked_at=session.looked_at,
            nodes=tuple(session.nodes),
            counts=dict(session.counts),
        )
        self._container.store.keep_report(report.model_dump_json(exclude_defaults=True).encode())
        logger.info("Sweep: %s", report, extra={"action": "resume"})
        self._send_event(report)

    def _send_event(self, report: ResumeReport) -> None:
        """Send the counts as a Celery event, for Celery's own monitoring tools."""
        counts = {str(action): report.count(action) for action in ResumeAction}
        try:
            with self._container.app.events.default_dispatcher(hostname=self.member.rpartition("/")[0]) as events:
                events.send(REPORT_EVENT, **counts, dead=list(report.dead), looked_at=report.looked_at)
        except TRANSIENT_ERRORS as exc:
            logger.debug("The Celery event of the resume report was not sent: %r", exc, extra={"action": "resume"})


class ResumeSession:
    """The actions of one sweep, and its view of the workers.

    Args:
        container: the parts of the orchestrator.
        reporter: reports lost nodes to the store.
        beat: the heartbeat that triggered the sweep.
        member: name of the worker that sweeps.
    """

    def __init__(self, container: Container, reporter: Reporter, beat: Beat, member: str) -> None:
        self._container = container
        self._reporter = reporter
        self._now = beat.now
        self._member = member
        self._sightings = _sightings(container, beat)
        self._rules = rules_of(container)
        self._resumed = 0
        #: Number of runs that were checked.
        self.looked_at = 0
        #: What was done: the first nodes of each action, and how many there were.
        self.nodes: list[ResumedNode] = []
        self.counts: Counter[ResumeAction] = Counter()

    def note_started(self, effects: Iterable[Effect]) -> None:
        """Add messages that are published again to the report."""
        for effect in effects:
            if not isinstance(effect, (Dispatch, CloseRun)):
                continue  # an unrecorded decision of a graph has no task
            leaf = effect.leaf
            is_listed = self.counts[ResumeAction.STARTED] < LISTED
            self._note(leaf, self._name_in(effect) if is_listed else "", ResumeAction.STARTED, leaf.attempt)

    def resume_lost(self, check: RunCheck) -> None:
        """Start the run's lost tasks again."""
        lease = self._container.settings.lease * 1000
        for node, raw in check.running.items():
            live = parse_live(raw)
            task_id = check.run if node == CLOSE else f"{check.run}:{live.runner or f'{node}:{live.attempt}'}"
            sighting = self._sightings.get(live.owner.rpartition("/")[2], Sighting(alive=False))
            if is_orphaned(task_id, live.since.timestamp() * 1000, sighting, self._now, lease):
                alive = (
                    sighting.alive and check.status is not RunStatus.INTERRUPTED
                )  # an interrupted node does not fail because its process is gone
                self._handle_lost(LeafId(check.run, node, live.attempt), live, check.status, alive)

    def begin(self, check: RunCheck) -> None:
        """Start a run whose delay is over."""
        expired = self._container.codec.dump_error(TaskRevokedError("expired"), "")
        effects = self._container.store.begin(check.run, expired)
        self._reporter.send(effects, NO_ORIGIN, {"action": "begin", "run": check.run})

    def fail_overdue_run(self, check: RunCheck) -> None:
        """Fail a run that has passed its deadline."""
        container = self._container
        limit = float(container.reader.head_field(check.run, HeadField.LIMIT) or 0) / 1000
        error = DeadlineExceeded(
            f"The run {check.run} did not end within its deadline of {limit:g} s. No more of its tasks start, "
            "and results of tasks that still run are ignored. `run.tree()` shows the unfinished tasks."
        )
        try:
            ended = fail_overdue(container, check.run, container.codec.dump_error(error))
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "Messages of an overdue run cannot be sent now: %r",
                exc,
                extra={"action": "overdue", "run": check.run},
            )
            return
        if ended:
            with acting(self._member, "sweeper"):
                entry = record("deadline", check.run, before=check.status, after=RunStatus.FAILED, reason=str(error))
            container.audit_stream.append(entry.model_dump_json())
            self._note(LeafId(check.run, ROOT, 1), "", ResumeAction.FAILED, 1, reason=str(error))

    def put_aside(self, check: RunCheck) -> None:
        """Report a run whose record cannot be read."""
        logger.error(
            "The record of the run %s cannot be read, so the run is put aside for ten minutes: %s",
            check.run,
            check.problem,
            extra={"action": "unreadable", "run": check.run},
        )
        self._note(LeafId(check.run, ROOT, 1), "", ResumeAction.UNREADABLE, 1, reason=check.problem)

    def finish_cancellation(self, check: RunCheck) -> None:
        """Finish a cancellation whose caller did not."""
        try:
            Cancellation(self._container).finish(check.run)
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "A cancellation cannot be finished now: %r",
                exc,
                extra={"action": "cancel", "run": check.run},
            )

    def apply_side_effects(self, check: RunCheck) -> None:
        """Apply the pending side effects of a state change whose caller did not."""
        SideEffects(self._container).apply(check.run)

    def resend_stop_commands(self, check: RunCheck) -> None:
        """Send the stop command of an interruption to the workers again."""
        try:
            Interruption(self._container).resend(check.run, check.running, self._now)
        except TRANSIENT_ERRORS as exc:
            logger.warning(
                "A stop command cannot be sent now: %r",
                exc,
                extra={"action": "interrupt", "run": check.run},
            )

    def answer_overdue_approvals(self, check: RunCheck) -> None:
        """Apply `on_timeout` to approvals that were not answered in time, and list the run if approvals are open."""
        container = self._container
        if check.waiting:
            container.store.graphs.awaits(check.run)
        for node, raw in zip(
            check.overdue_approvals, container.reader.definitions(check.run, check.overdue_approvals), strict=True
        ):
            if raw is None:
                continue
            codec, well = container.codec, True
            try:
                blob = codec.dump_result(timeout_result(codec.load(parse_definition(raw).payload)))
            except ApprovalTimeout as error:
                blob, well = codec.dump_error(error, ""), False
            effects = container.store.graphs.answer(check.run, node, blob, well=well, late=True)
            self._reporter.send(effects, NO_ORIGIN, {"action": "answer", "run": check.run, "node": node})

    def _handle_lost(self, leaf: LeafId, live: Live, status: RunStatus, alive: bool) -> None:
        name = self._task_name(leaf)
        policy = getattr(self._container.app.tasks.get(name), "orchestrator", None)
        lost = LostNode(
            leaf.run,
            leaf.node,
            name,
            leaf.attempt,
            live.owner,
            self._container.reader.has_checkpoint(leaf.run, leaf.node),
        )
        policy_choice = policy.auto_resume if isinstance(policy, TaskPolicy) else None
        # No rule applies to the closing message: it is internal, and Celery must learn the run's outcome.
        refusal = None if leaf.node == CLOSE or is_runner(leaf.node) else self._rules.refusal(lost, policy_choice)
        delay = self._resumed * self._container.settings.auto_resume_delay
        if refusal is not None and alive:
            # Its worker is alive and only its process is gone, so the task fails, as in Celery.
            lost_error = WorkerLostError(f"The process that ran {printable(name)} is gone.")
            self._reporter.failed_elsewhere(leaf, live.fence, lost_error, "")
            self._note(leaf, name, ResumeAction.FAILED, leaf.attempt, owner=live.owner, reason=refusal)
            return
        outcome = self._reporter.lost(policy, name, leaf, live.fence, delay=delay, hold=refusal is not None)
        if outcome is None:
            return
        self._resumed += outcome is ResumeAction.RESUMED
        attempt = leaf.attempt + (outcome is ResumeAction.RESUMED)
        resumed = outcome is ResumeAction.RESUMED
        if resumed and status in (RunStatus.SUSPENDED, RunStatus.INTERRUPTED):
            outcome = ResumeAction.KEPT  # it starts when the run is resumed
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
        self.counts[action] += 1
        if self.counts[action] <= LISTED:
            node = ResumedNode(run=leaf.run, node=leaf.node, task=task, action=action, attempt=attempt, **facts)
            self.nodes.append(node)

    def _task_name(self, leaf: LeafId) -> str:
        if leaf.node == CLOSE:
            return CLOSE_TASK
        [raw] = self._container.reader.definitions(leaf.run, [leaf.node])
        return read_leaf(parse_definition(raw).payload, self._container.codec).task if raw else ""

    def _name_in(self, effect: Dispatch | CloseRun) -> str:
        """The name of the task in an effect, without a call to the store."""
        if isinstance(effect, CloseRun):
            return CLOSE_TASK
        return read_leaf(payload_of(effect.spec), self._container.codec).task


def _imported(path: str) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = symbol_by_name(path)
    except (ImportError, AttributeError, ValueError) as exc:
        raise InvalidSettings(
            f"orchestrator_auto_resume_validators names {path!r}, which cannot be imported: {exc}. Give paths of "
            "callables, such as 'proj.rules.may_resume'."
        ) from exc
    if not callable(found):
        raise InvalidSettings(f"orchestrator_auto_resume_validators names {path!r}, which is not a callable.")
    return found


def rules_of(container: Container) -> Rules:
    """Return the project's auto-resume rules, with the validators imported."""
    settings = container.settings
    validators = tuple(_imported(path) for path in settings.auto_resume_validators)
    return Rules(settings.auto_resume, settings.auto_resume_include, settings.auto_resume_exclude, validators)


def _sightings(container: Container, beat: Beat) -> dict[str, Sighting]:
    """Return the state of each worker by its incarnation, the last part of an owner's name."""
    registry = container.registry
    alive = set(registry.alive(beat.now))
    found = {member.rpartition("/")[2]: Sighting(alive=False, buried=True) for member in beat.dead}
    for member, life in registry.lives().items():
        if member in alive:
            found[member.rpartition("/")[2]] = Sighting(True, False, life.seen, life.active)
    return found
