"""Auto-resume: what has lost its worker starts again, by the project's rules, with a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
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
from orchestrator_celery.lifecycle.side_effects import SideEffects
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import CLOSE, ROOT, LeafId, is_runner
from orchestrator_celery.model.reports import LISTED, ResumeAction, ResumedNode, ResumeReport
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.text import printable
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.leaf import read_leaf
from orchestrator_celery.records.live import Live, LiveState, parse_live
from orchestrator_celery.settings import TaskPolicy

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.due_index import Look
    from orchestrator_celery.store.worker_registry import Beat
    from orchestrator_celery.worker.reporter import Reporter

__all__ = ("REPORT_EVENT", "AutoResume", "ResumeSession", "rules_of")

#: Type of the Celery event of a sweep that acted.
REPORT_EVENT = "orchestrator-resume-report"

logger = safe_logger(__name__)


class AutoResume:
    """Opens a session per sweep.

    Args:
        container: the parts of the orchestrator.
        reporter: tells the store of lost nodes.
    """

    def __init__(self, container: Container, reporter: Reporter) -> None:
        self._container = container
        self._reporter = reporter
        #: The worker's name in the registry.
        self.member = ""

    @contextmanager
    def report(self, beat: Beat, runs: int) -> Iterator[ResumeSession]:
        """Treat runs; what was done is stored, logged in one line, once the sweep is through."""
        session = ResumeSession(self._container, self._reporter, beat, self.member)
        try:
            yield session
        finally:
            if session.nodes:
                self._keep(session, beat, runs)

    def _keep(self, session: ResumeSession, beat: Beat, runs: int) -> None:
        report = ResumeReport(
            time=from_ms(beat.now),
            worker=self.member,
            dead=beat.dead,
            looked_at=runs,
            nodes=tuple(session.nodes),
            counts=dict(session.counts),
        )
        self._container.store.keep_report(report.model_dump_json(exclude_defaults=True).encode())
        logger.info("Sweep: %s", report, extra={"action": "resume"})
        self._tell_monitors(report)

    def _tell_monitors(self, report: ResumeReport) -> None:
        """A Celery event, for whoever listens with Celery's own means."""
        counts = {str(action): report.count(action) for action in ResumeAction}
        try:
            with self._container.app.events.default_dispatcher(hostname=self.member.rpartition("/")[0]) as events:
                events.send(REPORT_EVENT, **counts, dead=list(report.dead), looked_at=report.looked_at)
        except TRANSIENT_ERRORS as exc:
            logger.debug("The event was not sent: %r", exc, extra={"action": "resume"})


class ResumeSession:
    """One sweep's view of the workers.

    Args:
        container: the parts of the orchestrator.
        reporter: tells the store of lost nodes.
        beat: the sign of life the sweep follows.
        member: the worker that sweeps.
    """

    def __init__(self, container: Container, reporter: Reporter, beat: Beat, member: str) -> None:
        self._container = container
        self._reporter = reporter
        self._now = beat.now
        self._member = member
        self._sightings = _sightings(container, beat)
        self._rules = rules_of(container)
        self._resumed = 0
        #: What was done: the first nodes of each action, and how many there were.
        self.nodes: list[ResumedNode] = []
        self.counts: Counter[ResumeAction] = Counter()

    def treat(self, look: Look) -> None:
        """Start again what has lost its worker, note what was published again."""
        for effect in look.todo:
            if not isinstance(effect, (Dispatch, CloseRun)):
                continue  # no task: a decision that was not recorded
            leaf = effect.leaf
            self._note(leaf, self._task_name(leaf), ResumeAction.STARTED, leaf.attempt)
        lease = self._container.settings.lease * 1000
        for node, raw in look.running.items():
            live = parse_live(raw)
            task_id = look.run if node == CLOSE else f"{look.run}:{live.runner or f'{node}:{live.attempt}'}"
            sighting = self._sightings.get(live.owner.rpartition("/")[2], Sighting(alive=False))
            if is_orphaned(task_id, live.since.timestamp() * 1000, sighting, self._now, lease):
                alive = (
                    sighting.alive and live.phase is not LiveState.STOPPING
                )  # what was to be stopped does not fail by that
                self._treat_lost(LeafId(look.run, node, live.attempt), live, look.status, alive)

    def begin(self, look: Look) -> None:
        """Start a run whose delay is over."""
        expired = self._container.codec.dump_error(TaskRevokedError("expired"), "")
        effects = self._container.store.begin(look.run, expired)
        self._reporter.send(effects, NO_ORIGIN, {"action": "begin", "run": look.run})

    def end(self, look: Look) -> None:
        """End a run that is over its deadline."""
        container = self._container
        limit = float(container.reader.head_field(look.run, HeadField.LIMIT) or 0) / 1000
        error = DeadlineExceeded(
            f"The run {look.run} did not end within its deadline of {limit:g} s: nothing more of it starts, and what "
            "still runs does not count. `run.tree()` shows what it was waiting for."
        )
        try:
            ended = fail_overdue(container, look.run, container.codec.dump_error(error))
        except TRANSIENT_ERRORS as exc:
            logger.warning("Messages could not be sent now: %r", exc, extra={"action": "overdue", "run": look.run})
            return
        if ended:
            with acting(self._member, "sweeper"):
                entry = record("deadline", look.run, before=look.status, after=RunStatus.FAILED, reason=str(error))
            container.audit_stream.append(entry.model_dump_json())
            self._note(LeafId(look.run, ROOT, 1), "", ResumeAction.FAILED, 1, reason=str(error))

    def put_aside(self, look: Look) -> None:
        """Report a run whose record cannot be read."""
        logger.error(
            "The record of the run %s cannot be read, so the run is put aside for ten minutes: %s",
            look.run,
            look.problem,
            extra={"action": "unreadable", "run": look.run},
        )
        self._note(LeafId(look.run, ROOT, 1), "", ResumeAction.UNREADABLE, 1, reason=look.problem)

    def conclude(self, look: Look) -> None:
        """Draw the consequences of a cancellation whose caller has not."""
        try:
            Cancellation(self._container).conclude(look.run)
        except TRANSIENT_ERRORS as exc:
            logger.warning("A cancellation waits: %r", exc, extra={"action": "cancel", "run": look.run})

    def settle(self, look: Look) -> None:
        """Do what is still to be done about a change whose caller has not."""
        SideEffects(self._container).settle(look.run)

    def stop(self, look: Look) -> None:
        """Tell the workers once more what an interruption wants stopped."""
        try:
            Interruption(self._container).repeat(look.run, look.running, self._now)
        except TRANSIENT_ERRORS as exc:
            logger.warning("An interruption waits: %r", exc, extra={"action": "interrupt", "run": look.run})

    def answer(self, look: Look) -> None:
        """Answer approvals nobody has answered in time, and keep the run in the list of those that wait."""
        container = self._container
        if look.waiting:
            container.store.graphs.awaits(look.run)
        for node, raw in zip(look.late, container.reader.definitions(look.run, look.late), strict=True):
            if raw is None:
                continue
            codec, well = container.codec, True
            try:
                blob = codec.dump_result(timeout_result(codec.load(parse_definition(raw).payload)))
            except ApprovalTimeout as error:
                blob, well = codec.dump_error(error, ""), False
            effects = container.store.graphs.answer(look.run, node, blob, well=well, late=True)
            self._reporter.send(effects, NO_ORIGIN, {"action": "answer", "run": look.run, "node": node})

    def _treat_lost(self, leaf: LeafId, live: Live, status: RunStatus, alive: bool) -> None:
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
        said = policy.auto_resume if isinstance(policy, TaskPolicy) else None
        # The closing message is ours: no rule about the project's tasks may keep Celery from the outcome.
        refusal = None if leaf.node == CLOSE or is_runner(leaf.node) else self._rules.refusal(lost, said)
        delay = self._resumed * self._container.settings.auto_resume_delay
        if refusal is not None and alive:
            # Only its process is gone, not its worker: it fails, as it does natively.
            lost_error = WorkerLostError(f"The process that ran {printable(name)} is gone.")
            self._reporter.failed(leaf, live.fence, lost_error, "")
            self._note(leaf, name, ResumeAction.FAILED, leaf.attempt, owner=live.owner, reason=refusal)
            return
        outcome = self._reporter.lost(policy, name, leaf, live.fence, delay=delay, hold=refusal is not None)
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
        self.counts[action] += 1
        if self.counts[action] <= LISTED:
            node = ResumedNode(run=leaf.run, node=leaf.node, task=task, action=action, attempt=attempt, **facts)
            self.nodes.append(node)

    def _task_name(self, leaf: LeafId) -> str:
        if leaf.node == CLOSE:
            return CLOSE_TASK
        [raw] = self._container.reader.definitions(leaf.run, [leaf.node])
        return read_leaf(parse_definition(raw).payload, self._container.codec).task if raw else ""


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
    """The project's rules, with its validators imported."""
    settings = container.settings
    validators = tuple(_imported(path) for path in settings.auto_resume_validators)
    return Rules(settings.auto_resume, settings.auto_resume_include, settings.auto_resume_exclude, validators)


def _sightings(container: Container, beat: Beat) -> dict[str, Sighting]:
    """What is known of each worker, by its incarnation, which is the last part of an owner's name."""
    registry = container.registry
    alive = set(registry.alive(beat.now))
    found = {member.rpartition("/")[2]: Sighting(alive=False, buried=True) for member in beat.dead}
    for member, life in registry.lives().items():
        if member in alive:
            found[member.rpartition("/")[2]] = Sighting(True, False, life.seen, life.active)
    return found
