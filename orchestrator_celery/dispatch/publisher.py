"""Effects to Celery messages: the one place that sends.

Whatever cannot be sent now stays in the outbox (its leaf is QUEUED in the
store) and may be sent again under the same id; whatever can never be sent
(arguments that do not fit the task, no such queue) fails its node.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from celery.canvas import Signature
from celery.utils.functional import arity_greater
from kombu.exceptions import OperationalError

from orchestrator_celery.dispatch.graph_decisions import Deciding
from orchestrator_celery.dispatch.inputs import Givens
from orchestrator_celery.engine.item_callbacks import arguments_after_item, item_facts
from orchestrator_celery.engine.leaf_arguments import with_input, with_inputs, with_result
from orchestrator_celery.engine.message_priority import message_priority
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import Await, CloseRun, Decide, Dispatch, Effect, Foresight
from orchestrator_celery.model.ids import LeafId, parse_leaf_id
from orchestrator_celery.model.states import Priority
from orchestrator_celery.records.definitions import payload_of
from orchestrator_celery.records.head import HeadField
from orchestrator_celery.records.inputs import NAMED, Source, parse_input
from orchestrator_celery.records.leaf import Leaf, Role, read_leaf
from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store import Store
from orchestrator_celery.store.availability import UNREACHABLE
from orchestrator_celery.store.reader import Reader

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("CANCELLED_TASK", "CLOSE_TASK", "ERRBACK_TASK", "NOWHERE", "PASSING", "Origin", "Publisher")

CLOSE_TASK = "orchestrator.close"
CANCELLED_TASK = "orchestrator.cancelled"
ERRBACK_TASK = "orchestrator.errback"
#: Errors that may pass: the broker or the store cannot be reached now.
PASSING = (OperationalError, OSError, *UNREACHABLE)

#: kombu's own, where the project sets none.
_STEPS = (0, 3, 6, 9)

logger = logging.getLogger(__name__)


class Origin(NamedTuple):
    """What the transition that is being acted on knows already.

    Args:
        known: results by node id that need not be read again.
        route: exchange and routing key of the message the worker just handled; the message that
            closes a run goes the same way, because there a worker of this project listens.
        priority: of that message, where `task_inherit_parent_priority` hands it on.
    """

    known: Mapping[str, Any] = {}
    route: Mapping[str, Any] = {}
    priority: int | None = None


#: Nothing is known, and the closing message goes where tasks go by default.
NOWHERE = Origin()


class Publisher:
    """Sends what transitions leave to do.

    Args:
        app: the Celery app that sends.
        store: where nodes fail that can never be sent.
        reader: reads what leaves are given.
        codec: decodes definitions and results.
        settings: the queue of the closing message.
    """

    def __init__(self, app: Celery, store: Store, reader: Reader, codec: Codec, settings: OrchestratorSettings) -> None:
        self._app = app
        self._store = store
        self._reader = reader
        self._codec = codec
        self._queue = settings.queue
        self._givens = Givens(reader, codec)
        self._deciding = Deciding(store, reader, codec, self._givens)

    def act(self, todo: Iterable[Effect], origin: Origin = NOWHERE) -> None:
        """Send everything; a leaf that can never be sent fails, and what follows from that is sent too.

        Raises:
            kombu.exceptions.OperationalError, redis.exceptions.RedisError: for now it cannot be sent;
                what was not sent is still in the outbox.
        """
        waiting = deque(todo)
        if not waiting:
            return
        with self._app.producer_or_acquire() as producer, _batch(producer, len(waiting)):
            while waiting:
                effect = waiting.popleft()
                try:
                    waiting.extend(self._do(effect, origin, producer))
                except PASSING:
                    raise
                except Exception as exc:
                    if not isinstance(effect, Dispatch):
                        raise
                    logger.warning(
                        "A task of a run can never be sent: %r",
                        exc,
                        extra={"action": "unsendable", "run": effect.leaf.run, "node": effect.leaf.node},
                    )
                    waiting.extend(self._store.fail(effect.leaf, effect.fence, self._codec.dump_error(exc)).todo)

    def send_strictly(self, todo: Iterable[Effect]) -> None:
        """Send everything or raise whatever is wrong: the caller is there to be told."""
        waiting = deque(todo)
        if not waiting:
            return
        with self._app.producer_or_acquire() as producer, _batch(producer, len(waiting)):
            while waiting:
                waiting.extend(self._do(waiting.popleft(), NOWHERE, producer))

    def send_cancelled(self, run: str, options: dict[str, Any]) -> None:
        """Send the message that tells a native chain or chord around a run that it was cancelled.

        Args:
            run: its id.
            options: what it was applied with.
        """
        if not options.keys() & {"queue", "exchange", "routing_key"} and self._queue:
            options = {**options, "queue": self._queue}
        self._app.tasks[CANCELLED_TASK].apply_async((), task_id=run, add_to_parent=False, **options)

    def _do(self, effect: Effect, origin: Origin, producer: Any) -> Iterable[Effect]:
        """Send a message, or decide; answers what follows from a decision."""
        if isinstance(effect, Decide):
            return self._deciding.decide(effect)
        if isinstance(effect, Await):
            self._store.awaits(effect.run, effect.until)
        elif isinstance(effect, CloseRun):
            self._send_close(effect, origin, producer)
        else:
            self._send_task(effect, origin, producer)
        return ()

    def _send_task(self, effect: Dispatch, origin: Origin, producer: Any) -> None:
        leaf = self.with_arguments(effect, origin)
        options = dict(leaf.options)
        if effect.level is not None:
            options.setdefault("priority", self._message_priority(effect.level))
        if origin.priority is not None:
            options.setdefault("priority", origin.priority)
        if effect.fence != (0, 0):
            options.update(retries=effect.fence.retries, replaced_task_nesting=effect.fence.nesting)
        if effect.wait:
            options["countdown"] = effect.wait
        task = self._app.tasks.get(leaf.task)
        options.update(
            task_id=str(effect.leaf),
            root_id=effect.leaf.run,
            parent_id=effect.leaf.run,
            ignore_result=True,
            add_to_parent=False,
            producer=producer,
        )
        if leaf.task in ("celery.map", "celery.starmap"):
            options.setdefault("route_name", leaf.kwargs["task"]["task"])
        if task is None:
            self._app.send_task(leaf.task, tuple(leaf.args), leaf.kwargs, **options)
        else:
            task.apply_async(tuple(leaf.args), leaf.kwargs, **options)

    def _message_priority(self, level: int) -> int:
        conf, transport = self._app.conf, self._transport
        steps = (conf.broker_transport_options or {}).get("priority_steps") or _STEPS
        return message_priority(level, transport, steps, conf.task_queue_max_priority)

    @cached_property
    def _transport(self) -> str:
        with self._app.connection_for_write() as connection:  # this connects to nothing
            return str(connection.transport.driver_type)

    def _send_close(self, effect: CloseRun, origin: Origin, producer: Any) -> None:
        run = effect.leaf.run
        blob, again = self._reader.head_fields(run, HeadField.CLOSE, HeadField.RETOLD)
        options = self._codec.load(blob) if blob else {}
        if again:  # the rest of a native chain or chord has failed with the end before, and does not go on
            options = {name: value for name, value in options.items() if name not in ("chain", "chord")}
        outer = parse_leaf_id(run)
        if outer is not None:
            options["parent_id"] = outer.run
        if "queue" not in options and "exchange" not in options and "routing_key" not in options:
            options.update(self._close_route(origin))
        self._app.tasks[CLOSE_TASK].apply_async(
            (effect.leaf.attempt,), task_id=run, producer=producer, add_to_parent=False, **options
        )

    def _close_route(self, origin: Origin) -> Mapping[str, Any]:
        if self._queue:
            return {"queue": self._queue}
        if self._app.amqp.router.lookup_route(CLOSE_TASK, (), {}, {}) or not origin.route:
            return {}
        if not origin.route.get("exchange"):
            return {"queue": origin.route["routing_key"]}
        return {"exchange": origin.route["exchange"], "routing_key": origin.route["routing_key"]}

    def with_arguments(self, effect: Dispatch, origin: Origin = NOWHERE) -> Leaf:
        """What a leaf's message would carry: its task, its own arguments and what it is given."""
        leaf = read_leaf(payload_of(effect.spec), self._codec)
        given, run = effect.given, effect.leaf.run
        ref = parse_input(given)
        if ref.source is Source.NOTHING:
            return leaf
        if ref.source is Source.ERROR:
            return self._after_error(leaf, run, ref.of)
        if ref.source is Source.ITEM:
            return leaf if leaf.immutable else leaf._replace(args=[*self._of_item(leaf, run, ref.of), *leaf.args])
        if leaf.immutable and ref.source not in NAMED:
            return leaf
        self._givens.meet(run, effect.born)
        args, kwargs = self._givens.arguments(run, given, effect.leaf.node, origin.known)
        # An immutable task takes nothing but what its graph's node says it is given.
        return with_inputs(leaf, kwargs) if leaf.immutable else with_input(leaf, args, kwargs)

    def _of_item(self, leaf: Leaf, run: str, item: str) -> list[Any]:
        """What a swarm's callback is told of the item it follows."""
        [definition] = self._reader.definitions(run, [item])
        terminal, level = self._reader.terminal(run, [item, item + Beside.PRIORITY.value])
        facts = item_facts(run, item, definition or b"", terminal, self._codec, int(level or Priority.MEDIUM))
        return arguments_after_item(leaf, facts, self._outcome(run))

    def _after_error(self, leaf: Leaf, run: str, ref: str) -> Leaf:
        outcome = self._outcome(run)
        if leaf.role is Role.HANDLER:
            return with_result(leaf, outcome.error_words(ref))
        failed = str(outcome.leaf_of(ref))
        if leaf.role is Role.PLAIN or not self._takes_error(leaf):
            return with_result(leaf, failed)
        errback = Signature(leaf.task, leaf.args, leaf.kwargs, leaf.options, immutable=leaf.immutable)
        return leaf._replace(task=ERRBACK_TASK, args=[dict(errback), run, failed, ref], kwargs={})

    def _takes_error(self, leaf: Leaf) -> bool:
        """Whether Celery would call this errback with (request, exc, traceback) rather than the task's id."""
        if leaf.task not in self._app.tasks:
            return False
        header = getattr(self._app.tasks[leaf.task], "__header__", None)
        return header is not None and not isinstance(header, partial) and bool(arity_greater(header, 1))

    def foresee(self, leaf: LeafId, told: Foresight, result: Any) -> tuple[str | None, str]:
        """The edges out of a graph's node that has ended well; as `Deciding.foresee`."""
        return self._deciding.foresee(leaf, told, result)

    def partial(self, run: str, given: str, node: str) -> tuple[list[Any], dict[str, Any]]:
        """What a node would be given besides its own arguments.

        Args:
            run: its run.
            given: where it comes from, as of a `Dispatch`.
            node: its id.
        """
        return self._givens.arguments(run, given, node)

    def _outcome(self, run: str) -> Outcome:
        return Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)


def _batch(producer: Any, count: int) -> Any:
    """One round trip for many messages, where kombu and the transport can (kombu 5.7 with Redis)."""
    if count > 1 and hasattr(producer, "batch"):
        return producer.batch()
    return nullcontext()
