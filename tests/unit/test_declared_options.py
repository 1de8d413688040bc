"""What a task declares about its messages holds wherever it is sent from, also where it is not registered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from celery import Celery, chain, chord, group
from kombu import Exchange, Queue
from kombu.exceptions import EncodeError
from kombu.utils.uuid import uuid

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm
from orchestrator_celery.dispatch.publisher import Publisher
from orchestrator_celery.lifecycle.start import Starter
from orchestrator_celery.model.effects import Dispatch
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.records.graphs.routing_objects import from_plain, to_plain

# Celery's, of some attributes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*The '.*' task attribute.*:DeprecationWarning",
)

QUEUE = Queue("special", Exchange("topics", type="topic"), routing_key="special.key", max_priority=9)
#: What a task declares, and what is found of that in its message.
DECLARED = {
    "queue": ("special", lambda sent: sent["queue"], "special"),
    "queue as an object": (QUEUE, lambda sent: sent["queue"], "special"),
    "priority": (7, lambda sent: sent["priority"], 7),
    "serializer": ("yaml", lambda sent: sent["content"], "application/x-yaml"),
    "time_limit": (33, lambda sent: sent["headers"]["timelimit"][0], 33),
    "soft_time_limit": (22, lambda sent: sent["headers"]["timelimit"][1], 22),
    "expires": (600, lambda sent: bool(sent["headers"]["expires"]), True),
    "compression": ("gzip", lambda sent: sent["headers"]["compression"], "application/x-gzip"),
}
#: Where the task stands in what is applied.
PLACES = {
    "alone": lambda sig: ComplexSignature(sig),
    "in a chain": lambda sig: ComplexSignature(chain(sig.clone(), sig)),
    "in a group": lambda sig: ComplexSignature(group(sig)),
    "as a body": lambda sig: ComplexSignature(chord([sig], sig)),
    "in a swarm": lambda sig: Swarm([sig]),
    "as a callback": lambda sig: ComplexSignature(sig.clone(), on_success=sig),
}


class Heads:
    """A run's head, as the reader gives it."""

    def __init__(self, head: dict[str, Any]) -> None:
        self._head = head

    def head_field(self, run: str, name: str) -> Any:
        return self._head.get(name)


def app_of(name: str, **declared: Any) -> Celery:
    # A connection knows which queues it has declared, and is shared by URL.
    app = Celery("declared", set_as_current=False, broker=f"memory://{name}-{uuid()}", backend="redis://127.0.0.1:1/0")
    app.conf.accept_content = ["json", "yaml"]
    app.conf.task_queues = [Queue("celery"), Queue("special")]
    Orchestrator(app)
    if declared:
        app.task(_nothing, name="declares", shared=False, **declared)
    app.finalize()
    return app


def _nothing(*args: Any) -> None: ...


def sent_by(app: Celery, client: Celery, primitive: Any) -> dict[str, Any]:
    """The message that an app sends of what a client has started."""
    container = client.orchestrator.container
    definitions, head = Starter(container).compile(primitive, [], {}, {})
    leaf = next(raw for node, raw in sorted(definitions.items()) if raw[:1] == b"L")
    fresh = app.orchestrator.container
    publisher = Publisher(app, fresh.store, Heads(head), fresh.codec, fresh.settings)
    with app.connection_for_write() as connection:
        queues = {name: Queue(name)(connection.default_channel) for name in ("celery", "special")}
        for queue in queues.values():
            queue.declare()
            queue.purge()
        publisher.act([Dispatch(LeafId("r", "0.0", 1), Fence(), "", leaf, 0.0, None, "1")])
        for name, queue in queues.items():
            if (message := queue.get(no_ack=True)) is not None:
                properties = message.properties
                return {
                    "queue": name,
                    "content": message.content_type,
                    "headers": message.headers,
                    "priority": properties.get("priority"),
                }
    raise AssertionError("Nothing was sent.")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("option", DECLARED)
def test_a_sender_without_the_task_sends_it_as_declared(option, place):
    value, found, expected = DECLARED[option]
    client = app_of("client", **{option.split()[0]: value})
    primitive = PLACES[place](client.signature("declares"))
    assert found(sent_by(app_of("worker"), client, primitive)) == expected
    assert found(sent_by(client, client, primitive)) == expected, "as the task itself is sent"


def test_an_option_of_the_signature_is_stronger():
    client = app_of("client", priority=7, time_limit=33)
    sig = client.signature("declares").set(priority=2)
    sent = sent_by(app_of("worker"), client, ComplexSignature(sig))
    assert (sent["priority"], sent["headers"]["timelimit"][0]) == (2, 33)


def test_what_a_task_declares_is_no_part_of_what_the_run_is():
    """Given a run whose id is applied again by a client that declares otherwise, then it is the same definition."""
    digests = set()
    for declared in ({}, {"queue": "special"}):
        client = app_of("client", priority=1, **declared)
        definitions, _ = Starter(client.orchestrator.container).compile(
            ComplexSignature(client.signature("declares")), [], {}, {}
        )
        digests.add(json.dumps({node: raw.decode() for node, raw in definitions.items()}, sort_keys=True))
    assert len(digests) == 1


@pytest.mark.parametrize("value", [QUEUE, Queue("plain"), Exchange("fan", type="fanout")], ids=repr)
def test_objects_of_kombu_travel_as_json(value):
    name = "exchange" if isinstance(value, Exchange) else "queue"
    plain = to_plain({name: value, "priority": 1})
    assert to_plain(plain) == plain
    assert from_plain(json.loads(json.dumps(plain))) == {name: value, "priority": 1}


@pytest.mark.parametrize("where", ["signature", "run"])
def test_an_object_of_kombu_as_an_option(where):
    client = app_of("client", priority=None)
    sig = client.signature("declares")
    primitive = ComplexSignature(sig.set(queue=QUEUE) if where == "signature" else sig)
    options = {} if where == "signature" else {"queue": QUEUE}
    container = client.orchestrator.container
    definitions, head = Starter(container).compile(primitive, [], {}, options)
    raw = definitions["0.0"]
    assert b'"special.key"' in raw
    container.codec.load(head["leaf"])


@pytest.mark.parametrize(
    ("sig", "words"),
    [
        (
            lambda app: app.signature("declares", args=(1, object())),
            "'declares' cannot be sent: its argument 1, <object",
        ),
        (lambda app: app.signature("declares", kwargs={"x": object()}), "its argument 'x', <object"),
        (lambda app: app.signature("declares").set(weight=object()), "its option 'weight', <object"),
    ],
)
def test_what_cannot_be_serialised_is_named(sig, words):
    client = app_of("client", priority=1)
    with pytest.raises(EncodeError, match=words):
        client.orchestrator.container.compiler.run(ComplexSignature(sig(client)), {})
