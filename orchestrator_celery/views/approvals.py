"""Reads the approvals that wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.views import ApprovalView
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.live import Live, LiveState, live_state, parse_live

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("WaitingApprovals",)


class WaitingApprovals:
    """Reads the approvals that wait for an answer.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._reader = container.reader
        self._resolver = InputResolver(container.reader, container.codec)

    def all(self) -> list[ApprovalView]:
        """Return the waiting approvals of all runs, newest first."""
        store, found = self._container.store, list[ApprovalView]()
        for run in store.graphs.awaiting():
            waiting = self.of(run)
            found += waiting
            if not waiting:
                store.graphs.awaits_no_more([run])
                if self.of(run):  # an approval started to wait meanwhile
                    store.graphs.awaits(run)
        return sorted(found, key=lambda view: view.since, reverse=True)

    def of(self, run: str) -> list[ApprovalView]:
        """Return the waiting approvals of one run."""
        live = {
            node: parse_live(raw)
            for node, raw in self._reader.live(run).items()
            if live_state(raw) is LiveState.AWAITING
        }
        if not live:
            return []
        [head] = self._reader.heads([run])
        held = head.get(HeadField.STATUS) in (b"SUSPENDED", b"INTERRUPTED")
        definitions = zip(live.items(), self._reader.definitions(run, list(live)), strict=True)
        return [self._view(run, head.title, *leaf, raw, held) for leaf, raw in definitions if raw is not None]

    def _view(self, run: str, name: str, node: str, live: Live, definition: bytes, held: bool) -> ApprovalView:
        given = self._container.codec.load(parse_definition(definition).payload)
        return ApprovalView(
            run=run,
            run_name=name,
            node=node,
            name=given["name"],
            message=given.get("message", ""),
            given=self._resolver.value(run, live.input, node) if live.input else None,
            since=live.since,
            until=from_ms(live.sent) if live.sent and not held else None,
            on_timeout=given.get("on_timeout"),
        )
