"""Reads the head of a run or of a saved signature by named, typed fields; `records/head.py` has the grammar."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.records.head.fields import FORMAT, STATUS_FIELDS, HeadField, HeadPrefix, prefixed

__all__ = ("Head",)


class Head(dict[str, bytes]):
    """The fields of a head as they are in Redis, and properties that read them.

    An empty head means that there is no record. A head may have a part of the fields only, if only a part was read.

    >>> head = Head({"status": b"RUNNING", "total": b"3"})
    >>> head.status, head.total, head.name, head.category
    (<RunStatus.RUNNING: 'RUNNING'>, 3, '', None)
    """

    @classmethod
    def of(cls, raw: Mapping[bytes, bytes]) -> Head:
        """Return the head that HGETALL answered."""
        return cls({field.decode(): value for field, value in raw.items()})

    @classmethod
    def of_status(cls, values: Sequence[bytes | None], names: Iterable[bytes]) -> Head:
        """Return a head of the values of `STATUS_FIELDS`, and of the fields among all names that name tasks."""
        head = cls({name: value for name, value in zip(STATUS_FIELDS, values, strict=True) if value is not None})
        tasks = HeadPrefix.TASK.value.encode()
        head.update({name.decode(): b"" for name in names if name.startswith(tasks)})
        return head

    @property
    def is_readable(self) -> bool:
        """Whether it is not of a later release."""
        return int(self.get(HeadField.FORMAT, FORMAT)) <= FORMAT

    @property
    def is_gone(self) -> bool:
        """Whether there is no record, or only the rest of a cancelled run."""
        return not self or self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether it is the rest of a cancelled run."""
        return self.get(HeadField.STATUS) == RunStatus.CANCELLED.value.encode()

    @property
    def is_run(self) -> bool:
        """Whether it is the head of a run, not of a saved signature."""
        return HeadField.STATUS in self

    @property
    def is_saved(self) -> bool:
        """Whether it is the head of a saved signature."""
        return HeadField.SAVED in self

    @property
    def is_marked(self) -> bool:
        """Whether the signature is marked for deletion."""
        return HeadField.DELETE_AT in self

    @property
    def is_claimed(self) -> bool:
        """Whether a purge of the signature has begun."""
        return HeadField.CLAIM in self

    @property
    def is_signature(self) -> bool:
        """Whether it belongs to a saved signature or a run that is not deleted."""
        return not self.is_gone and not self.is_claimed

    @property
    def is_immutable(self) -> bool:
        """Whether the signature takes no arguments."""
        return HeadField.IMMUTABLE in self

    @property
    def is_told(self) -> bool:
        """Whether Celery was told of the end."""
        return HeadField.CLOSED in self

    @property
    def status(self) -> RunStatus:
        """Status of the run; a KeyError for a saved signature."""
        return RunStatus(self[HeadField.STATUS].decode())

    @property
    def kind(self) -> NodeKind:
        """Kind of the root."""
        return NodeKind(self[HeadField.KIND].decode())

    @property
    def name(self) -> str:
        """Name of the workflow; '' without one."""
        return self.get(HeadField.NAME, b"").decode()

    @property
    def title(self) -> str:
        """Name of the workflow; without one, the name of its first task.

        Of a run that an earlier release started, it is the first name in alphabetical order.
        """
        return self.name or self.get(HeadField.FIRST, b"").decode() or next(iter(self.tasks), "")

    @property
    def category(self) -> str | None:
        """Its category."""
        return self._text(HeadField.CATEGORY)

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return tuple(json.loads(self.get(HeadField.TAGS, b"[]")))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks in it, in alphabetical order."""
        return tuple(sorted(prefixed(self, HeadPrefix.TASK)))

    @property
    def signature(self) -> str | None:
        """Id of the signature from which the run was started; None if that is the run's own."""
        return self._text(HeadField.SIGNATURE)

    @property
    def rerun_of(self) -> str | None:
        """Id of the run it repeats."""
        return self._text(HeadField.RERUN_OF)

    @property
    def outer(self) -> str | None:
        """Id of the task that it stands in for."""
        return self._text(HeadField.OUTER)

    @property
    def ref(self) -> str:
        """Outcome reference of its result or error; a KeyError before its end."""
        return self[HeadField.REF].decode()

    @property
    def created(self) -> datetime:
        """When the run was created, or the signature saved."""
        return from_ms(self[HeadField.SAVED if self.is_saved else HeadField.CREATED])

    @property
    def eta(self) -> datetime | None:
        """When it starts, of a run with a delay."""
        return self._time(HeadField.ETA)

    @property
    def started(self) -> datetime | None:
        """When its first task was started."""
        return self._time(HeadField.STARTED)

    @property
    def finished(self) -> datetime | None:
        """When it ended."""
        return self._time(HeadField.FINISHED)

    @property
    def delete_at(self) -> datetime | None:
        """When the signature is to be deleted."""
        return self._time(HeadField.DELETE_AT)

    @property
    def total(self) -> int:
        """Number of tasks that count."""
        return int(self[HeadField.TOTAL])

    @property
    def planned(self) -> dict[str, int]:
        """Number of tasks by name, as the run was started; empty where all have the same name, or nobody counted."""
        found: dict[str, int] = json.loads(self.get(HeadField.PLANNED, b"{}"))
        return found

    @property
    def rested(self) -> float:
        """Seconds that it was suspended or interrupted before."""
        return int(self.get(HeadField.RESTED, 0)) / 1000

    @property
    def has_graph(self) -> bool:
        """Whether there is a graph in it."""
        return HeadField.GRAPH in self

    @property
    def done(self) -> int:
        """Number of tasks that succeeded."""
        return int(self[HeadField.DONE])

    @property
    def failed(self) -> int:
        """Number of tasks that failed."""
        return int(self[HeadField.FAILED])

    @property
    def skipped(self) -> int:
        """Number of tasks that were taken out of the total."""
        return int(self.get(HeadField.SKIPPED, 0))

    @property
    def turns(self) -> int:
        """Number of runs that were registered with the signature."""
        return int(self.get(HeadField.TURNS, 0))

    def _text(self, field: HeadField) -> str | None:
        raw = self.get(field)
        return None if raw is None else raw.decode()

    def _time(self, field: HeadField) -> datetime | None:
        raw = self.get(field)
        return None if raw is None else from_ms(raw)
