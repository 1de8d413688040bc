"""Composition root: builds the parts of an orchestrator from the settings, each when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING
from uuid import uuid4

from kombu.utils.imports import symbol_by_name

from orchestrator_celery.dispatch.app_identity import identify
from orchestrator_celery.dispatch.lanes import Lanes
from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.dispatch.run_results import RunResults
from orchestrator_celery.dispatch.worker_survey import WorkerSurvey
from orchestrator_celery.dispatch.worker_tasks import WorkerTasks
from orchestrator_celery.engine.batching import Batching
from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.errors import InvalidSettings, StoreNotConfigured
from orchestrator_celery.model.printing.redaction import redacted
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import safe_repr, safe_str
from orchestrator_celery.records.notices.pending import OwedChange
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.records.statistics import Counted, Kind
from orchestrator_celery.records.streams.feed import FeedEntry
from orchestrator_celery.settings import OrchestratorSettings
from orchestrator_celery.store import Store
from orchestrator_celery.store.audit_stream import AuditTrail
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.buffers.feed_buffer import FeedBuffer
from orchestrator_celery.store.buffers.log_buffer import LogBuffer
from orchestrator_celery.store.buffers.notice_buffer import NoticeBuffer
from orchestrator_celery.store.buffers.statistics_buffer import StatisticsBuffer
from orchestrator_celery.store.catalogs.saved_graphs import SavedGraphs
from orchestrator_celery.store.catalogs.saved_views import ViewStore
from orchestrator_celery.store.connection import connect
from orchestrator_celery.store.feed.stream import FeedStream
from orchestrator_celery.store.logged_runs import LoggedRuns
from orchestrator_celery.store.notices.rules import Rules
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.scripting.script_call import Subscribed
from orchestrator_celery.store.statistics.counters import StatisticsStore
from orchestrator_celery.store.statistics.recent import RecentDurations
from orchestrator_celery.store.worker_registry import WorkerRegistry

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.dispatch.traces.run_traces import RunTraces
    from orchestrator_celery.model.observe.tasks import TaskInfo

__all__ = ("Container",)

logger = safe_logger(__name__)


class Container:
    """The parts of one orchestrator. No setting is read and no connection is opened before a part is used.

    Args:
        app: the Celery app.
    """

    def __init__(self, app: Celery) -> None:
        self.app = app
        #: One life of this process. The children of a worker's pool share it.
        self.incarnation = uuid4().hex[:8]
        #: Shares of their tasks that graphs have run, by name, and when that was looked up; see `views/progress.py`.
        self.usual_shares: dict[str, tuple[float, float]] = {}
        #: What workers told of tasks that this process lacks, by name, and when; see `views/task_infos.py`.
        self.told_tasks: dict[str, tuple[float, TaskInfo | None]] = {}
        #: Sends the notices of changes of a run. A higher layer does that; the installation sets it.
        self.send_notices: Callable[[str, Sequence[OwedChange]], object] = lambda run, changes: None

    @cached_property
    def settings(self) -> OrchestratorSettings:
        """The settings, read once.

        Raises:
            InvalidSettings: names every key that is unknown or has a value that is not allowed.
        """
        # `tasks` would finalize an app that is still importing its tasks; `_tasks` holds those registered so far.
        policies = {name: getattr(task, "orchestrator", None) for name, task in self.app._tasks.items()}  # type: ignore[attr-defined, unused-ignore]
        return OrchestratorSettings.read(self.app.conf, policies)

    @cached_property
    def redact(self) -> Callable[[str], str]:
        """The function that removes secrets from a text, by `orchestrator_redact`.

        Raises:
            InvalidSettings: the setting cannot be imported or is no function.
        """
        path = self.settings.redact
        if path is None:
            return redacted
        try:
            found = symbol_by_name(path)
        except (ImportError, AttributeError, ValueError) as exc:
            raise InvalidSettings(f"orchestrator_redact={safe_repr(path)} cannot be imported: {safe_str(exc)}") from exc
        if not callable(found):
            raise InvalidSettings(f"orchestrator_redact={safe_repr(path)} is no function.")
        return lambda text: safe_str(found(text))

    @cached_property
    def store(self) -> Store:
        """The state store.

        Raises:
            StoreNotConfigured: neither the result backend nor `orchestrator_store_url` is Redis.
        """
        client, owner = connect(self.app, self.settings.store_url), identify(self.app, self.settings.app)
        subscribed = Subscribed(lambda: self.rules.statuses(), lambda run, change: self.notices.add(run, change))
        return Store(client, self.settings, owner, self.feed.add, subscribed)

    @property
    def has_store(self) -> bool:
        """Whether a store is configured. A project may install the extension before it uses it."""
        try:
            return self.store is not None
        except StoreNotConfigured:
            return False

    @cached_property
    def reader(self) -> Reader:
        """Reads records."""
        return Reader(self.store.client, self.store.keys)

    @cached_property
    def log_buffer(self) -> LogBuffer:
        """Log lines of tasks that are not stored yet."""
        return LogBuffer(
            lambda run, lines: self.store.logs.append(run, lines),
            lambda runs: self.logged_runs.mark(runs),
            self._count_dropped,
        )

    @property
    def logged_runs(self) -> LoggedRuns:
        """The runs with log lines."""
        return LoggedRuns(self.store.client, self.store.keys, self.settings.retention)

    def _count_dropped(self, count: int) -> None:
        if self.settings.stats_retention > 0:
            self.statistics_buffer.add(Kind(""), Counted.DROPPED, number=count)

    @property
    def statistics(self) -> StatisticsStore:
        """Statistics of tasks."""
        return StatisticsStore(self.store.client, self.store.keys, self.settings.stats_retention)

    @cached_property
    def statistics_buffer(self) -> StatisticsBuffer:
        """Counts of bodies that are not stored yet."""
        return StatisticsBuffer(
            lambda: self.statistics.hour(),
            lambda hour, counts: self.statistics.add(hour, counts),
            lambda run, durations: self.store.tally(run, durations),
        )

    @cached_property
    def recent_durations(self) -> RecentDurations:
        """How long tasks took in the last day."""
        return RecentDurations(lambda: self.statistics)

    @cached_property
    def feed(self) -> FeedBuffer:
        """Entries for the feed of all runs that are not stored yet."""
        return FeedBuffer(self._write_feed)

    def _write_feed(self, entries: Sequence[FeedEntry]) -> None:
        """Write entries of the feed, and the changes in them to the index of runs, which may be repeated."""
        try:
            self.store.due_index.run_index.follow(entries)
        except UNREACHABLE:
            raise  # all of it is tried again
        except Exception:
            logger.exception("The index of runs was not changed; a sweep does it later.", extra={"action": "index"})
        self.feed_stream.append(entries)

    @cached_property
    def rules(self) -> Rules:
        """The rules of subscriptions."""
        return Rules(self.store.client, self.store.keys)

    @property
    def saved_graphs(self) -> SavedGraphs:
        """The names of saved graphs and their versions."""
        return SavedGraphs(self.store.client, self.store.keys)

    @cached_property
    def notices(self) -> NoticeBuffer:
        """Runs whose notices this process has not sent yet."""
        return NoticeBuffer(lambda run, changes: self.send_notices(run, changes))

    @property
    def feed_stream(self) -> FeedStream:
        """The feed of all runs."""
        return FeedStream(self.store.client, self.store.keys, self.settings.max_feed)

    @cached_property
    def registry(self) -> WorkerRegistry:
        """The registry of live workers."""
        return WorkerRegistry(self.store.client, self.store.keys)

    @cached_property
    def lanes(self) -> Lanes:
        """The queues and priorities of messages."""
        return Lanes(self.app, self.publisher, self.reader, self.codec, self.settings)

    @property
    def audit_stream(self) -> AuditTrail:
        """The audit trail."""
        settings = self.settings
        return AuditTrail(self.store.client, self.store.keys, settings.audit_retention, settings.max_audit)

    @property
    def saved_views(self) -> ViewStore:
        """The saved views of the list of runs."""
        return ViewStore(self.store.client, self.store.keys)

    @cached_property
    def codec(self) -> Codec:
        """Encodes payloads with the app's serializers."""
        return Codec(self.app, self.settings.max_payload)

    @cached_property
    def worker_tasks(self) -> WorkerTasks:
        """The tasks that the workers know."""
        return WorkerTasks(self.app)

    @cached_property
    def worker_survey(self) -> WorkerSurvey:
        """Warns about workers without the extension."""
        return WorkerSurvey(self.app, self._node_names)

    def _node_names(self) -> set[str]:
        """The node names of the live workers with the extension."""
        return {member.rsplit("/", 3)[0] for member in self.registry.alive(self.store.now() * 1000)}

    @cached_property
    def compiler(self) -> Compiler:
        """Compiles signatures to node trees."""
        return Compiler(self.app, self.codec, Batching(self.app, self.settings))

    @property
    def results(self) -> RunResults:
        """Reads the results and errors of ended runs."""
        return RunResults(self.reader, self.codec)

    def worker_alive(self, incarnation: str) -> bool:
        """Whether the lease of a worker's process holds.

        Args:
            incarnation: the incarnation of the process.
        """
        alive = self.registry.alive(self.store.now() * 1000)
        return any(member.endswith(f"/{incarnation}") for member in alive)

    @cached_property
    def traces(self) -> RunTraces | None:
        """The traces of runs; None unless `orchestrator_traces` is on."""
        self.require_traces()
        if not self.settings.traces:
            return None
        from orchestrator_celery.dispatch.traces.run_traces import RunTraces

        return RunTraces(lambda: self.reader, self.codec)

    def require_traces(self) -> None:
        """Check that OpenTelemetry is installed if `orchestrator_traces` is on.

        Raises:
            InvalidSettings: it is not installed.
        """
        if self.settings.traces and find_spec("opentelemetry") is None:
            raise InvalidSettings(
                "orchestrator_traces is on, but OpenTelemetry is not installed: install orchestrator-celery[otel], or "
                "remove the setting."
            )

    @cached_property
    def publisher(self) -> Publisher:
        """Sends messages."""
        return Publisher(self.app, self.store, self.reader, self.codec, self.settings, self.traces)
