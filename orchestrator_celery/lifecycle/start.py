"""Starts a run: compiles an applied primitive, creates the run in the store, and sends its first messages."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from celery.utils.functional import maybe_list
from kombu.utils.uuid import uuid

from orchestrator_celery.canvas import Primitive, Swarm
from orchestrator_celery.canvas.start_time import moment, seconds
from orchestrator_celery.dispatch.result_backend import answers_by_message
from orchestrator_celery.engine.compile.options import AT_START
from orchestrator_celery.engine.first_task import first_task
from orchestrator_celery.engine.planned_tasks import planned_tasks
from orchestrator_celery.engine.task_names import declared_options, task_names
from orchestrator_celery.errors import DefinitionMismatch, ForeignRun, InvalidTransition, StartUnconfirmed
from orchestrator_celery.lifecycle.identity import check_id, digest_of, mismatch
from orchestrator_celery.lifecycle.side_effects.old_results import STALE, OldResults
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.graphs.routing_objects import to_plain
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.engine.compile.compiler import Compiler

__all__ = ("ROUTING", "Starter", "compiled", "leaf_options")

logger = safe_logger(__name__)

#: An id that Celery generated, which no caller uses twice.
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST = 1_000_000

#: Options that Celery needs when the run closes. In Celery they are part of the task's message.
_CLOSING = frozenset(
    "chain chord group_id group_index link link_error root_id parent_id ignore_result replaced_task_nesting "
    "stamped_headers shadow".split()
)
#: Options for the routing and the encoding of messages: for every leaf and for the closing message.
ROUTING = frozenset("queue exchange routing_key exchange_type priority serializer compression headers".split())
_NEVER = frozenset(
    "task_id reply_to producer publisher connection router result_cls add_to_parent countdown eta deadline "
    "category tags any_definition".split()
)


class Starter:
    """Starts runs.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._app = container.app
        self._store = container.store
        self._codec = container.codec
        self._compiler = container.compiler
        self._publisher = container.publisher
        self._traces = container.traces
        self._results = OldResults(container)

    def start(self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> str:
        """Start a run and return its id. If the start fails, nothing of the run is left.

        Args:
            primitive: the primitive to run.
            args: partial positional arguments for the first tasks.
            kwargs: partial keyword arguments for them.
            options: execution options of this application.

        Raises:
            InvalidWorkflow: the `task_id` is not allowed.
            DefinitionMismatch: the `task_id` belongs to a run with another definition.
            InvalidTransition: a run with this id is being cancelled.
        """
        given = options.get("task_id")
        run = str(given) if given else uuid()
        if not primitive._stands_in:
            check_id(run)
        head, definitions = self._record(run, primitive, args, kwargs, options)
        if given:
            head |= self._reused_id_fields(run, options)
        head |= self._trace(run, head)
        try:
            effects = self._store.create(run, definitions, head)
        except ForeignRun as exc:
            raise DefinitionMismatch(f"Nothing was started, because the id is taken: use a new id. {exc}", run) from exc
        if effects.refused is Refused.EXISTS:
            if self._traces is not None:
                self._traces.forget(run)
            self._check_existing(run, head, effects, bool(options.get("any_definition")))
        if STALE in head:
            self._take_back(run)
        if effects.refused is None:
            self._send(run, effects.todo)
        elif effects.more[1] == b"PENDING":
            # The answer to the call that created the run may be lost, and its first messages not sent.
            self._publisher.act(self._store.due_index.unclaimed(run))
        return run

    def _record(
        self, run: str, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return the head and the definitions of a new run."""
        eta = self._eta(options)
        definitions, head = self.compile(primitive, args, kwargs, options, delayed=eta is not None)
        if eta is not None:
            head[HeadField.ETA] = eta
        if primitive._stands_in:
            head[HeadField.OUTER] = run
        elif options.get("replaced_task_nesting"):
            pass  # a task that runs again may be replaced by another canvas; the first one counts
        elif not leaf_options(options) and eta is None:
            head[HeadField.DIGEST] = digest_of(definitions)
        elif options.get("task_id"):  # a generated id is unknown to other callers
            head[HeadField.DIGEST] = digest_of(self._compiler.run(primitive, {})[0])
        head[HeadField.CLOSE] = self._codec.dump(self._closing_options(run, options), options.get("serializer"))
        return head, definitions

    def _check_existing(self, run: str, head: Mapping[str, Any], effects: Effects, any_definition: bool) -> None:
        digest, status = (part.decode() for part in effects.more)
        if status == RunStatus.CANCELLED:
            raise InvalidTransition(
                f"The run {run} was cancelled a moment ago, and the cancellation is not complete: apply the signature "
                "again in a moment, or use a new id."
            )
        if digest and digest != head.get(HeadField.DIGEST, digest) and not any_definition:
            raise mismatch(run)

    def _reused_id_fields(self, run: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the additional fields of the head for an id that may have been used before.

        Messages and processes of an earlier run may still exist, so the new run gets other attempt numbers.
        """
        base: dict[str, Any] = {HeadField.BASE: _FIRST + secrets.randbelow(_FIRST)}
        if self._results.may_have(run):
            return {**base, STALE: 1, HeadField.OWED: 1}
        kept = self._results.are_kept and not options.get("ignore_result")
        return {} if kept or _UUID.fullmatch(run) else base

    def _take_back(self, run: str) -> None:
        try:
            self._results.take_back(run)
        except Exception as exc:  # each backend has its own errors
            logger.warning(
                "Celery's old result of an id cannot be deleted now: %r", exc, extra={"action": "start", "run": run}
            )

    def compile(
        self,
        primitive: Primitive,
        args: list[Any],
        kwargs: dict[str, Any],
        options: dict[str, Any],
        delayed: bool = False,
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Return the definitions and the head of a new run or of a signature to save; arguments as for `start`."""
        return compiled(self._compiler, primitive, args, kwargs, options, delayed)

    def start_compiled(
        self,
        run: str,
        definitions: Iterable[tuple[str, bytes]],
        head: Mapping[str, Any],
        options: dict[str, Any],
        records: str = "",
        pools: Sequence[str] = (),
    ) -> str:
        """Start a run from compiled definitions and return its id. If the start fails, nothing of the run is left.

        Args:
            run: id of the run.
            definitions: the definition of each node.
            head: fields of the head, without the closing options.
            options: Celery's options for the end of the run, such as `link`.
            records: token of uploaded records from an earlier run.
            pools: pools of which some items have records.
        """
        close = self._codec.dump(self._closing_options(run, options), options.get("serializer"))
        fields = {**head, "close": close, **self._trace(run, head)}
        effects = self._store.create(run, definitions, fields, records, pools)
        if effects.refused is not Refused.EXISTS:
            self._send(run, effects.todo)
        return run

    def _send(self, run: str, todo: Any) -> None:
        try:
            self._publisher.send_strictly(todo)
        except BaseException as exc:
            # The caller gets an error, so nothing may be left. Messages that were sent find no run and are vetoed.
            try:
                self._store.discard(run)
            except UNREACHABLE as away:
                raise StartUnconfirmed.of(run, away) from exc
            raise

    def _trace(self, run: str, head: Mapping[str, Any]) -> dict[str, str]:
        """Return the field of the head that keeps the trace of the run, if the project traces its runs."""
        if self._traces is None:
            return {}
        name, kind = (head.get(field, "") for field in (HeadField.NAME, HeadField.KIND))
        return self._traces.planned(run, *(word.decode() if isinstance(word, bytes) else word for word in (name, kind)))

    def _eta(self, options: Mapping[str, Any]) -> int | None:
        """Return when the run starts, in milliseconds of the store's clock (invariant 10); None for now."""
        if countdown := options.get("countdown"):
            return int((self._store.now() + seconds(countdown, "countdown")) * 1000)
        if eta := options.get("eta"):
            return int(moment(eta, "eta").timestamp() * 1000)
        return None

    def _closing_options(self, run: str, options: Mapping[str, Any]) -> dict[str, Any]:
        stamps = set(maybe_list(options.get("stamped_headers")) or ())
        closing = {k: v for k, v in options.items() if k in _CLOSING or k in ROUTING or k in stamps}
        parent = self._app.current_worker_task
        if parent is not None:
            closing.setdefault("root_id", parent.request.root_id or parent.request.id)
            closing.setdefault("parent_id", parent.request.id)
        closing.setdefault("root_id", run)
        return to_plain({**closing, **self._reply_options(run, options)})

    def _reply_options(self, run: str, options: Mapping[str, Any]) -> dict[str, str]:
        """Return the reply queue of the process that starts the run, if the backend sends results as messages."""
        backend = self._app.backend
        if not answers_by_message(backend):
            return {}
        with self._app.producer_or_acquire() as producer:
            backend.on_task_call(producer, run)  # the reply queue must exist before the result is sent
        return {"reply_to": options.get("reply_to") or backend.oid}  # type: ignore[attr-defined, unused-ignore]


def leaf_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an application that apply to every leaf, such as routing and limits.

    A relative `expires` counts from now, as in Celery, and not from the dispatch of each leaf.
    """
    stamps = set(maybe_list(options.get("stamped_headers")) or ())
    kept = {
        k: v for k, v in options.items() if k in ROUTING or (k not in _CLOSING and k not in _NEVER and k not in stamps)
    }
    expires = kept.get("expires")
    if isinstance(expires, (int, float)):
        kept["expires"] = datetime.now(timezone.utc) + timedelta(seconds=expires)
    return kept


def compiled(
    compiler: Compiler,
    primitive: Primitive,
    args: list[Any],
    kwargs: dict[str, Any],
    options: dict[str, Any],
    delayed: bool = False,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the definitions and the head of a new run, eager or not, or of a signature to save.

    Args:
        compiler: compiles the primitive.
        primitive: the primitive to run.
        args: partial positional arguments for the first tasks.
        kwargs: partial keyword arguments for them.
        options: execution options of this application.
        delayed: whether the run has a delay.
    """
    shared = leaf_options(options)
    definitions, leaves = compiler.run(primitive, {**shared, **({"eta": AT_START} if delayed else {})})
    head = {HeadField.TOTAL: leaves, **_facts(compiler, primitive, shared, options)}
    if not primitive.label and (first := first_task(definitions, compiler.codec)):
        head[HeadField.FIRST] = first
    if planned := planned_tasks(definitions):
        head[HeadField.PLANNED] = json.dumps(planned)
    if args or kwargs:
        head[HeadField.INPUT] = compiler.codec.dump([args, kwargs], options.get("serializer"))
    return definitions, head


def _facts(
    compiler: Compiler, primitive: Primitive, shared: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a head that depend on the primitive and on the options of its application."""
    codec = compiler.codec
    head: dict[str, Any] = {
        HeadField.NAME: primitive.label or "",
        HeadField.KIND: primitive._task_name.removeprefix("orchestrator."),
        HeadField.LEAF: codec.dump(to_plain(shared)),
    }
    if shared.get("expires"):
        head[HeadField.EXPIRES] = int(moment(shared["expires"], "expires").timestamp() * 1000)
    if isinstance(primitive, Swarm) and primitive.kwargs.get("batch"):
        head[HeadField.BATCH] = 1
    if options.get("category"):
        head[HeadField.CATEGORY] = options["category"]
    if options.get("tags"):
        head[HeadField.TAGS] = json.dumps(options["tags"])
    head.update({f"{HeadPrefix.TASK.value}{name}": _declared(compiler, name) for name in task_names([primitive])})
    if options.get("deadline"):
        head[HeadField.LIMIT] = max(1, int(options["deadline"] * 1000))
    if any(primitive._partial_args):
        head[HeadField.OWN] = codec.dump(list(primitive._partial_args), options.get("serializer"))
    if primitive.immutable:
        head[HeadField.IMMUTABLE] = 1
    return head


def _declared(compiler: Compiler, name: str) -> bytes:
    """Return the options that a task declares, for processes that send the task but do not have it."""
    declared = declared_options(compiler.app, name)
    return compiler.codec.dump(declared, "json") if declared else b""
