"""Messages from a template are those that `Task.apply_async` makes; where they might not be, Celery makes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import celery.app.amqp as amqp_module
import pytest
from celery import Celery, Task, signals
from celery.app.amqp import AMQP
from kombu import Queue

from orchestrator_celery.dispatch.messages.task_sender import TaskSender, own_options
from orchestrator_celery.dispatch.messages.templates import MessageTemplates, TaskMessage
from orchestrator_celery.store.embedded import EmbeddedRedis

FUTURE = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((2,), {}),
    ((3.5, None, True, -7), {}),
    (("it's", "long" * 600), {"deep": {"a": [1, [2, [3, [4]]]]}}),
    ((), {"name": "ü"}),
    (([1, {"x": "y"}],), {}),
]
#: Options of messages that come from a template from the third one on.
TEMPLATED: list[dict[str, Any]] = [
    {},
    {"priority": 5},
    {"serializer": "pickle"},
    {"compression": "zlib"},
    {"serializer": "yaml", "compression": "bzip2", "priority": 3},
    {"headers": {"tenant": {"id": 7}, "flag": True}},
    {"headers": {"tenant": "x"}, "stamped_headers": ["stamp"], "stamp": "v1"},
    {"reply_to": "answers"},
    {"argsrepr": "(secret)"},
    {"kwargsrepr": "{secret}", "shadow": "other name"},
    {"queue": "other"},
    {"exchange": "named", "routing_key": "key"},
    {"time_limit": 30, "soft_time_limit": 20},
    {"retries": 2, "replaced_task_nesting": 1},
    {"group_id": "g", "group_index": 4},
    {"delivery_mode": 1, "retry": False},
    {"retry_policy": {"max_retries": 1}},
]
#: Options with which Celery makes each message.
NATIVE: list[dict[str, Any]] = [
    {"eta": FUTURE},
    {"expires": FUTURE},
    {"headers": {"at": FUTURE}, "serializer": "pickle"},
    {"headers": {"id": "own"}},
]


class Bench:
    """An app whose messages are read from its broker, and a second name of each list to compare with."""

    def __init__(self, server: EmbeddedRedis, app_class: type[Celery] = Celery, **conf: Any) -> None:
        self.redis = server.client(7)
        self.app = app_class("templates", broker=server.url(7), set_as_current=False, **conf.pop("own", {}))
        self.app.conf.update(task_queues=[Queue("celery"), Queue("other")], task_create_missing_queues=True, **conf)
        self.task = self.app.task(name="templates.any", typing=False)(any_arguments)
        self.templates = MessageTemplates(self.app)

    def sent(self, options: dict[str, Any], task: Any = None, arguments: Any = ARGUMENTS) -> list[Any]:
        """Messages that the package sends."""
        with self.app.producer_or_acquire() as producer:
            for message in self.messages(options, task, arguments):
                TaskSender(self.app, self.templates, producer).send(message)
        return self.taken()

    def native(self, options: dict[str, Any], task: Any = None, arguments: Any = ARGUMENTS) -> list[Any]:
        """Messages that Celery sends for the same calls."""
        with self.app.producer_or_acquire() as producer:
            for sent in self.messages(options, task, arguments):
                own = {**sent.options, **own_options(sent.task_id, sent.run)}
                sent.task.apply_async(sent.args, sent.kwargs, producer=producer, **own)
        return self.taken()

    def messages(self, options: dict[str, Any], task: Any, arguments: Any) -> list[TaskMessage]:
        return [
            TaskMessage(task or self.task, f"run:{place}:1", "run", args, kwargs, dict(options))
            for place, (args, kwargs) in enumerate(arguments)
        ]

    def taken(self) -> list[Any]:
        """Take all messages from the broker, with the lists they were in; what is random in them is left out."""
        found = []
        for key in sorted(self.redis.keys("*")):
            if b"_kombu" in key:
                continue
            while raw := self.redis.rpop(key):
                message = json.loads(raw)
                del message["properties"]["delivery_tag"]
                message["properties"].pop("expiration", None)  # of the seconds that are left
                found.append((key, message))
        return found


def any_arguments(*args: Any, **kwargs: Any) -> None:
    """Takes any arguments."""


def only_one(one: Any) -> None:
    """Takes one argument."""


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def bench(broker: EmbeddedRedis) -> Iterator[Bench]:
    made = Bench(broker)
    bind_named(made)
    yield made
    made.app.close()
    made.redis.flushdb()


@pytest.fixture
def made_by_celery(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of messages that Celery makes."""
    ids: list[str] = []
    make = amqp_module.task_message

    def count(headers: Any, properties: Any, body: Any, sent_event: Any) -> Any:
        ids.append(properties["correlation_id"])
        return make(headers, properties, body, sent_event)

    monkeypatch.setattr(amqp_module, "task_message", count)
    return ids


def bind_named(bench: Bench) -> None:
    """A queue of a named exchange, so that a message to it is kept."""
    from kombu import Exchange

    with bench.app.connection_for_write() as connection:
        Queue("of-named", Exchange("named", type="direct"), routing_key="key")(connection.default_channel).declare()


def id_of(options: dict[str, Any]) -> str:
    return "-".join(options) or "none"


@pytest.mark.parametrize("options", TEMPLATED, ids=id_of)
def test_a_template_makes_the_message_of_celery(
    bench: Bench, made_by_celery: list[str], options: dict[str, Any]
) -> None:
    """Given a task and options, when six messages are sent, then they are Celery's, which makes the first two only."""
    ours = bench.sent(options)
    assert len(made_by_celery) == 2
    assert len(ours) == len(ARGUMENTS)
    assert ours == bench.native(options)


@pytest.mark.parametrize("options", NATIVE, ids=id_of)
def test_celery_makes_messages_that_are_their_own(
    bench: Bench, made_by_celery: list[str], options: dict[str, Any]
) -> None:
    """Given options that no two messages share, then Celery makes every message."""
    ours = bench.sent(options)
    assert len(made_by_celery) == len(ARGUMENTS)
    assert ours == bench.native(options)


def test_templates_of_different_options_are_apart(bench: Bench) -> None:
    """Given messages of several options in turn, then each has its own, also where the options only seem equal."""
    variants = [{}, {"priority": 1}, {"priority": True}, {"headers": {"a": 1}}, {"headers": {"a": 1.0}}]
    calls = [(options, ((n,), {})) for n in range(4) for options in variants]
    ours = [message for options, call in calls for message in bench.sent(options, arguments=[call])]
    assert ours == [message for options, call in calls for message in bench.native(options, arguments=[call])]


def test_a_task_that_declares_options_and_changes_them(bench: Bench) -> None:
    """Given a task with a serializer of its own, when it changes, then the next message has the new one."""
    task = bench.app.task(name="templates.own", typing=False, serializer="pickle")(any_arguments)
    assert bench.sent({}, task) == bench.native({}, task)
    task.serializer, task._exec_options = "yaml", None
    assert bench.sent({}, task) == bench.native({}, task)


def test_wrong_arguments_are_refused_as_celery_does(bench: Bench) -> None:
    """Given a task that checks its arguments, when a template would make a message, then wrong ones are refused."""
    task = bench.app.task(name="templates.one")(only_one)
    bench.sent({}, task, [((n,), {}) for n in range(3)])
    with pytest.raises(TypeError, match="positional argument"):
        bench.sent({}, task, [((1, 2), {})])
    assert bench.taken() == []


@pytest.mark.parametrize(
    "conf",
    [
        {"task_protocol": 1},
        {"task_send_sent_event": True},
        {"task_routes": [lambda name, args, kwargs, options, task=None, **_: {"queue": "other"} if args else None]},
    ],
    ids=["protocol 1", "task-sent events", "a router that looks at arguments"],
)
def test_celery_makes_all_messages_under_some_settings(
    broker: EmbeddedRedis, made_by_celery: list[str], conf: dict[str, Any]
) -> None:
    """Given a setting by which messages may differ in more than their arguments, then Celery makes every message."""
    bench = Bench(broker, **conf)
    ours = bench.sent({})
    assert len(made_by_celery) == len(ARGUMENTS)
    assert ours == bench.native({})


def test_routes_by_name_are_followed(broker: EmbeddedRedis, made_by_celery: list[str]) -> None:
    """Given routes by name and pattern, then templates follow them."""
    bench = Bench(broker, task_routes={"templates.*": {"queue": "other", "priority": 2}})
    ours = bench.sent({})
    assert len(made_by_celery) == 2
    assert {key.split(b"\x06")[0] for key, _ in ours} == {b"other"}
    assert ours == bench.native({})


@pytest.mark.parametrize("signal", [signals.before_task_publish, signals.after_task_publish], ids=["before", "after"])
def test_listeners_hear_of_every_message(bench: Bench, made_by_celery: list[str], signal: Any) -> None:
    """Given a listener that comes when there is a template, then it hears of each message, and may change it."""
    bench.sent({})
    heard = []

    def listen(headers: dict[str, Any], **_: Any) -> None:
        heard.append(headers["id"])
        headers["mark"] = len(heard)

    signal.connect(listen, sender=bench.task.name)
    try:
        made_by_celery.clear()
        ours = bench.sent({})
    finally:
        signal.disconnect(listen, sender=bench.task.name)
    assert heard == made_by_celery == [f"run:{place}:1" for place in range(len(ARGUMENTS))]
    marks = [message["headers"].get("mark") for _, message in ours]
    assert marks == ([*range(1, 7)] if signal is signals.before_task_publish else [None] * 6)


class Numbering(AMQP):
    """Numbers its messages."""

    numbered = 0

    def as_task_v2(self, *args: Any, **kwargs: Any) -> Any:
        message = super().as_task_v2(*args, **kwargs)
        self.numbered += 1
        message.headers["number"] = self.numbered
        return message


class OwnSending(Celery):
    """Sends with a header of its own."""

    def send_task(self, *args: Any, **options: Any) -> Any:
        headers = {"of": options["task_id"]}
        return super().send_task(*args, **{**options, "headers": headers})


class OwnTask(Task):
    """Adds a header with its first argument."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        return super().apply_async(args, kwargs, **{**options, "headers": {"first": str(args[:1])}})


@pytest.mark.parametrize("own", ["amqp", "app", "task", "patched"])
def test_own_code_makes_every_message(
    broker: EmbeddedRedis, made_by_celery: list[str], monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    """Given a project or a tracing package that overrides how messages are made, then its code makes each of them."""
    bench = Bench(
        broker,
        OwnSending if own == "app" else Celery,
        own={"amqp": Numbering} if own == "amqp" else {"task_cls": OwnTask} if own == "task" else {},
    )
    if own == "patched":
        native = Task.apply_async

        def traced(self: Any, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
            return native(self, args, kwargs, **{**options, "headers": {"trace": options["task_id"]}})

        bench.sent({})
        made_by_celery.clear()
        monkeypatch.setattr(Task, "apply_async", traced)
    ours = bench.sent({})
    assert len(made_by_celery) == len(ARGUMENTS)
    name = {"amqp": "number", "app": "of", "task": "first", "patched": "trace"}[own]
    assert len({str(message["headers"][name]) for _, message in ours}) >= 5


def test_a_changed_default_queue_is_followed(bench: Bench) -> None:
    """Given a template, when the default queue changes, then messages go to the new one."""
    bench.sent({})
    bench.app.conf.task_default_queue = "other"
    assert bench.sent({}) == bench.native({})


def test_a_forked_process_names_itself(bench: Bench) -> None:
    """Given a template, when a forked process sends, then its messages name that process, as Celery's do."""
    [(_, mine)] = bench.sent({})[-1:]
    child = os.fork()
    if not child:
        bench.app.pool.force_close_all()
        with bench.app.connection_for_write() as connection:
            producer = bench.app.amqp.Producer(connection)
            for message in bench.messages({}, None, ARGUMENTS):
                TaskSender(bench.app, bench.templates, producer).send(message)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    theirs = bench.taken()
    assert len(theirs) == len(ARGUMENTS)
    assert {message["headers"]["origin"] for _, message in theirs} == {
        mine["headers"]["origin"].replace(str(os.getpid()), str(child))
    }


def test_a_lost_connection_is_made_again(bench: Bench) -> None:
    """Given a template, when the broker closes all connections, then the next messages arrive."""
    bench.sent({})
    for other in bench.redis.client_list():
        if other["id"] != str(bench.redis.client_id()):
            bench.redis.client_kill_filter(_id=other["id"])
    assert len(bench.sent({})) == len(ARGUMENTS)


def test_batches_of_messages_arrive_in_order(bench: Bench) -> None:
    """Given messages that are sent in one batch, then all arrive, in the order of the calls."""
    with bench.app.producer_or_acquire() as producer:
        batch = getattr(producer, "batch", None)
        if batch is None:
            pytest.skip("this kombu sends messages one by one")
        with batch():
            sender = TaskSender(bench.app, bench.templates, producer)
            for message in bench.messages({}, None, [((n,), {}) for n in range(150)]):
                sender.send(message)
    ids = [message["headers"]["id"] for _, message in bench.taken()]
    assert ids == [f"run:{place}:1" for place in range(150)]
