"""From an applied primitive to a durable run with its first messages sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from celery.utils.functional import maybe_list
from kombu.utils.uuid import uuid

from orchestrator_celery.canvas import Primitive, Swarm
from orchestrator_celery.engine.task_names import task_names
from orchestrator_celery.store import Refused

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("ROUTING", "Starter", "leaf_options")

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
        self._app = container.app
        self._store = container.store
        self._codec = container.codec
        self._compiler = container.compiler
        self._publisher = container.publisher

    def start(self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> str:
        """Start a run, whole or not at all; returns its id.

        Args:
            primitive: what to run.
            args: partial positional arguments for the first tasks.
            kwargs: partial keyword arguments for them.
            options: execution options of this application.
        """
        run = str(options.get("task_id") or uuid())
        if options.get("countdown") or options.get("eta"):
            self._start_later(primitive, args, kwargs, {**options, "task_id": run})
            return run
        definitions, head = self.compile(primitive, args, kwargs, options)
        head["close"] = self._codec.dump(self._closing_options(run, options), options.get("serializer"))
        effects = self._store.create(run, definitions, head)
        if effects.refused is not Refused.EXISTS:
            self._send(run, effects.todo)
        return run

    def compile(
        self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Definitions and head of a run to be, or of a signature to be saved; arguments as for `start`."""
        definitions, leaves = self._compiler.run(primitive, leaf_options(options))
        head: dict[str, Any] = {
            "name": primitive.label or "",
            "kind": primitive.task_name.removeprefix("orchestrator."),
            "total": leaves,
            "leaf": self._codec.dump(leaf_options(options)),
        }
        if isinstance(primitive, Swarm) and primitive.kwargs.get("batch"):
            head["batch"] = 1
        if options.get("category"):
            head["category"] = options["category"]
        if options.get("tags"):
            head["tags"] = json.dumps(options["tags"])
        head.update({f"task:{name}": "" for name in task_names([primitive])})
        if options.get("deadline"):
            head["limit"] = max(1, int(options["deadline"] * 1000))
        if any(primitive.partial_args):
            head["own"] = self._codec.dump(list(primitive.partial_args), options.get("serializer"))
        if primitive.immutable:
            head["immutable"] = 1
        if args or kwargs:
            head["input"] = self._codec.dump([args, kwargs], options.get("serializer"))
        return definitions, head

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
        except BaseException:
            # The caller is told, so nothing may be left: what was sent already finds no run and is vetoed.
            self._store.discard(run)
            raise

    def _start_later(
        self, primitive: Primitive, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]
    ) -> None:
        definition = {k: v for k, v in primitive.kwargs.items() if k in primitive.fields}
        for name in ("deadline", "category", "tags"):
            if options.get(name):
                definition[name] = options.pop(name)
        self._app.tasks[primitive.task_name].apply_async(tuple(args), {**definition, **kwargs}, **options)

    def _closing_options(self, run: str, options: Mapping[str, Any]) -> dict[str, Any]:
        stamps = set(maybe_list(options.get("stamped_headers")) or ())
        closing = {k: v for k, v in options.items() if k in _CLOSING or k in ROUTING or k in stamps}
        parent = self._app.current_worker_task
        if parent is not None:
            closing.setdefault("root_id", parent.request.root_id or parent.request.id)
            closing.setdefault("parent_id", parent.request.id)
        closing.setdefault("root_id", run)
        return closing


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
