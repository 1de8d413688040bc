"""A new run of what was run, or saved, before: the same definitions, with the same input or another.

Every such run is registered with its signature before it is created, so that
no purge can overlook it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from kombu.utils.uuid import uuid

from orchestrator_celery.errors import InvalidWorkflow, RunNotFound, SignatureGone
from orchestrator_celery.lifecycle.rerun.records import Takeover
from orchestrator_celery.lifecycle.start import ROUTING, Starter
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import Attribute, Shape, parse_definition, shape_of, with_attributes
from orchestrator_celery.records.head import HeadPrefix
from orchestrator_celery.records.levels import Levels
from orchestrator_celery.records.names import Beside, Place
from orchestrator_celery.store import Refused
from orchestrator_celery.store.run_contents import RunContents

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.store.reader import Reader

__all__ = ("Rerun", "Source", "without_surroundings")

#: Fields of a head that say what a run is, and nothing of how it went.
_KEPT = frozenset("name kind total leaf limit input category tags own immutable".split())


class Source(NamedTuple):
    """What a new run is made of.

    Args:
        head: what the run is: name, kind, input, options of its tasks.
        definitions: spec of each node; read when they are asked for.
        options: Celery's options for its end.
        takeover: what it takes over of the run it is made of; None for nothing.
    """

    head: Mapping[str, bytes]
    definitions: Iterable[tuple[str, bytes]]
    options: dict[str, Any]
    takeover: Takeover | None = None


class Rerun:
    """Starts runs of definitions that are in the store.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def source(self, root: str) -> Source:
        """What a run, or a saved signature, is made of.

        An open swarm is taken as it is now: with all the items that were added, and closed.

        Raises:
            RunNotFound: there is no such run.
        """
        head = self._container.reader.head(root)
        if not head or head.get("status") == b"CANCELLED":
            raise RunNotFound(f"No run has the id {root!r}: there is nothing that could be started again.")
        kept = {name: value for name, value in head.items() if name in _KEPT or name.startswith(HeadPrefix.TASK.value)}
        if "skipped" in head:  # in a new run nothing is skipped
            kept["total"] = b"%d" % (int(head["total"]) + int(head["skipped"]))
        self._refuse_expired(root, head)
        found = RunContents(self._container.store.client, self._container.store.keys).definitions(root)
        closing = self._container.codec.load(head["close"]) if "close" in head else {}
        return Source(kept, found if "saved" in head else self._as_it_is(root, found), without_surroundings(closing))

    def start(self, source: Source, signature: str, rerun_of: str | None = None, **head: Any) -> str:
        """Start a run; returns its id.

        Args:
            source: what it is made of.
            signature: id of the signature it is a run of.
            rerun_of: the run whose input it has.
            **head: fields of its head in place of the source's; None leaves one out.

        Raises:
            SignatureGone: the signature is no more, or a purge has claimed it.
        """
        store, run = self._container.store, uuid()
        fields: dict[str, Any] = {**source.head, "signature": signature, "rerun_of": rerun_of, **head}
        if store.signatures.register(signature, run).refused is Refused.GONE:
            raise SignatureGone(
                f"The signature {signature} is gone: it was deleted, or its purge has begun; nothing was started."
            )
        starter = Starter(self._container)
        try:
            records = "" if source.takeover is None else self._bring(run, source.takeover, fields)
            kept = {k: v for k, v in fields.items() if v is not None}
            starter.start_compiled(run, source.definitions, kept, dict(source.options), records)
        except BaseException:
            store.signatures.registered(signature, run, created=False)
            raise
        store.signatures.registered(signature, run, created=True)
        return run

    def from_node(self, run: str, node: str) -> str:
        """Start a new run that takes over the nodes before one node; return its id.

        Args:
            run: the earlier run.
            node: id of the node that the new run starts with.

        Raises:
            RunNotFound, SignatureGone: the run, or its signature, is gone.
            NodeNotFound: the run has no such node.
            InvalidTransition: the node is a callback, or a node before it has not succeeded.
        """
        reader, store = self._container.reader, self._container.store
        source = self.source(run)
        takeover = Takeover(reader, RunContents(store.client, store.keys), run, node)
        signature = reader.head_field(run, "signature")
        return self.start(source._replace(takeover=takeover), signature.decode() if signature else run, rerun_of=run)

    def _bring(self, run: str, takeover: Takeover, fields: dict[str, Any]) -> str:
        """Bring what a run takes over, and count it."""
        token = self._container.store.upload_records(run, takeover.records())
        done, failed, skipped = takeover.taken
        fields.update(done=done, failed=failed, total=int(fields["total"]) - skipped)
        if skipped:
            fields["skipped"] = skipped
        return token

    def _as_it_is(self, run: str, definitions: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Definitions of a run; its open swarms as they are now."""
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
        expires = self._container.codec.load(head["leaf"]).get("expires") if "leaf" in head else None
        if isinstance(expires, datetime) and expires <= datetime.now(timezone.utc):
            raise InvalidWorkflow(
                f"The tasks of {root} were to expire at {expires.isoformat()}, which is over: started again, none "
                "would run. Apply the signature itself again."
            )


def without_surroundings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for the end of a run that may be started again: its callbacks, and where its messages go."""
    return {k: v for k, v in options.items() if k in ("link", "link_error", "ignore_result", *ROUTING) and v}


def _levels(reader: Reader, run: str, pool: str, size: int, given: bool) -> bytes:
    """Priorities of all items a swarm has, as its definition has them; nothing where none was ever given."""
    known = reader.levels(run, pool, 0, size - 1)
    levels = Levels(Priority(known.get(index, Priority.MEDIUM)) for index in range(size if known else 0))
    return (str(levels) or (f"{Priority.MEDIUM:d}:0-{size - 1}" if given else "")).encode()


def _size(reader: Reader, run: str, pool: str) -> int | None:
    """How many items a swarm has; None where it has not started."""
    [active], [ended] = reader.pools(run, [pool]), reader.terminal(run, [pool + Beside.POOL_END.value])
    return None if active is None and ended is None else reader.pool_size(run, pool)
