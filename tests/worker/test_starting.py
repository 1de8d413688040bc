"""Every way Celery has of starting something, for every primitive: at once, and with a delay.

With a delay the run is on record before it starts: it is found, suspended, resumed, interrupted and cancelled.
"""

import json
from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from celery import chain, chord, group
from celery.beat import Scheduler
from celery.canvas import Signature
from celery.result import AsyncResult
from kombu.utils.uuid import uuid

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    RunCancelled,
    RunNotFound,
    RunStatus,
    Swarm,
)
from tests.kit.cases import pairwise
from tests.kit.clients import run_code
from tests.kit.waiting import wait_for

#: Seconds: longer than any test takes, and short enough to be waited for.
LATER, SOON = 600, 1.0


def swarm(t, *given):
    return Swarm([t("note_and_return", *given)], app=t.app)


def unit(t, *given):
    return ComplexSignature(chain(t("note_and_return", *given), t("identity")), app=t.app)


def graph(t, *given):
    built = ConditionalGraph("g", app=t.app).add_node("a", t("note_and_return", *given))
    return built.add_edge(START, "a").add_edge("a", END)


PRIMITIVES = {"swarm": swarm, "complex": unit, "graph": graph}
#: What comes out of each for the value its task returns.
RESULTS = {"swarm": lambda value: [value], "complex": lambda value: value, "graph": lambda value: value}


class Start:
    """One start: the primitive with the id its run will have, and the options that delay it.

    Args:
        stand: client and project.
        kind: of primitive.
    """

    def __init__(self, stand, kind):
        self.stand, self.kind, self.id = stand, kind, uuid()
        #: Options that delay the start; none starts at once.
        self.delay = {}
        #: Whose result tells of the end, where that is not the run's own.
        self.outer = None
        self.tasks, self.app = stand.tasks, stand.app

    def primitive(self, *given):
        return PRIMITIVES[self.kind](self.tasks, *given)

    def frozen(self, *given):
        """The primitive, as a part of a larger canvas."""
        return self.primitive(*given).set(task_id=self.id, **self.delay)


def by_delay(s):
    assert s.primitive("v").set(task_id=s.id, **s.delay).delay().id == s.id


def by_apply_async(s):
    assert s.primitive("v").apply_async(task_id=s.id, **s.delay).id == s.id


def by_calling(s):
    assert s.frozen("v")().id == s.id


def by_eta(s):
    eta = datetime.now(timezone.utc) + timedelta(seconds=s.delay.get("countdown", 0))
    s.primitive("v").apply_async(task_id=s.id, eta=eta)


def by_eta_text(s):
    eta = datetime.now(timezone.utc) + timedelta(seconds=s.delay.get("countdown", 0))
    s.primitive("v").apply_async(task_id=s.id, eta=eta.isoformat())


def by_expires(s):
    s.primitive("v").apply_async(task_id=s.id, expires=2 * LATER, **s.delay)


def by_beat(s):
    """As beat itself does, from an entry of its schedule."""
    s.app.add_periodic_task(3600, s.frozen("v"), name=s.id)
    scheduler = Scheduler(s.app, lazy=True)
    scheduler.merge_inplace({s.id: s.app.conf.beat_schedule[s.id]})
    scheduler.apply_async(scheduler.schedule[s.id], advance=False)


def by_name(s):
    sig = s.primitive("v")
    s.app.send_task(sig.task, sig.args, sig.kwargs, task_id=s.id, **s.delay)


def as_first_step(s):
    chain(s.frozen("v"), s.tasks("identity")).apply_async()


def as_later_step(s):
    chain(s.tasks("identity", "v"), s.frozen()).apply_async()


def in_a_delayed_chain(s):
    chain(s.primitive("v").set(task_id=s.id), s.tasks("identity")).apply_async(**s.delay)


def as_member(s):
    group(s.frozen("v"), s.tasks("identity", 1)).apply_async()


def in_a_delayed_group(s):
    members = group(s.primitive("v"), s.tasks("identity", 1))
    s.id = members.apply_async(**s.delay).results[0].id


def in_a_header(s):
    chord([s.frozen("v"), s.tasks("identity", 1)], s.tasks("identity")).apply_async()


def as_body(s):
    chord([s.tasks("identity", "v")], s.frozen()).apply_async()


def as_link(s):
    s.tasks("identity", "v").apply_async(link=s.frozen())


def as_link_error(s):
    s.tasks("fail").apply_async(link_error=s.frozen())


def as_replacement(s):
    s.id = s.tasks("replaced_by_canvas", s.primitive("v").set(**s.delay)).apply_async().id


def as_replacement_in_a_run(s):
    s.outer = s.stand.run(s.tasks("replaced_by_canvas", s.primitive("v").set(**s.delay)))
    s.id = f"{s.outer.id}:0.0:1"


def from_a_task(s):
    s.tasks("applies", s.frozen("v")).apply_async()


def from_json(s):
    sig = Signature.from_dict(json.loads(json.dumps(s.frozen("v"))), app=s.app)
    assert type(sig) is type(s.primitive("v"))
    sig.apply_async()


def from_another_process(s):
    """Of JSON, in a process that knows the project and nothing else of it."""
    code = (
        "import json\nfrom celery import signature\nfrom tests.kit.project import app\n"
        f"signature(json.loads({json.dumps(s.frozen('v'))!r}), app=app).apply_async()\n"
    )
    done = run_code(s.stand.broker, s.stand.backend, code)
    assert done.returncode == 0, done.stdout


WAYS = {
    way.__name__: way
    for way in (
        by_delay, by_apply_async, by_calling, by_eta, by_eta_text, by_expires, by_beat, by_name, as_first_step,
        as_later_step, in_a_delayed_chain, as_member, in_a_delayed_group, in_a_header, as_body, as_link, as_link_error,
        as_replacement, as_replacement_in_a_run, from_a_task, from_json, from_another_process,
    )
}  # fmt: skip


def found(start, way):
    """The run, as soon as it is on record."""
    WAYS[way](start)

    def look():
        try:
            return start.stand.orchestrator.run(start.id)
        except RunNotFound:
            return None

    return wait_for(look, 20, "the run to be on record")


#: What the task returns, where it is not `v`: the body of a chord gets a list.
VALUES = {"as_body": ["v"]}


def starts_at_once(start, way, _):
    """Given no delay, then the run is found, and ends with the value its task was given."""
    run = found(start, way)
    wait_for(lambda: run.status.ended, 30, "the end")
    assert run.status is RunStatus.SUCCEEDED
    if way != "as_link_error":  # which is told the id of the task that failed
        assert run.outcome() == RESULTS[start.kind](VALUES.get(way, "v"))
    assert run.view.eta is None or way in ("by_eta", "by_eta_text")


def is_held_before_its_start(start, way, ledger):
    """Given a delay, then the run is PENDING on record, in the list, and says when it starts; it can be held."""
    start.delay = {"countdown": LATER}
    run = found(start, way)
    assert run.status is RunStatus.PENDING
    runs = start.stand.orchestrator.runs
    wait_for(lambda: run.id in [view.id for view in runs(status="PENDING")], 5, "the list")
    assert LATER - 60 < (run.view.eta - datetime.now(timezone.utc)).total_seconds() <= LATER
    run.suspend()
    assert run.status is RunStatus.SUSPENDED
    run.resume()
    assert run.status is RunStatus.PENDING
    assert run.interrupt(grace=0.1).tasks == ()
    assert run.status is RunStatus.INTERRUPTED
    run.resume()
    assert run.status is RunStatus.PENDING
    assert ledger.entries("ran", run.id) == []


def is_cancelled_before_its_start(start, way, ledger):
    """Given a delay, when the run is cancelled before its start, then whoever waits is told, and nothing is left."""
    start.delay = {"countdown": LATER}
    run = found(start, way)
    run.cancel(confirm=True)
    told = start.outer or AsyncResult(run.id, app=start.app)
    assert isinstance(told.get(timeout=120, propagate=False), RunCancelled)
    with pytest.raises(RunNotFound):
        start.stand.orchestrator.run(run.id)
    assert ledger.entries("ran", run.id) == []


def starts_in_time(start, way, ledger):
    """Given a short delay, then the run starts soon after its time, and its task knows what that was."""
    start.delay = {"countdown": SOON}
    run = found(start, way)
    due = run.view.eta
    wait_for(lambda: run.status.ended, 30, "the end")
    assert run.status is RunStatus.SUCCEEDED
    [[_, _, eta, began]] = ledger.entries("ran", run.id)
    assert abs(datetime.fromisoformat(eta) - due) < timedelta(seconds=0.01)
    late = datetime.fromtimestamp(began, timezone.utc) - due
    assert timedelta(0) <= late < timedelta(seconds=10)  # of a loaded machine


ASPECTS = {
    aspect.__name__: aspect
    for aspect in (starts_at_once, is_held_before_its_start, is_cancelled_before_its_start, starts_in_time)
}


@pytest.mark.parametrize(("kind", "way", "aspect"), pairwise(product(PRIMITIVES, WAYS, ASPECTS)))
def test_a_run_that_was_started_in_some_way(busy, ledger, kind, way, aspect):
    """Given a primitive, and a way to start it, then it does what a run does."""
    ASPECTS[aspect](Start(busy, kind), way, ledger)
