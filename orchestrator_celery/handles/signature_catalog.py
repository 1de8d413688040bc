"""Saves, finds and lists stored signatures."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from celery.canvas import Signature, maybe_signature

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.canvas.primitive import category_and_tags, deadline_in_seconds
from orchestrator_celery.errors import ForeignRun, InvalidWorkflow, SignatureGone
from orchestrator_celery.handles.stored_signature import StoredSignature
from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.lifecycle.rerun.source import restartable_options
from orchestrator_celery.lifecycle.start import Starter
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head

if TYPE_CHECKING:
    from orchestrator_celery.handles.links import Handles

__all__ = ("SignatureCatalog", "SignatureFilter")

_PAGE = 100
#: Options of one application, which a saved signature cannot have.
_ONCE = ("countdown", "eta", "expires")


class SignatureCatalog:
    """Saves, finds and lists signatures.

    Args:
        orchestrator: creates the handles.
    """

    def __init__(self, orchestrator: Handles) -> None:
        self._orchestrator = orchestrator
        self._container = orchestrator.container

    def save(
        self,
        sig: Signature,
        name: str | None,
        category: str | None,
        tags: Iterable[str],
        ttl: float | timedelta | None,
    ) -> StoredSignature:
        """Save a workflow. Arguments and errors are those of `Orchestrator.save`."""
        seconds = deadline_in_seconds(ttl, "ttl", "the seconds it is kept")
        definitions, head = self.compiled(sig, name, category, tags)
        id = f"s:{uuid4()}"
        self._container.store.signatures.save(id, definitions.items(), head, seconds)
        after = SignatureStatus.ACTIVE if seconds is None else SignatureStatus.MARKED_FOR_DELETION
        entry = record("save", "", signature=id, name=head[HeadField.NAME], after=after)
        self._container.audit_stream.append(entry.model_dump_json())
        return self._stored(id)

    def compiled(
        self, sig: Signature, name: str | None, category: str | None = None, tags: Iterable[str] = ()
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Return the definitions and the head of a workflow to save. Errors are those of `Orchestrator.save`."""
        primitive = self._primitive(sig)
        options = {**primitive.options, "deadline": primitive.kwargs.get("deadline")}
        if once := [option for option in _ONCE if options.get(option) is not None]:
            raise InvalidWorkflow(
                f"{safe_repr(sig)} cannot be saved with {', '.join(once)}: that is an option of one run. Remove it."
            )
        filed = {k: primitive.kwargs.get(k) for k in ("category", "tags")} | category_and_tags(category, tags)
        starter = Starter(self._container)
        definitions, head = starter.compile(primitive, *primitive._partial_args, options | filed)
        if name is not None:
            head[HeadField.NAME] = name
        head[HeadField.CLOSE] = self._container.codec.dump(restartable_options(options), options.get("serializer"))
        return definitions, head

    def find(self, id: str) -> StoredSignature:
        """Return a stored signature: a saved signature, or the signature of a run.

        Raises:
            SignatureGone: this app has no such signature.
        """
        try:
            head = self._container.reader.status_head(id)
        except ForeignRun as exc:
            raise SignatureGone(str(exc)) from None
        if not head.is_signature:
            raise SignatureGone(f"No signature has the id {id!r}: it was never saved here, or was deleted.")
        return self._stored(id)

    def matching(self, wanted: SignatureFilter, offset: int) -> Iterator[StoredSignature]:
        """Yield the signatures that match a filter, newest first.

        Args:
            wanted: the filter.
            offset: number of matches to leave out.
        """
        matches = (id for id, head in self._all(wanted) if wanted.matches(id, head))
        return map(self._stored, islice(matches, offset, None))

    def of_run(self, run: str, head: Head) -> StoredSignature:
        """Return the signature that a run was started from, or, if that is gone, the run's own."""
        id = head.signature or run
        return self._stored(id if id == run or self._container.reader.status_head(id).is_signature else run)

    def _all(self, wanted: SignatureFilter) -> Iterator[tuple[str, Head]]:
        low = None if wanted.since is None else wanted.since.timestamp() * 1000
        high = None if wanted.until is None else wanted.until.timestamp() * 1000
        indexes = (
            (self._container.reader.saved, HeadField.SAVED, False),
            (self._container.reader.listed, HeadField.CREATED, True),
        )
        streams = [
            self._stream(partial(pages, low=low, high=high), moment)
            for pages, moment, without in indexes
            if wanted.saved is not without
        ]
        for _, id, head in heapq.merge(*streams, key=lambda found: found[0]):
            yield id, head

    def _stream(self, pages: Any, moment: HeadField) -> Iterator[tuple[float, str, Head]]:
        """Yield the signatures of one index with their heads, newest first."""
        place = 0
        while page := pages(place, _PAGE):
            for id, head in zip(page, self._container.reader.heads(page), strict=True):
                if head.is_signature and head.is_readable and moment in head and head.signature is None:
                    yield -float(head[moment]), id, head
            place += len(page)

    def _primitive(self, sig: Signature) -> Primitive:
        app = self._container.app
        found: Any = maybe_signature(self._container.compiler.check(sig), app=app)
        return found if isinstance(found, Primitive) else ComplexSignature(found, app=app)

    def _stored(self, id: str) -> StoredSignature:
        return StoredSignature(id, self._orchestrator)


class SignatureFilter(NamedTuple):
    """Which signatures to list. A field that is None matches every signature.

    Args:
        status: ACTIVE or MARKED_FOR_DELETION.
        saved: True: only saved signatures; False: only signatures of runs.
        category: their category.
        tag: one of their tags.
        name: their name.
        since: saved, or their run created, at or after this time.
        until: saved, or their run created, at or before this time.
        text: part of the id or the name.
    """

    status: SignatureStatus | None = None
    saved: bool | None = None
    category: str | None = None
    tag: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def matches(self, id: str, head: Head) -> bool:
        """Whether a signature matches, apart from the times."""
        asked = (
            (self.status, head.is_marked == (self.status is SignatureStatus.MARKED_FOR_DELETION)),
            (self.category, head.category == self.category),
            (self.tag, self.tag in head.tags),
            (self.name, head.name == self.name),
            (self.text, self.text is not None and (self.text in id or self.text in head.name)),
        )
        return all(fits for wanted, fits in asked if wanted is not None)
