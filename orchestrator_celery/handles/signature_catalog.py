"""Where signatures are kept: saving one, finding one, listing them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from uuid import uuid4

from celery.canvas import Signature, maybe_signature

from orchestrator_celery.canvas import ComplexSignature, Primitive
from orchestrator_celery.canvas.primitive import deadline_in_seconds, filing
from orchestrator_celery.errors import InvalidWorkflow, SignatureGone
from orchestrator_celery.handles.run import Run
from orchestrator_celery.handles.run_catalog import Lists
from orchestrator_celery.handles.run_list import RunList
from orchestrator_celery.handles.stored_signature import StoredSignature, is_signature
from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.lifecycle.rerun.source import without_surroundings
from orchestrator_celery.lifecycle.start import Launcher
from orchestrator_celery.model.states import SignatureStatus
from orchestrator_celery.views.runs import check_aware, run_view

if TYPE_CHECKING:
    from orchestrator_celery.model.views import RunView
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("Shelf",)

_PAGE = 100
#: Options of one application, which a saved signature cannot have.
_ONCE = ("countdown", "eta", "expires")


class Shelf(Lists):
    """Stored signatures."""

    def save(
        self,
        sig: Signature,
        *,
        name: str | None = None,
        category: str | None = None,
        tags: Iterable[str] = (),
        ttl: float | timedelta | None = None,
    ) -> StoredSignature:
        """Keep a workflow, to run it many times; it is compiled now, and later changes of the code do not change it.

        Args:
            sig: any signature: task, chain, group, chord, a primitive.
            name: shown in lists; by default the primitive's own.
            category: what its runs are filed under.
            tags: words its runs are found by.
            ttl: how long it is kept, in seconds or as a timedelta: it is marked for deletion then, at once.

        Raises:
            InvalidWorkflow: something in it cannot be run, or it has a delay or an expiry, which belong to one run.
            StoreUnavailable: the store did not answer; nothing was saved.
        """
        seconds = deadline_in_seconds(ttl, "ttl", "the seconds it is kept")
        primitive = self._primitive(sig)
        options = {**primitive.options, "deadline": primitive.kwargs.get("deadline")}
        if once := [option for option in _ONCE if options.get(option) is not None]:
            raise InvalidWorkflow(f"{sig!r} has {', '.join(once)}, which belongs to one run: save it without.")
        filed = {k: primitive.kwargs.get(k) for k in ("category", "tags")} | filing(category, tags)
        launcher = Launcher(self.app, self.store, self.codec, self.compiler, self.publisher)
        definitions, head = launcher.compile(primitive, *primitive.given, options | filed)
        if name is not None:
            head["name"] = name
        head["close"] = self.codec.dump(without_surroundings(options), options.get("serializer"))
        id = f"s:{uuid4()}"
        self.store.save(id, definitions.items(), head, seconds)
        after = SignatureStatus.ACTIVE if seconds is None else SignatureStatus.MARKED_FOR_DELETION
        entry = record("save", "", signature=id, name=head["name"], after=after)
        self.trail.append(entry.model_dump_json())
        return self._stored(id)

    def signature(self, id: str) -> StoredSignature:
        """Find a stored signature: a saved one, or that of a run by the run's id.

        Raises:
            SignatureGone: there is none.
        """
        if not is_signature(self.reader.head(id)):
            raise SignatureGone(f"No signature has the id {id!r}: it was never saved here, or was deleted.")
        return self._stored(id)

    def signatures(
        self,
        *,
        status: SignatureStatus | str | None = None,
        saved: bool | None = None,
        category: str | None = None,
        tag: str | None = None,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        offset: int = 0,
        limit: int = 100,
    ) -> list[StoredSignature]:
        """List stored signatures, newest first.

        Args:
            status: only those that are ACTIVE, or MARKED_FOR_DELETION.
            saved: True: only those that were saved; False: only those of runs.
            category: only those of this category.
            tag: only those with this tag.
            name: only those of this name.
            since: saved, or their run created, at or after, an aware datetime.
            until: before or at, an aware datetime.
            text: part of the id or the name.
            offset: how many matches to leave out.
            limit: how many to return at most.

        Raises:
            OrchestratorError: a datetime is naive.
        """
        check_aware(since, until)
        wanted = _Wanted(None if status is None else SignatureStatus(status), category, tag, name, text)
        matches = (id for id, head in self._all_signatures(saved, since, until) if wanted.matches(id, head))
        return [self._stored(id) for id in islice(matches, offset, offset + limit)]

    def signature_of(self, run: str, head: dict[str, bytes]) -> StoredSignature:
        """The signature of a run; its own, where the one it was started from is gone."""
        id = head.get("signature", run.encode()).decode()
        return self._stored(id if id == run or is_signature(self.reader.head(id)) else run)

    def runs_of(self, signature: str, offset: int | None = None, limit: int | None = None) -> RunList:
        """Runs of a signature that are kept, newest first."""
        find = partial(self._find_runs, signature)
        page = find(offset or 0, _PAGE if limit is None else limit)
        chosen = offset is not None or limit is not None
        return RunList(page, (lambda: page) if chosen else find, lambda run: Run(run, app=self.app))

    def _find_runs(self, signature: str, offset: int = 0, limit: int | None = None) -> list[RunView]:
        return list(islice(self._views_of(signature), offset, None if limit is None else offset + limit))

    def _views_of(self, signature: str) -> Iterator[RunView]:
        place = 0
        while page := self.reader.newest_of(signature, place, _PAGE):
            yield from self._views(page)
            place += len(page)
        yield from self._views([signature])

    def _views(self, runs: list[str]) -> Iterator[RunView]:
        for run, head in zip(runs, self.reader.heads(runs), strict=True):
            if "status" in head and head["status"] != b"CANCELLED":
                yield run_view(run, head)

    def _all_signatures(
        self, saved: bool | None, since: datetime | None, until: datetime | None
    ) -> Iterator[tuple[str, dict[str, bytes]]]:
        low = None if since is None else since.timestamp() * 1000
        high = None if until is None else until.timestamp() * 1000
        indexes = ((self.reader.saved, "saved", False), (self.reader.listed, "created", True))
        streams = [
            self._stream(partial(pages, low=low, high=high), moment)
            for pages, moment, without in indexes
            if saved is not without
        ]
        for _, id, head in heapq.merge(*streams, key=lambda found: found[0]):
            yield id, head

    def _stream(self, pages: Any, moment: str) -> Iterator[tuple[float, str, dict[str, bytes]]]:
        """Signatures of one index with their heads, the newest first."""
        place = 0
        while page := pages(place, _PAGE):
            for id, head in zip(page, self.reader.heads(page), strict=True):
                if is_signature(head) and moment in head and "signature" not in head:
                    yield -float(head[moment]), id, head
            place += len(page)

    def _primitive(self, sig: Signature) -> Primitive:
        if not isinstance(sig, dict):
            raise InvalidWorkflow(f"{sig!r} is not a signature: pass task.s(...) or a canvas of them.")
        found = maybe_signature(sig, app=self.app)
        return found if isinstance(found, Primitive) else ComplexSignature(found, app=self.app)

    def _stored(self, id: str) -> StoredSignature:
        return StoredSignature(id, cast("Orchestrator", self))


class _Wanted(NamedTuple):
    """Which signatures are asked for; None where it does not matter."""

    status: SignatureStatus | None
    category: str | None
    tag: str | None
    name: str | None
    text: str | None

    def matches(self, id: str, head: dict[str, bytes]) -> bool:
        """Whether a signature is one of them, times aside."""
        name, marked = head.get("name", b"").decode(), "delete_at" in head
        asked = (
            (self.status, marked == (self.status is SignatureStatus.MARKED_FOR_DELETION)),
            (self.category, head.get("category", b"").decode() == self.category),
            (self.tag, self.tag in json.loads(head.get("tags", b"[]"))),
            (self.name, name == self.name),
            (self.text, self.text is not None and (self.text in id or self.text in name)),
        )
        return all(fits for wanted, fits in asked if wanted is not None)
