"""Turns effects into Celery messages; no other module publishes messages of runs.

A message that cannot be sent now stays in the outbox: its leaf is QUEUED in
the store, and the message may be sent again with the same id. A message that
can never be sent (arguments that do not fit the task, no such queue) fails
its node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS, sending
from orchestrator_celery.dispatch.errbacks import Errbacks
from orchestrator_celery.dispatch.graph_decisions import GraphDecider
from orchestrator_celery.dispatch.inputs import InputResolver
from orchestrator_celery.dispatch.leaf_input import LeafInput
from orchestrator_celery.dispatch.messages.task_sender import TaskSender, own_options
from orchestrator_celery.dispatch.messages.templates import MessageTemplates, TaskMessage
from orchestrator_celery.dispatch.withdrawal import withdraw
from orchestrator_celery.engine.message_priority import message_priority
from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import (
    Await,
    CloseRun,
    Decide,
    Dispatch,
    EdgeContext,
    Effect,
    FailRest,
    Release,
    Withdraw,
)
from orchestrator_celery.model.ids import LeafId, parse_leaf_id
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.graphs.routing_objects import from_plain
from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.records.leaf import Leaf
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store import Store
from orchestrator_celery.store.reader import Reader

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator_celery.dispatch.traces.run_traces import RunTraces
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("CANCELLED_TASK", "CLOSE_TASK", "NO_ORIGIN", "Origin", "Publisher")

CLOSE_TASK = "orchestrator.close"
CANCELLED_TASK = "orchestrator.cancelled"

#: kombu's default steps, for projects that set none.
_STEPS = (0, 3, 6, 9)

logger = safe_logger(__name__)


class Origin(NamedTuple):
    """The context of the transition whose effects are executed.

    Args:
        known: results by node id that need not be read again.
        route: exchange and routing key of the message that the worker just handled. The message that
            closes a run goes the same way, because a worker of this project listens there.
        priority: the priority of that message, if `task_inherit_parent_priority` is set.
    """

    known: Mapping[str, Any] = {}
    route: Mapping[str, Any] = {}
    priority: int | None = None


#: No known results; the closing message goes to the default queue of tasks.
NO_ORIGIN = Origin()


class Publisher:
    """Executes the effects of transitions.

    Args:
        app: the Celery app that sends.
        store: records failures of nodes that can never be sent.
        reader: reads the inputs of leaves.
        codec: decodes definitions and results.
        settings: the settings, with the queue of the closing message.
        traces: the traces of runs; None if the project does not trace them.
    """

    def __init__(
        self,
        app: Celery,
        store: Store,
        reader: Reader,
        codec: Codec,
        settings: OrchestratorSettings,
        traces: RunTraces | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._reader = reader
        self._codec = codec
        self._queue = settings.queue
        self._traces = traces
        self._resolver = InputResolver(reader, codec)
        self._inputs = LeafInput(reader, codec, self._resolver, Errbacks(app))
        self._templates = MessageTemplates(app)
        self._decider = GraphDecider(store, reader, codec, self._resolver)

    def act(self, todo: Iterable[Effect], origin: Origin = NO_ORIGIN) -> None:
        """Execute all effects. A leaf that can never be sent fails, and the effects of its failure are executed too.

        Raises:
            kombu.exceptions.OperationalError, redis.exceptions.RedisError: a message cannot be sent now;
                the unsent messages are still in the outbox.
        """
        waiting = deque(todo)
        if not waiting:
            return
        with sending(), self._app.producer_or_acquire() as producer, _batch(producer, len(waiting)):
            sender = TaskSender(self._app, self._templates, producer)
            while waiting:
                effect = waiting.popleft()
                try:
                    with sending():
                        waiting.extend(self._do(effect, origin, sender))
                except TRANSIENT_ERRORS:
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
        """Execute all effects and raise every error, because a caller waits for the outcome."""
        waiting = deque(todo)
        if not waiting:
            return
        with sending(), self._app.producer_or_acquire() as producer, _batch(producer, len(waiting)):
            sender = TaskSender(self._app, self._templates, producer)
            while waiting:
                waiting.extend(self._do(waiting.popleft(), NO_ORIGIN, sender))

    def send_cancelled(self, run: str, options: dict[str, Any]) -> None:
        """Send the message that reports a cancellation to the native chain or chord around a run.

        Args:
            run: the run's id.
            options: the options of the run's application.
        """
        if not options.keys() & {"queue", "exchange", "routing_key"} and self._queue:
            options = {**options, "queue": self._queue}
        options = from_plain(options)
        self._app.tasks[CANCELLED_TASK].apply_async((), task_id=run, add_to_parent=False, **options)

    def _do(self, effect: Effect, origin: Origin, sender: TaskSender) -> Iterable[Effect]:
        """Send a message or make a decision; return the effects of a decision."""
        if isinstance(effect, Decide):
            return self._decider.decide(effect)
        if isinstance(effect, Await):
            self._store.graphs.awaits(effect.run, effect.until)
        elif isinstance(effect, Withdraw):
            return withdraw(self._store, self._codec, self._outcome, effect.run)
        elif isinstance(effect, FailRest):
            return self._store.go_on_overdue(effect.run)
        elif isinstance(effect, Release):
            return self._store.go_on_release(effect.run).todo  # the last effect asks for the slice after this one
        elif isinstance(effect, CloseRun):
            self._send_close(effect, origin, sender.producer)
        elif isinstance(effect, Dispatch):
            self._send_task(effect, origin, sender)
        return ()

    def _send_task(self, effect: Dispatch, origin: Origin, sender: TaskSender) -> None:
        leaf = self.with_arguments(effect, origin)
        options = dict(leaf.options)
        if effect.level is not None:
            options.setdefault("priority", self.message_priority(effect.level))
        if origin.priority is not None:
            options.setdefault("priority", origin.priority)
        if effect.fence != (0, 0):
            options.update(retries=effect.fence.retries, replaced_task_nesting=effect.fence.nesting)
        if effect.wait:
            options["countdown"] = effect.wait
        elif effect.fence == (0, 0) and _begins_its_run(effect.spec):
            start = self._resolver.start_of(effect.leaf.run, effect.created)
            options.update({} if start is None else {"eta": start})
        if self._traces is not None:
            headers = self._traces.headers(effect.leaf.run, effect.input_ref, origin.known)
            options["headers"] = {**(options.get("headers") or {}), **headers}
        if leaf.task in ("celery.map", "celery.starmap"):
            options.setdefault("route_name", leaf.kwargs["task"]["task"])
        run, args, task = effect.leaf.run, tuple(leaf.args), self._app.tasks.get(leaf.task)
        if task is not None:
            sender.send(TaskMessage(task, str(effect.leaf), run, args, leaf.kwargs, options))
            return
        options = {**self._declared(run, leaf.task), **options, **own_options(str(effect.leaf), run)}
        self._app.send_task(leaf.task, args, leaf.kwargs, **{**options, "producer": sender.producer})

    def _declared(self, run: str, task: str) -> dict[str, Any]:
        """What a task that is not registered here declares about its messages, as far as the run's client knew it."""
        declared = self._reader.head_field(run, f"{HeadPrefix.TASK.value}{task}")
        return from_plain(self._codec.load(declared)) if declared else {}

    def message_priority(self, level: int) -> int:
        """Return the priority of a message for the priority of an item, 1 low to 3 high."""
        conf, transport = self._app.conf, self.driver
        steps = (conf.broker_transport_options or {}).get("priority_steps") or _STEPS
        return message_priority(level, transport, steps, conf.task_queue_max_priority)

    @cached_property
    def driver(self) -> str:
        """The driver of the broker's transport, such as `redis` or `amqp`."""
        with self._app.connection_for_write() as connection:  # creating the object opens no connection
            return str(connection.transport.driver_type)

    def _send_close(self, effect: CloseRun, origin: Origin, producer: Any) -> None:
        run = effect.leaf.run
        fields = (HeadField.CLOSE, HeadField.RETOLD, HeadField.OUTER, HeadField.NAME)
        blob, retried, outer, name = self._reader.head_fields(run, *fields)
        options = from_plain(self._codec.load(blob)) if blob else {}
        if name:  # in logs and monitors, the message has the name of the run
            options.setdefault("shadow", printable(name.decode()))
        if retried:  # the surrounding native chain or chord has already failed with the earlier end
            options = {name: value for name, value in options.items() if name not in ("chain", "chord")}
        leaf = parse_leaf_id(outer.decode()) if outer else None
        if leaf is not None:
            options["parent_id"] = leaf.run
        if "queue" not in options and "exchange" not in options and "routing_key" not in options:
            options.update(self._close_route(origin))
        if self._traces is not None:
            options["headers"] = {**(options.get("headers") or {}), **self._traces.headers(run)}
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

    def with_arguments(self, effect: Dispatch, origin: Origin = NO_ORIGIN, own: bool = False) -> Leaf:
        """Return the content of a leaf's message: its task, its own arguments and its input.

        Args:
            effect: the leaf.
            origin: the results that are known.
            own: whether a body in this process gets the arguments, so that they must be no other body's.
        """
        self._resolver.set_created(effect.leaf.run, effect.created)
        return self._inputs.added_to(effect.leaf, effect.spec, effect.input_ref, origin.known, own)

    def choose_edges(self, leaf: LeafId, context: EdgeContext, result: Any) -> tuple[str | None, str]:
        """Choose the edges of a graph's node that succeeded; see `GraphDecider.choose_edges`."""
        return self._decider.choose_edges(leaf, context, result)

    def partial_arguments(self, run: str, ref: str, node: str) -> tuple[list[Any], dict[str, Any]]:
        """Return a node's input, without its own arguments.

        Args:
            run: the run.
            ref: the input reference, as in a `Dispatch`.
            node: the node's id.
        """
        return self._resolver.arguments(run, ref, node)

    def _outcome(self, run: str) -> Outcome:
        return Outcome(run, lambda nodes: self._reader.terminal(run, nodes), self._codec)


def _begins_its_run(definition: bytes) -> bool:
    return parse_definition(definition).has(Attribute.BEGINS)


def _batch(producer: Any, count: int) -> Any:
    """Return a context that sends many messages in one round trip, if kombu supports it (5.7 with Redis)."""
    if count > 1 and hasattr(producer, "batch"):
        return producer.batch()
    return nullcontext()
