"""What a shape comes to: its outcome, and what its tasks were told on the way."""

import json
import re
from typing import NamedTuple

import redis
from celery.result import GroupResult

from orchestrator_celery import ComplexSignature
from tests.kit.waiting import wait_for

#: Ids in the words of errors: Celery's own, and those of our leaves.
IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?::[\w.$]+:\d+)?")


class Observed(NamedTuple):
    """One application of a shape."""

    #: Of the handle that `apply_async` returned.
    outcome: object
    #: Of its id, as any other process finds it; None for a native group, which has no result of its own.
    stored: object
    notes: list


def without_ids(value):
    """The same without ids, which differ from one application to the next."""
    return json.loads(IDS.sub("<id>", json.dumps(value, default=repr)))


def outcome(result):
    """A value, or the error's type and words."""
    try:
        return without_ids(result.get(timeout=0.5, disable_sync_subtasks=False))
    except Exception as exc:
        return [type(exc).__name__, without_ids(str(exc))]


def wait_idle(app, worker):
    """Until neither the broker nor the worker has anything to do, delayed messages included."""
    inspect = app.control.inspect([worker.name], timeout=5)

    def idle():
        if any(broker.type(key) == b"list" for key in broker.scan_iter("celery*")):  # a list for each priority
            return False
        busy = [inspect.active(), inspect.reserved(), inspect.scheduled()]
        return all(answer is not None and not any(answer.values()) for answer in busy)

    with redis.Redis.from_url(app.conf.broker_url) as broker:
        # Between two looks a message may be on its way from one place to the other.
        for _ in range(3):
            wait_for(idle, 900, "an idle worker")


def observe(app, worker, ledger, shapes):
    """Apply all shapes natively and as durable runs, all at once; answers two dicts of `Observed` by name."""
    applied = {}
    for name, build in shapes.items():
        applied["native", name] = start(build(f"native {name}"))
        applied["durable", name] = start(ComplexSignature(build(f"durable {name}")))
    wait_idle(app, worker)
    notes = {}
    for word, mark, *rest in ledger.entries():
        notes.setdefault(mark, []).append(without_ids([word, *rest]))
    seen = {"native": {}, "durable": {}}
    for (side, name), result in applied.items():
        stored = None if isinstance(result, GroupResult | Exception) else outcome(app.AsyncResult(result.id))
        said = outcome(result) if not isinstance(result, Exception) else [type(result).__name__, str(result)]
        seen[side][name] = Observed(said, stored, notes.get(f"{side} {name}", []))
    return seen["native"], seen["durable"]


def start(sig):
    """Apply it; a refusal is an outcome as well."""
    try:
        return sig.apply_async()
    except Exception as exc:
        return exc
