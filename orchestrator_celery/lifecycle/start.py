"""From an applied primitive to a durable run with its first messages sent."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from celery.utils.functional import maybe_list
from kombu.utils.uuid import uuid

from orchestrator_celery.canvas import Primitive, Swarm
from orchestrator_celery.canvas.start_time import moment, seconds
from orchestrator_celery.dispatch.result_backend import answers_by_message
from orchestrator_celery.engine.compile.options import AT_START
from orchestrator_celery.engine.task_names import declared_options, task_names
from orchestrator_celery.errors import DefinitionMismatch, InvalidTransition, StartUnconfirmed
from orchestrator_celery.lifecycle.identity import OWNER, check_id, digest_of, mismatch, other_app, use_its_app
from orchestrator_celery.lifecycle.old_results import STALE, OldResults
from orchestrator_celery.model.safe_log import safe_logger
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.routing_objects import to_plain
from orchestrator_celery.store import Effects, Refused
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("ROUTING", "Starter", "leaf_options")

logger = safe_logger(__name__)

#: What Celery makes of itself, and nobody uses twice.
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST = 1_000_000

#: Options Celery needs when the run closes: what natively goes into the message of a task.
_CLOSING = frozenset(
    "chain chord group_id group_index link link_error root_id parent_id ignore_result replaced_task_nesting "
    "stamped_headers shadow".split()
)
#: Where a message goes and how it is written: for every leaf, and for the closing message as well.
ROUTING = frozenset("queue exchange routing_key exchange_type priority serializer compression headers".split())
_NEVER = frozenset(
    "task_id reply_to producer publisher connection router result_cls add_to_parent countdown eta deadline "
    "category tags".split()
)


class Starter:
    """Starts runs.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._app = container.app
        self._store = container.store
        self._codec = container.codec
        self._compiler = container.compiler
        self._publisher = container.publisher
        self._results = OldResults(container)

    def start(self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> str:
        """Start a run, whole or not at all; returns its id.

        Args:
            primitive: what to run.
            args: partial positional arguments for the first tasks.
            kwargs: partial keyword arguments for them.
            options: execution options of this application.

        Raises:
            InvalidWorkflow: the `task_id` is not allowed.
            DefinitionMismatch: the `task_id` is that of a run of something else.
            InvalidTransition: a run of this id is being cancelled.
        """
        given = options.get("task_id")
        run = str(given) if given else uuid()
        if not primitive.stands_in:
            check_id(run)
        head, definitions = self._record(run, primitive, args, kwargs, options)
        if given:
            head |= self._of_used_id(run, options)
        effects = self._store.create(run, definitions, head)
        if effects.refused is Refused.EXISTS:
            self._check_known(run, head, effects)
        if STALE in head:
            self._take_back(run)
        if effects.refused is None:
            self._send(run, effects.todo)
        elif effects.more[1] == b"PENDING":
            # The answer to the call that created it may have been lost, and its first messages with that.
            self._publisher.act(self._store.unclaimed(run))
        return run

    def _record(
        self, run: str, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Head and definitions of a run to be."""
        eta = self._eta(options)
        definitions, head = self.compile(primitive, args, kwargs, options, delayed=eta is not None)
        if eta is not None:
            head["eta"] = eta
        if primitive.stands_in:
            head["outer"] = run
        elif options.get("replaced_task_nesting"):
            pass  # a task that runs once more may be replaced by something else, and the first counts
        elif not leaf_options(options) and eta is None:
            head["digest"] = digest_of(definitions)
        elif options.get("task_id"):  # otherwise nobody knows the id who could use it for something else
            head["digest"] = digest_of(self._compiler.run(primitive, {})[0])
        head["close"] = self._codec.dump(self._closing_options(run, options), options.get("serializer"))
        return head, definitions

    def _check_known(self, run: str, head: Mapping[str, Any], effects: Effects) -> None:
        if other := other_app(self._container, *self._container.reader.head_fields(run, *OWNER)):
            self._store.due_index.disown([run])
            raise DefinitionMismatch(
                f"The id {run!r} is that of a run of another app, {other}, so nothing was started: use a new id, or "
                f"start it from there; {use_its_app(self._container)}.",
                run,
            )
        digest, status = (part.decode() for part in effects.more)
        if status == RunStatus.CANCELLED:
            raise InvalidTransition(
                f"The run {run} was cancelled just now, and the cancellation is not complete: apply it again in a "
                "moment, or use a new id."
            )
        if digest and digest != head.get("digest", digest):
            raise mismatch(run)

    def _of_used_id(self, run: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of the head of a run whose id may have been used before.

        Messages and processes of an earlier run may still be there: no attempt of it has the number of one of this.
        """
        base = {"base": _FIRST + secrets.randbelow(_FIRST)}
        if self._results.may_have(run):
            return {**base, STALE: 1, "owed": 1}
        kept = self._results.are_kept and not options.get("ignore_result")
        return {} if kept or _UUID.fullmatch(run) else base

    def _take_back(self, run: str) -> None:
        try:
            self._results.take_back(run)
        except Exception as exc:  # each backend has its own errors
            logger.warning("Celery's old result of an id waits: %r", exc, extra={"action": "start", "run": run})

    def compile(
        self,
        primitive: Primitive,
        args: list[Any],
        kwargs: dict[str, Any],
        options: dict[str, Any],
        delayed: bool = False,
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Definitions and head of a run to be, or of a signature to be saved; arguments as for `start`."""
        shared = leaf_options(options)
        definitions, leaves = self._compiler.run(primitive, {**shared, **({"eta": AT_START} if delayed else {})})
        head: dict[str, Any] = {
            "name": primitive.label or "",
            "kind": primitive.task_name.removeprefix("orchestrator."),
            "total": leaves,
            "leaf": self._codec.dump(to_plain(shared)),
        }
        if shared.get("expires"):
            head["expires"] = int(moment(shared["expires"], "expires").timestamp() * 1000)
        if isinstance(primitive, Swarm) and primitive.kwargs.get("batch"):
            head["batch"] = 1
        if options.get("category"):
            head["category"] = options["category"]
        if options.get("tags"):
            head["tags"] = json.dumps(options["tags"])
        head.update({f"task:{name}": self._declared(name) for name in task_names([primitive])})
        if options.get("deadline"):
            head["limit"] = max(1, int(options["deadline"] * 1000))
        if any(primitive.partial_args):
            head["own"] = self._codec.dump(list(primitive.partial_args), options.get("serializer"))
        if primitive.immutable:
            head["immutable"] = 1
        if args or kwargs:
            head["input"] = self._codec.dump([args, kwargs], options.get("serializer"))
        return definitions, head

    def _declared(self, name: str) -> bytes:
        """What a task declares, for those who send it and lack it."""
        declared = declared_options(self._app, name)
        return self._codec.dump(declared, "json") if declared else b""

    def start_compiled(
        self,
        run: str,
        definitions: Iterable[tuple[str, bytes]],
        head: Mapping[str, Any],
        options: dict[str, Any],
        records: str = "",
    ) -> str:
        """Start a run of what was compiled before, whole or not at all; returns its id.

        Args:
            run: its id.
            definitions: of each node.
            head: fields of its head, without those of closing.
            options: Celery's own options for its end, such as `link`.
            records: token of records it takes over from another run.
        """
        close = self._codec.dump(self._closing_options(run, options), options.get("serializer"))
        effects = self._store.create(run, definitions, {**head, "close": close}, records)
        if effects.refused is not Refused.EXISTS:
            self._send(run, effects.todo)
        return run

    def _send(self, run: str, todo: Any) -> None:
        try:
            self._publisher.send_strictly(todo)
        except BaseException as exc:
            # The caller is told, so nothing may be left: what was sent already finds no run and is vetoed.
            try:
                self._store.discard(run)
            except UNREACHABLE as away:
                raise StartUnconfirmed.of(run, away) from exc
            raise

    def _eta(self, options: Mapping[str, Any]) -> int | None:
        """When the run is to start, in milliseconds of the store's clock (invariant 10); None for at once."""
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
        return to_plain({**closing, **self._answered_to(run, options)})

    def _answered_to(self, run: str, options: Mapping[str, Any]) -> dict[str, str]:
        """Where the outcome goes with a backend that sends it as a message: to who started the run, as natively."""
        backend = self._app.backend
        if not answers_by_message(backend):
            return {}
        with self._app.producer_or_acquire() as producer:
            backend.on_task_call(producer, run)  # the queue it goes to has to be there before
        return {"reply_to": options.get("reply_to") or backend.oid}


def leaf_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Which options of an application go to every leaf: routing, limits and the like.

    A relative `expires` counts from now, as it does natively, and not from each leaf's own dispatch.
    """
    stamps = set(maybe_list(options.get("stamped_headers")) or ())
    kept = {
        k: v for k, v in options.items() if k in ROUTING or (k not in _CLOSING and k not in _NEVER and k not in stamps)
    }
    expires = kept.get("expires")
    if isinstance(expires, (int, float)):
        kept["expires"] = datetime.now(timezone.utc) + timedelta(seconds=expires)
    return kept
