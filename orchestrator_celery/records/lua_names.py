"""The names that Lua uses: `ATTRIBUTE.immutable` in a script stands for the text that `Attribute.IMMUTABLE` writes.

The loader of the scripts replaces each name by its literal, so that a call pays nothing for it, and refuses a name
that is not here.
"""

from __future__ import annotations

import re
from enum import Enum

from orchestrator_celery.model.effects import Cause
from orchestrator_celery.model.states import NodeKind, Priority, RunStatus
from orchestrator_celery.records.catalogs import graph_versions
from orchestrator_celery.records.definitions import Attribute, Shape
from orchestrator_celery.records.ended import EndedState
from orchestrator_celery.records.graphs.graph import Undone
from orchestrator_celery.records.head.fields import FORMAT, GRAPH_FORMAT, SHORT_END_FORMAT, HeadField, HeadPrefix
from orchestrator_celery.records.inputs import Source
from orchestrator_celery.records.live import LiveState
from orchestrator_celery.records.names import Beside, Place, RunKey
from orchestrator_celery.records.outcomes import OutcomeKind
from orchestrator_celery.records.pool import SPAN, Openness
from orchestrator_celery.records.pools import blocks, short_ends
from orchestrator_celery.records.streams.events import EventField
from orchestrator_celery.records.streams.feed import FeedField
from orchestrator_celery.records.streams.logs import LogField

__all__ = ("GROUPS", "with_literals")


def _members(*enums: type[Enum]) -> dict[str, object]:
    return {name.lower(): member.value for enum in enums for name, member in enum.__members__.items()}


#: Names by group, with the values they stand for.
GROUPS: dict[str, dict[str, object]] = {
    "ATTRIBUTE": _members(Attribute),
    "BESIDE": _members(Beside),
    "BLOCK": {"size": blocks.SIZE},
    "LOG": _members(LogField),
    "EVENT": _members(EventField),
    "FEED": _members(FeedField),
    "FORMAT": {
        "version": FORMAT,
        "graphs": GRAPH_FORMAT,
        "short_ends": SHORT_END_FORMAT,
        "versions": graph_versions.FORMAT,
    },
    "HEAD": _members(HeadField),
    "HEAD_PREFIX": _members(HeadPrefix),
    "KEY": _members(RunKey),
    "KIND": _members(NodeKind),
    "OPEN": _members(Openness),
    "OUTCOME": _members(OutcomeKind),
    "PLACE": _members(Place),
    "PRIORITY": {**_members(Priority), "span": SPAN},
    "CAUSE": _members(Cause),
    "SHAPE": _members(Shape),
    "SHORT_END": {"first": short_ends.FIRST, "each": short_ends.EACH},
    "SOURCE": _members(Source),
    "STATE": _members(LiveState, EndedState),
    "STATUS": _members(RunStatus),
    "UNDONE": _members(Undone),
}

_NAME = re.compile(r"\b([A-Z_]+)\.([a-z_]+)\b")


def with_literals(script: str, text: str) -> str:
    """Replace the names in a script by their literals.

    Args:
        script: its name, for the error.
        text: its source.

    Raises:
        ValueError: a name is not known.

    >>> with_literals("x", "if shape == SHAPE.leaf then")
    "if shape == 'L' then"
    """

    def literal(match: re.Match[str]) -> str:
        group, name = match.groups()
        if group not in GROUPS:
            return match[0]
        if name not in GROUPS[group]:
            raise ValueError(f"{script}.lua: {match[0]} is not a name in orchestrator_celery.records.")
        value = GROUPS[group][name]
        return f"'{value}'" if isinstance(value, str) else str(int(str(value)))

    return _NAME.sub(literal, text)
