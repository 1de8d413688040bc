"""Starts a new run from the definitions of an earlier run or of a saved signature, with the same or another input.

Each new run is registered with its signature before it is created, so that no purge can miss it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from kombu.utils.uuid import uuid

from orchestrator_celery.errors import InvalidWorkflow, RunNotFound, SignatureGone
from orchestrator_celery.lifecycle.rerun.records import EarlierRecords
from orchestrator_celery.lifecycle.start import ROUTING, Starter
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Attribute, Shape, parse_definition, shape_of, with_attributes
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.store import Refused
from orchestrator_celery.store.run_contents import RunContents

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.reader import Reader

__all__ = ("Rerun", "Source", "restartable_options")

#: Fields of a head that define a run; the others record its progress.
_KEPT = frozenset("name first kind total planned leaf limit input category tags own immutable".split())


class Source(NamedTuple):
    """The definition of a new run.

    Args:
        head: the fields that define the run: name, kind, input, options of its tasks.
        definitions: the definition of each node, read when iterated.
        options: Celery's options for the end of the run.
        earlier: the records to copy from the earlier run; None for a rerun from the start.
    """

    head: Mapping[str, bytes]
    definitions: Iterable[tuple[str, bytes]]
    options: dict[str, Any]
    earlier: EarlierRecords | None = None


class Rerun:
    """Starts runs from definitions in the store.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def source(self, root: str) -> Source:
        """Read the definition of a run or of a saved signature.

        An open swarm is read as it is now: closed, with all added items.

        Raises:
            RunNotFound: there is no such run.
        """
        head = self._container.reader.head(root)
        if head.is_gone:
            raise RunNotFound(f"No run has the id {root!r}, so it cannot be started again.")
        kept = {name: value for name, value in head.items() if name in _KEPT or name.startswith(HeadPrefix.TASK.value)}
        if head.skipped:  # the new run skips no task
            kept[HeadField.TOTAL] = b"%d" % (head.total + head.skipped)
        self._refuse_expired(root, head)
        found = RunContents(self._container.store.client, self._container.store.keys).definitions(root)
        closing = self._container.codec.load(head[HeadField.CLOSE]) if HeadField.CLOSE in head else {}
        return Source(
            kept, found if head.is_saved else self._current_definitions(root, found), restartable_options(closing)
        )

    def start(self, source: Source, signature: str, rerun_of: str | None = None, **head: Any) -> str:
        """Start a run and return its id.

        Args:
            source: the definition of the run.
            signature: id of the signature to which the run belongs.
            rerun_of: id of the run whose input the new run has.
            **head: fields of the head that replace those of the source; None omits a field.

        Raises:
            SignatureGone: the signature was deleted, or its purge has begun.
        """
        store, run = self._container.store, uuid()
        fields: dict[str, Any] = {**source.head, "signature": signature, "rerun_of": rerun_of, **head}
        if store.signatures.register(signature, run).refused is Refused.GONE:
            raise SignatureGone(
                f"The signature {signature} was deleted, or its purge has begun, so nothing was started."
            )
        starter = Starter(self._container)
        try:
            records = "" if source.earlier is None else self._upload_records(run, source.earlier, fields)
            kept = {k: v for k, v in fields.items() if v is not None}
            pools = source.earlier.pools if source.earlier else ()
            starter.start_compiled(run, source.definitions, kept, dict(source.options), records, pools)
        except BaseException:
            store.signatures.registered(signature, run, created=False)
            raise
        store.signatures.registered(signature, run, created=True)
        return run

    def from_node(self, run: str, node: str) -> str:
        """Start a new run that keeps the results of the nodes before one node; return its id.

        Args:
            run: the earlier run.
            node: id of the node that the new run starts with.

        Raises:
            RunNotFound, SignatureGone: the run or its signature was deleted.
            NodeNotFound: the run has no such node.
            InvalidTransition: the node is a callback, or a node before it has not succeeded.
        """
        reader, store = self._container.reader, self._container.store
        source = self.source(run)
        earlier = EarlierRecords(reader, RunContents(store.client, store.keys), run, node)
        signature = reader.head_field(run, HeadField.SIGNATURE)
        return self.start(source._replace(earlier=earlier), signature.decode() if signature else run, rerun_of=run)

    def _upload_records(self, run: str, earlier: EarlierRecords, fields: dict[str, Any]) -> str:
        """Upload the copied records of a new run, and write their counts into its head."""
        token = self._container.store.upload_records(run, earlier.records())
        done, failed, skipped = earlier.counts
        fields.update(done=done, failed=failed, total=int(fields["total"]) - skipped)
        if earlier.has_graphs:
            fields[HeadField.GRAPH] = 1
        if skipped:
            fields["skipped"] = skipped
        return token

    def _current_definitions(self, run: str, definitions: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Return the definitions of a run, with its open swarms closed at their current size."""
        reader, added = self._container.reader, list[tuple[str, bytes]]()
        for node, raw in definitions:
            definition = parse_definition(raw) if shape_of(raw) is Shape.POOL else None
            if definition and definition.has(Attribute.OPEN) and (size := _size(reader, run, node)) is not None:
                given = definition.has(Attribute.PRIORITIES)
                if size and (levels := _levels(reader, run, node, size, given)):
                    added.append((f"{node}.{Place.PRIORITIES.value}", levels))
                    given = True
                yield node, with_attributes(raw, open=None, size=size, priorities=given)
            else:
                yield node, raw
        yield from added

    def _refuse_expired(self, root: str, head: Mapping[str, bytes]) -> None:
        expires = self._container.codec.load(head[HeadField.LEAF]).get("expires") if HeadField.LEAF in head else None
        if isinstance(expires, datetime) and expires <= datetime.now(timezone.utc):
            raise InvalidWorkflow(
                f"The tasks of {root} expired at {expires.isoformat()}, so none of them would run again. Apply the "
                "signature itself again."
            )


def restartable_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the closing options that a new start keeps: callbacks and routing, but not a chain or a chord."""
    return {k: v for k, v in options.items() if k in ("link", "link_error", "ignore_result", *ROUTING) and v}


def _levels(reader: Reader, run: str, pool: str, size: int, given: bool) -> bytes:
    """Return the priorities of all items of a swarm in the form of its definition; empty if none was given."""
    known = reader.levels(run, pool, range(size))
    levels = Levels(Priority(known.get(index, Priority.MEDIUM)) for index in range(size if known else 0))
    return (str(levels) or (f"{Priority.MEDIUM:d}:0-{size - 1}" if given else "")).encode()


def _size(reader: Reader, run: str, pool: str) -> int | None:
    """Return the number of items of a swarm; None if it has not started."""
    beside = (Beside.POOL_END.value, Beside.SIZE_BEFORE.value)  # the second one: a retry lets the pool begin again
    has_begun = reader.pools(run, [pool])[0] or any(reader.terminal(run, [pool + each for each in beside]))
    return reader.pool_size(run, pool) if has_begun else None
