"""The head of a run or of a saved signature: a hash at its root key.

    head  = *( field value )
    field = a value of `HeadField`
          | "task:" name                          ; a task of this name is in it
          | "new:" run                            ; of a signature: a run that is about to be created, since when
          | "detach:" node                        ; owed: start this node as a run of its own; value: run " " input
          | "clean:" number ":" ( "item" | "definition" | "place" | "call" )   ; see `cancelled.py`
    told  = attempt " " place                     ; message that told Celery the end; id of the `closed` event
    withdrawn = composite "=" reference *( " " composite "=" reference )
    withdraw  = pass " " part " " cursor          ; part: "l" live leaves, "m" pools, "end"
    release = place "|" since "|" ( "0" | "1" ) "|" [paused] "|" server   ; 1: the run was held; paused: since when
    overdue = [server] " " ( "leaves" | "composites" ) " " place
    stop  = since " " signal " " grace            ; both times in milliseconds
    item  = node "|" attempt "|" [priority]

The field `format` is the version of all formats in this folder, with which the run or signature was created. Only the
cancellation and the deadline of a large run, and items that are added in bulk, change it afterwards. A process that
meets a later version than its own touches nothing: scripts answer `newer`, and readers raise `FormatTooNew`. A graph
of a version before `GRAPH_FORMAT` is left alone as well: scripts answer `older`, and readers raise `FormatTooOld`.
Raise `FORMAT` with each change that an earlier release could misread.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from orchestrator_celery.errors import ForeignRun, FormatTooNew

__all__ = (
    "FORMAT",
    "GRAPH_FORMAT",
    "NO_APP",
    "SHORT_END_FORMAT",
    "STATUS_FIELDS",
    "AppId",
    "DetachOrder",
    "HeadField",
    "HeadPrefix",
    "StopOrder",
    "check_app",
    "check_format",
    "parse_detach",
    "parse_stop",
    "prefixed",
)

#: Version of the formats that this release reads and writes.
FORMAT = 3
#: The earliest version whose graphs this release reads.
GRAPH_FORMAT = 2
#: The earliest version of a run whose items may have short records.
SHORT_END_FORMAT = 3


class AppId(NamedTuple):
    """The app that runs and signatures belong to.

    Args:
        id: a short hash, which is part of the names of the app's indexes; '' for none.
        label: the name and the broker of the app, without a password, for messages.
    """

    id: str
    label: str


#: No app: the indexes have no hash in their names, and every run may be used.
NO_APP = AppId("", "")


class HeadField(str, Enum):
    """Fields of a head. Times are in milliseconds since the epoch."""

    # What it is.
    FORMAT = "format"  #: version of the formats
    APP = "app"  #: id of the app that it belongs to; absent where it belongs to any app
    APP_NAME = "app_name"  #: name and broker of that app, for messages
    NAME = "name"  #: name of the workflow
    FIRST = "first"  #: of a workflow without a name: name of its first task; absent in runs of earlier releases
    KIND = "kind"  #: a `NodeKind`
    SIGNATURE = "signature"  #: id of the signature it is a run of; absent where that is the run itself
    RERUN_OF = "rerun_of"  #: id of the run it repeats
    DETACHED_FROM = "detached_from"  #: id of the run it was a node of
    CATEGORY = "category"
    TAGS = "tags"  #: JSON list
    LEAF = "leaf"  #: options of every task, encoded
    CLOSE = "close"  #: options of the closing message, encoded
    INPUT = "input"  #: `[args, kwargs]`, encoded
    OWN = "own"  #: `[args, kwargs]` of the signature itself, encoded
    IMMUTABLE = "immutable"  #: 1: the signature takes no arguments
    BATCH = "batch"  #: 1: the root is a swarm with runners
    PLANNED = "planned"  #: JSON object: number of leaves by name of the task; absent where all have the same name
    LIMIT = "limit"  #: milliseconds it may take
    ETA = "eta"  #: when it starts, of a run with a delay
    EXPIRES = "expires"  #: when it expires, of a run with a delay
    DIGEST = "digest"  #: digest of its definition
    OUTER = "outer"  #: id of the task that it stands in for
    BASE = "base"  #: number of attempts before the first, of an earlier run of the same id
    WINDOW = "window"  #: most items that an unbounded pool has live
    TRACE = "trace"  #: its trace for OpenTelemetry, see `dispatch/traces/context.py`
    EVENTS = "events"  #: most entries of the stream
    # How it stands.
    STATUS = "status"  #: a `RunStatus`; absent in a saved signature
    BEFORE = "before"  #: status before a suspension, interruption or cancellation
    PAUSED = "paused"  #: since when it is suspended or interrupted
    RESTED = "rested"  #: milliseconds that it was suspended or interrupted before
    CREATED = "created"
    STARTED = "started"
    FINISHED = "finished"
    DEADLINE = "deadline"
    TOTAL = "total"  #: number of leaves that count
    DONE = "done"  #: leaves that have succeeded
    FAILED = "failed"  #: leaves that have failed
    SKIPPED = "skipped"  #: leaves that were taken out of the total
    REF = "ref"  #: outcome reference to its result or error
    WAITS = "waits"  #: 1: it has a delay and has not started
    MIXED = "mixed"  #: 1: some items have a priority
    GRAPH = "graph"  #: 1: there is a graph in it
    AHEAD = "ahead"  #: 1: nodes may have records before their turn
    SEGMENTS = "segments"  #: tokens of uploads that are part of it, each followed by a space
    STOP = "stop"  #: the newest order to stop its tasks
    WITHDRAWN = "withdrawn"  #: composites that are failing, and references of their errors
    PASSES = "passes"  #: number of passes over its nodes that were asked for, to withdraw queued ones
    # Its end.
    CLOSED = "closed"  #: when Celery was told
    TOLD = "told"  #: which message told Celery
    RETOLD = "retold"  #: 1: Celery was told of an end before a retry
    KEEP = "keep"  #: seconds to keep it
    # Pending side effects.
    OWED = "owed"  #: number of pending side effects
    INSIDE = "inside"  #: pending: runs that stand in for its tasks follow its status
    RELEASE = "release"  #: pending: nodes that a resumed run has still to look at, see `release_slices.lua`
    OVERDUE = "overdue"  #: pending: nodes that fail because the run has reached its deadline
    WITHDRAW = "withdraw"  #: pending: a pass that withdraws queued nodes, and how far it has come
    RETRY = "retry"  #: pending: what a retry or a rerun has still to look at, a JSON list; see `retry_slices.lua`
    MORE = "more"  #: pending: pools with free places for which a burst was too short, separated by spaces
    STALE = "stale"  #: pending: Celery has a result from before the run
    NOTICES = "notices"  #: pending: changes of status of which subscriptions are to be told; see `records/notices`
    RESET = "reset"  #: pending: take the end before a retry back from Celery
    # Of a cancelled run.
    AUDIT = "audit"  #: entry for the audit trail, JSON
    BODIES = "bodies"  #: ids of the tasks to stop, JSON
    INNER = "inner"  #: ids of the runs inside, JSON
    VIEW = "view"  #: its view before, JSON, if it owes notices
    # Of a signature.
    SAVED = "saved"  #: when it was saved
    SAVED_AS = "saved_as"  #: name of the graph of which it is a version
    DELETE_AT = "delete_at"  #: when it is to be deleted
    CLAIM = "claim"  #: when a purge claimed it
    TURNS = "turns"  #: number of runs registered so far


#: The fields that tell how a run or a signature stands: all but those that only a start or a cancellation reads.
STATUS_FIELDS = tuple(
    field.value
    for field in HeadField
    if field.name not in ("LEAF", "CLOSE", "INPUT", "OWN", "AUDIT", "BODIES", "INNER", "VIEW")
)


class HeadPrefix(str, Enum):
    """Beginnings of fields that name something."""

    TASK = "task:"
    NEW = "new:"
    DETACH = "detach:"
    CLEANUP = "clean:"


class StopOrder(NamedTuple):
    """An order to stop tasks.

    Args:
        since: when it was given, in milliseconds.
        signal: the signal to send first.
        grace: seconds until SIGKILL.
    """

    since: float
    signal: str
    grace: float


class DetachOrder(NamedTuple):
    """An order to start a node as a run of its own: the new run, and a reference to its input."""

    run: str
    input: str


def check_app(app: bytes | None, name: bytes | None, run: str, own: AppId) -> None:
    """Refuse a head of another app; a head that names no app may be used by every app.

    Args:
        app: the field `app` of the head.
        name: its field `app_name`.
        run: the id of the run or the signature.
        own: the app of this process.

    Raises:
        ForeignRun: names both apps.
    """
    if app is not None and own.id and app.decode() != own.id:
        raise ForeignRun.of(run, (name or app).decode(), own.label)


def check_format(raw: bytes | None, run: str) -> None:
    """Refuse a head of a later version; a head without a version is one of the first.

    Raises:
        FormatTooNew: names the run and both versions.
    """
    if raw is not None and int(raw) > FORMAT:
        raise FormatTooNew.of(run, int(raw), FORMAT)


def prefixed(head: Mapping[str, bytes], prefix: HeadPrefix) -> list[str]:
    """What fields with a prefix name.

    >>> prefixed({"task:a": b"", "total": b"1"}, HeadPrefix.TASK)
    ['a']
    """
    return [name.removeprefix(prefix.value) for name in head if name.startswith(prefix.value)]


def parse_stop(raw: bytes) -> StopOrder:
    """Read an order to stop.

    >>> parse_stop(b"1000 SIGTERM 500")
    StopOrder(since=1000.0, signal='SIGTERM', grace=0.5)
    """
    since, signal, grace = raw.decode().split(" ")
    return StopOrder(float(since), signal, float(grace) / 1000)


def parse_detach(raw: bytes) -> DetachOrder:
    """Read an order to detach."""
    run, _, given = raw.decode().partition(" ")
    return DetachOrder(run, given)
