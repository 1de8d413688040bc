"""Reads the feed of all runs, and the event streams of runs, for whoever watches more than one run."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.changes import (
    ApprovalRequested,
    Change,
    ChangesMissed,
    NodeChanged,
    ResumeReported,
    RunChanged,
)
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.events import ApprovalAwaited, RunClosed, StatusChanged
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.unreadable import UNREADABLE, unless_unreadable
from orchestrator_celery.model.reports import ResumedNode, ResumeReport
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.model.views import RunView
from orchestrator_celery.records.streams.events import parse_event
from orchestrator_celery.records.streams.feed import DAMAGED, FeedEntry, FeedKind
from orchestrator_celery.records.streams.reports import parse_report
from orchestrator_celery.store.feed.stream import FeedPlace
from orchestrator_celery.views.events.names import EventNames
from orchestrator_celery.views.run_pages import RunPages
from orchestrator_celery.views.runs import is_wanted, listed_view, matching_now

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("ChangeReader",)

#: Most runs whose nodes are followed at the same time.
_FOLLOWED = 1000
#: Milliseconds between two reads of the streams of runs.
_NODES = 100
_DROPPED = "the feed has dropped the entries that come next: more changes came than `orchestrator_max_feed`"


class ChangeReader:
    """Reads changes, page by page. A call that fails may be repeated.

    Args:
        container: the parts of the orchestrator.
        wanted: which runs.
        nodes: whether to read the events of their nodes too.
        after: the id of the last change that is known; None for the present.

    Raises:
        OrchestratorError: `after` is not the id of a change.
    """

    def __init__(self, container: Container, wanted: RunFilter, nodes: bool, after: str | None) -> None:
        self._container = container
        self._wanted = wanted
        self._nodes = nodes
        self._missed = ""
        self._place = self._begin(after)
        #: Places in the streams of the runs whose nodes are followed.
        self._followed: dict[str, str] = {}
        self._names: dict[str, EventNames] = {}
        #: The last views that were read: a run may be deleted before its last changes are.
        self._last: OrderedDict[str, RunView] = OrderedDict()
        if nodes:
            moment = f"{container.store.now() * 1000:.0f}"
            live, _ = RunPages(container.reader, container.store, _live(wanted)).read(None, _FOLLOWED)
            self._follow({view.id: moment for view in live})

    def _begin(self, after: str | None) -> FeedPlace:
        if after is not None and not (isinstance(after, str) and re.fullmatch(r"\d{1,15}-\d{1,15}", after)):
            raise OrchestratorError(f"after={safe_repr(after)} is no place in the feed: give the `id` of a change.")
        stream = self._container.feed_stream
        found = stream.newest() if after is None else FeedPlace(after, 0) if after == "0-0" else stream.place_of(after)
        if found is None:
            self._missed = f"the feed has no entry {after} any more"
            return stream.newest()
        return found

    def read(self, block: int | None) -> list[Change]:
        """Return the changes since the last call; wait up to `block` milliseconds for the first one."""
        if self._missed:
            missed, self._missed = self._missed, ""
            return [ChangesMissed(id=self._place.id, time=_time(self._place.id), reason=missed)]
        wait = block and min(block, _NODES) if self._followed else block
        page = self._container.feed_stream.after(self._place, wait)
        views = self._views(page)
        now = matching_now(self._wanted, self._container.store)
        place, found, followed = self._place, list[Change](), dict(self._followed)
        for at, entry in page:
            if at.number != place.number + 1:
                found.append(ChangesMissed(id=at.id, time=_time(at.id), reason=_DROPPED))
            place = at
            change = self._change(at, entry, views)
            if change is not None and self._matches(change, views, now):
                found.append(change)
                _note(followed, change, entry)
            elif entry.run:
                followed.pop(entry.run, None)
        if self._nodes:
            self._follow(followed)
            found += self._node_events(place)
        self._place = place
        return found

    def _views(self, page: Iterable[tuple[FeedPlace, FeedEntry]]) -> dict[str, RunView]:
        """Return the views of all runs of a page; those of deleted runs come from their entries."""
        runs = {entry.run for _, entry in page if entry.run}
        runs.update(node.run for _, entry in page for node in _reported(entry))
        wanted = sorted(runs)
        heads = self._container.reader.heads(wanted) if wanted else []
        told = ((entry.run, _view(entry)) for _, entry in page if entry.view)
        found = {run: view for run, view in told if view is not None}
        for run, head in zip(wanted, heads, strict=True):
            if (view := listed_view(run, head)) is not None:
                found[run] = view
        return self._remembered(wanted, found)

    def _remembered(self, runs: Iterable[str], found: dict[str, RunView]) -> dict[str, RunView]:
        """Add the last views of runs that have no record and no entry with a view (yet)."""
        gone = {run: self._last[run] for run in runs if run not in found and run in self._last}
        self._last.update(found)
        for run in found:
            self._last.move_to_end(run)
        while len(self._last) > _FOLLOWED:
            self._last.popitem(last=False)
        return {**gone, **found}

    def _change(self, at: FeedPlace, entry: FeedEntry, views: dict[str, RunView]) -> Change | None:
        try:
            return self._told(at, entry, views)
        except UNREADABLE:
            return ChangesMissed(id=at.id, time=_time(at.id), reason=DAMAGED)

    def _told(self, at: FeedPlace, entry: FeedEntry, views: dict[str, RunView]) -> Change | None:
        moment = _time(entry.place or at.id)
        view = views.get(entry.run)
        if entry.kind == FeedKind.STATUS.value:
            return RunChanged(id=at.id, time=moment, run=entry.run, status=RunStatus(entry.value), view=view)
        if entry.kind == FeedKind.AWAITING.value:
            return ApprovalRequested(id=at.id, time=moment, run=entry.run, node=entry.node, view=view)
        if entry.kind == FeedKind.REPORT.value:
            return ResumeReported(id=at.id, time=moment, report=ResumeReport.model_validate_json(entry.value))
        if entry.kind == FeedKind.LOST.value:
            return ChangesMissed(id=at.id, time=moment, reason=entry.value)
        return None  # of a later release

    def _matches(self, change: Change, views: dict[str, RunView], now: datetime) -> bool:
        if not self._wanted.terms or isinstance(change, ChangesMissed):
            return True
        if isinstance(change, ResumeReported):
            return any(self._is_wanted(views.get(node.run), now) for node in change.report.nodes)
        assert isinstance(change, (RunChanged, ApprovalRequested))
        view = change.view
        if view is not None and isinstance(change, RunChanged):  # the run may have gone on meanwhile
            view = view.model_copy(update={"status": change.status})
        return self._is_wanted(view, now)

    def _is_wanted(self, view: RunView | None, now: datetime) -> bool:
        return view is not None and is_wanted(self._container.reader, self._wanted, view, now)

    def _follow(self, runs: dict[str, str]) -> None:
        """Follow the nodes of these runs, and of no others; of too many, those that were followed last."""
        if len(runs) > _FOLLOWED:
            runs = dict(list(runs.items())[-_FOLLOWED:])
            self._missed = f"the nodes of at most {_FOLLOWED:,} runs are followed at the same time: narrow the filter"
        self._followed = runs
        self._names = {run: names for run, names in self._names.items() if run in runs}

    def _node_events(self, place: FeedPlace) -> list[Change]:
        found = list[Change]()
        for run, entries in self._container.reader.events_of(self._followed).items():
            names = self._names.setdefault(run, EventNames(self._container.reader, self._container.codec, run))
            for event in names.named(parse_event(run, name, fields) for name, fields in entries):
                self._followed[run] = event.id
                if isinstance(event, RunClosed):
                    self._followed.pop(run, None)
                if not isinstance(event, (StatusChanged, ApprovalAwaited)):  # the feed tells of these
                    found.append(NodeChanged(id=place.id, time=event.time, event=event))
        return sorted(found, key=lambda change: change.time)


def _time(place: str) -> datetime:
    return from_ms(place.partition("-")[0])


def _reported(entry: FeedEntry) -> tuple[ResumedNode, ...]:
    """The nodes that a resume report lists."""
    report = parse_report(entry.value) if entry.kind == FeedKind.REPORT.value else None
    return () if report is None else report.nodes


def _view(entry: FeedEntry) -> RunView | None:
    return unless_unreadable(RunView.model_validate_json, "a view in the feed", entry.view)


def _note(followed: dict[str, str], change: Change, entry: FeedEntry) -> None:
    """Note which runs have to be followed after a change that matches."""
    if isinstance(change, RunChanged) and change.status is RunStatus.CANCELLED:
        followed.pop(change.run, None)
    elif isinstance(change, (RunChanged, ApprovalRequested)):
        followed.setdefault(change.run, entry.place)


def _live(wanted: RunFilter) -> RunFilter:
    """The filter, for runs that have not ended."""
    live = ",".join(status.value for status in RunStatus if not status.ended and status is not RunStatus.CANCELLED)
    return RunFilter.of(str(wanted), status=live.split(","))
