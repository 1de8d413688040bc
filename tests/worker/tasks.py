"""The kit's project with a few more tasks; what the workers of this folder run."""

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from celery import Task, chain, chord, group, signals
from celery._state import get_current_worker_task
from celery.exceptions import Ignore, Reject
from celery.utils.log import get_task_logger
from kombu.utils.json import register_type

from orchestrator_celery import END, START, ComplexSignature, ConditionalGraph, Swarm, TaskPolicy, current_node
from tests.graphs.behaviour import behave
from tests.kit.project import app, identity, ledger, nap, note, replaced
from tests.kit.waiting import wait_for


@app.task(bind=True, max_retries=3)
def dies_in_its_second_try(self):
    """Retries once, and takes its process down in that retry, once."""
    if self.request.retries == 0:
        raise self.retry(countdown=0)
    if self.request.id.endswith(":1"):
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@app.task(bind=True)
def patient(self, pause, linger=0, last=0):
    """Retries after a pause, and lives on for a while after the retry was published; that one takes `last` seconds."""
    if self.request.retries:
        note("retry")
        time.sleep(last)
        return "done"
    retry = self.retry(countdown=pause, throw=False)
    note("published")
    time.sleep(linger)
    raise retry


@app.task(bind=True)
def requeueing_early(self, times):
    """Asks for a requeue of a message that was acknowledged before its body began."""
    note("requeueing", self.request.id)
    with ledger() as book:
        if book.incr("requeued") <= times:
            raise Reject("later", requeue=True)
    return "done"


@app.task(bind=True)
def changes_its_mind(self):
    """Publishes a retry, and returns all the same once that one runs."""
    if self.request.retries:
        note("retry")
        time.sleep(1)
        return "the retry's"
    self.retry(countdown=0, throw=False)
    with ledger() as book:
        wait_for(lambda: book.llen("ledger"), what="the retry to start")
    return "the first one's"


@app.task(bind=True)
def pick_and_replace(self, kinds):
    """Replaces itself as `replaced` does, by the one kind that a chord gives it."""
    return self.replace(replaced.s(*kinds))


@app.task(bind=True)
def replaced_by(self, name, *args):
    """Replaces itself by another of the kit's tasks, or by one nobody knows."""
    return self.replace(app.signature(f"tests.kit.project.{name}", args=args))


@app.task(bind=True)
def replaced_by_canvas(self, canvas):
    return self.replace(app.signature(canvas))


@app.task(bind=True)
def replaced_by_canvas_and_lingering(self, canvas, linger):
    """Lives on for a while after its canvas was started, so that its report comes late."""
    try:
        self.replace(app.signature(canvas))
    except Ignore:
        time.sleep(linger)
        raise


@app.task(bind=True)
def replaced_and_lingering(self, linger, last):
    """Lives on for a while after its replacement was published, which takes `last` seconds."""
    try:
        self.replace(nap.s("done", seconds=last))
    except Ignore:
        time.sleep(linger)
        raise


@app.task(bind=True)
def replaced_by_unsendable(self):
    return self.replace(identity.s(object()))


@app.task(bind=True)
def matryoshka(self, dolls, kernel):
    """Replaces itself again and again."""
    note("doll", dolls)
    return self.replace(matryoshka.s(dolls - 1, kernel)) if dolls else kernel


@app.task(bind=True)
def nested_canvas(self, depth, kind, kernel):
    """Replaces itself by a canvas whose task does the same."""
    if not depth:
        return kernel
    inner = nested_canvas.s(depth - 1, kind, kernel)
    return self.replace(chain(inner, identity.s()) if kind == "chain" else Swarm([inner]))


class Pin:
    """A result whose reading takes down, once, the process that closes a run."""


def _read_pin(_):
    task = get_current_worker_task()
    if task is not None and task.name == "orchestrator.close":
        with ledger() as book:
            if book.setnx("exploded", 1):
                os.kill(os.getpid(), signal.SIGKILL)
    return "pulled"


register_type(Pin, "pin", lambda _: "", _read_pin)


@app.task
def grenade():
    return Pin()


@app.task
def where(value, seconds=0.02):
    """Notes which app ran it."""
    note("where", f"{app.main} {app.conf.broker_url}", value)
    time.sleep(seconds)
    return value


@app.task(bind=True)
def note_and_return(self, value=None):
    """Notes for which time it was meant, and when it began."""
    note("ran", current_node().run_id, self.request.eta, time.time())
    return value


@app.task
def applies(canvas):
    app.signature(canvas).apply_async()


@app.task
def parent(count):
    """Starts plain tasks, as tasks of any project do."""
    return [identity.delay(index).id for index in range(count)]


class Forbidding(Task):
    abstract = True

    def before_start(self, task_id, args, kwargs):
        raise PermissionError("not today")


@app.task(base=Forbidding)
def forbidden():
    return "never"


class Base(Task):
    abstract = True

    def before_start(self, task_id, args, kwargs):
        note("base")


class Derived(Base):
    abstract = True

    def before_start(self, task_id, args, kwargs):
        note("derived")
        super().before_start(task_id, args, kwargs)


@app.task(base=Base)
def of_the_base(value):
    return value


@app.task(base=Derived)
def inheriting(value):
    return value


class Handling(Task):
    abstract = True

    def on_success(self, retval, task_id, args, kwargs):
        note("on_success", task_id)

    def on_failure(self, exc, task_id, args, kwargs, einfo):
        note("on_failure", task_id)

    def after_return(self, status, retval, task_id, args, kwargs, einfo):
        note("after_return", task_id, status)


@app.task(base=Handling)
def with_handlers(value):
    return value + 0


@app.task(bind=True)
def waits_and_is_replaced(self, canvas):
    """Replaces itself once it is told to go."""
    _told_to_go("waiting")
    note("replacing")
    return self.replace(app.signature(canvas))


@app.task
def cancels(run):
    """Cancels another run from inside a task."""
    found = app.orchestrator.run(run)
    found.cancel(confirm=True)
    return str(found.status)


def _told_to_go(word):
    note(word)
    with ledger() as book:
        wait_for(lambda: book.get("go"), 30, "the word")
    note("went")


@app.task(bind=True)
def retries_when_told(self, value):
    """Retries with another argument, once it is told to go."""
    if self.request.retries:
        note("retried")
        return value
    _told_to_go("waiting")
    raise self.retry(args=(value + 1,), countdown=0)


@app.task
def goes_when_told(value):
    _told_to_go("waiting")
    return value


@app.task
def raises_connection_error():
    raise ConnectionError("by itself")


@app.task(bind=True)
def retries_and_is_replaced(self, canvas):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.replace(app.signature(canvas))


# -- items that add items


@app.task
def crawl(page, width, depth):
    """Adds its sub-pages to its own swarm."""
    swarm = current_node().swarm
    note("page", page)
    if depth:
        swarm.add_tasks_bulk(crawl.s(f"{page}/{i}", width, depth - 1) for i in range(width))
    return page


@app.task
def last_one_closes(left):
    swarm = current_node().swarm
    if left:
        swarm.add_task(last_one_closes.s(left - 1))
    else:
        swarm.close()
    return left


@app.task
def has_swarm(*_):
    return current_node().swarm is not None


# -- after items


@app.task
def after_success(result, item, mark="success"):
    note(mark, item["index"], result, item)


@app.task
def after_error(error, item, mark="error"):
    note(mark, item["index"], error["type"], item)


@app.task
def after_any(item, mark="cleanup"):
    note(mark, item["index"], item["state"], item)
    return item["index"]


@app.task
def after_nothing(mark="nothing"):
    note(mark)


@app.task
def after_and_fail(*_):
    raise ValueError("the callback is no good")


@app.task
def watchful(value, steps=400):
    """Keeps how far it is, and looks whether it is to stop."""
    node = current_node()
    first = (node.last_checkpoint or {"step": 0})["step"]
    note("start", value, node.attempt, first)
    for step in range(first, steps):
        with ledger() as book:
            if book.exists("go"):
                break
        time.sleep(0.05)
        node.checkpoint({"step": step + 1})
        current_node().raise_if_interrupted()
    note("end", value)
    return value


@app.task
def stubborn(value, seconds=60):
    """Heeds no SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("start", value)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not exists("go"):
        time.sleep(0.05)
    return value


@app.task
def polite(value):
    """Ends well when it is told to stop."""
    note("start", value)
    try:
        while not exists("go"):
            time.sleep(0.05)
    except SystemExit:
        return f"{value}, cut short"
    return value


@app.task(orchestrator=TaskPolicy(interrupt_signal="SIGUSR2"))
def signalled(value):
    """Has a signal of its own."""
    node = current_node()

    def on_signal(*_):
        note("signal", value)
        raise SystemExit(1)

    if node.attempt > 1:
        return value
    signal.signal(signal.SIGUSR2, on_signal)
    note("start", value)
    time.sleep(60)
    return None


def exists(key):
    with ledger() as book:
        return bool(book.exists(key))


@app.task(bind=True)
def replaced_when_told(self):
    """Replaces itself by a chain once it may."""
    note("start", "replaced")
    while not exists("go"):
        time.sleep(0.05)
    raise self.replace(chain(nap.s("inner", 0.5), identity.s()))


@app.task
def gated(value, gate, fails=False):
    """Waits until its gate is open; it may fail as long as nobody has repaired it."""
    note("start", value)
    wait_for(lambda: exists(gate), 60, "the gate")
    if fails and not exists(f"{gate}:repaired"):
        raise ValueError("no good")
    note("end", value)
    return value


@app.task
def half_done(value, gate):
    """Says that it is half done, and waits until its gate is open."""
    current_node().progress(1, total=2)
    wait_for(lambda: exists(gate), 60, "the gate")
    return value


@app.task
def brittle(value, key="repaired"):
    """Fails until somebody has repaired it."""
    note("start", value)
    if not exists(key):
        raise ValueError(f"{value} is broken")
    return value


@app.task(bind=True)
def replaced_by_brittle(self, value):
    """Replaces itself by a chain whose last step fails until somebody has repaired it."""
    note("start", "outer")
    raise self.replace(chain(nap.si("inner", 0), brittle.si(value)))


@app.task
def chatty(value, steps=400, seconds=1.0):
    """Says how far it is, much more often than anybody wants to know."""
    node = current_node()
    for step in range(1, steps + 1):
        node.progress(step, total=steps, message=f"step {step}")
        time.sleep(seconds / steps)
    return value


@app.task
def chatty_then_fails(steps=20):
    for step in range(1, steps + 1):
        current_node().progress(step)
    raise ValueError("no good")


@app.task(bind=True)
def chatty_then_retries(self, steps=20):
    if not self.request.retries:
        for step in range(1, steps + 1):
            current_node().progress(step)
        raise self.retry(countdown=0)
    note("retry")
    _told_to_go("waiting")
    current_node().progress(1)
    return "done"


@app.task
def chatty_until_told(value):
    """Says which attempt of it speaks, until it is told to go."""
    node, step = current_node(), 0
    note("start", value)
    while not exists("go"):
        step += 1
        node.progress(step, message=f"attempt {node.attempt}")
        time.sleep(0.05)
    note("end", value, node.attempt)
    return value


@app.task
def says_nonsense(done, total):
    current_node().progress(done, total)


@app.task
def counted_call(value, name):
    note("called", name)
    return value


@app.task
def heals(value, name):
    """Fails the first time it is called under a name."""
    note("called", name)
    with ledger() as book:
        if book.incr(f"heals:{name}") == 1:
            raise ValueError("not yet")
    return value


class CardDeclined(Exception):
    def __init__(self, card, reason):
        super().__init__(f"{card}: {reason}")


@app.task
def charge_card():
    raise CardDeclined("1234", "no money")


@app.task(name="step", shared=False)
def step(value=None, *, body, **inputs):
    """A body of a random graph; see `tests/graphs/behaviour.py`."""
    return behave(body, value, inputs)


@app.task
def lists(count=3):
    """Something that can be changed."""
    return {"seen": list(range(count)), "deep": {"er": [{}]}}


@app.task(bind=True)
def spoils(self, *args, **kwargs):
    """Returns a picture of all that it was given, and then changes all of it."""
    request = {name: getattr(self.request, name) for name in ("delivery_info", "headers", "stamps")}
    given = {"args": list(args), "kwargs": kwargs, "request": request}
    picture = json.dumps(given, sort_keys=True)
    spoil(given)
    return picture


def spoil(value):
    """Changes a value at any depth."""
    if isinstance(value, dict):
        for part in value.values():
            spoil(part)
        value["spoiled"] = True
    elif isinstance(value, list):
        for part in value:
            spoil(part)
        value.append("spoiled")


@app.task
def notes_item(*args):
    """A callback after an item: the item comes last."""
    note("called", args[-1]["index"])


@app.task(bind=True)
def ends_late(self, gate, end):
    """In its first attempt it waits for a file. Then it ends in a way of ending, each time in the same."""
    attempt = current_node().attempt
    if self.request.retries:
        return 1
    note("ends_late", attempt)
    if attempt == 1:
        wait_for(lambda: Path(gate).exists(), 120, "the gate")
    note("ends", attempt)
    if end == "fail" and attempt == 1:
        raise ValueError("too late")
    if end == "retry":
        raise self.retry(countdown=0)
    graph = ConditionalGraph().add_node("a", nap.s(1)).add_edge(START, "a").add_edge("a", END)
    replacements = {
        "task": nap.s(1),
        "chain": chain(nap.s(1), nap.s()),
        "chord": chord([nap.s(1), nap.s(2)], identity.s()),
        "group": group(nap.s(1), nap.s(2)),
        "swarm": Swarm([nap.s(1), nap.s(2)]),
        "graph": ComplexSignature(graph),
    }
    return self.replace(replacements[end]) if end in replacements else 1


def _lines_of_this_run():
    return list(app.orchestrator.run(current_node().run_id).logs())


@app.task(bind=True)
def logs(self, value=0, *, lines=3, die_at=None, wait=False):
    """Logs in all the ways there are; `die_at` kills its process once after that many lines."""
    logging.getLogger("shop").info("plain %s", value)
    get_task_logger(__name__).warning("task logger %s", value)
    print(f"printed {value}")
    try:
        raise KeyError("inner")
    except KeyError:
        logging.getLogger("shop").exception("failing %s with password=s3cret", value)
    for number in range(lines):
        logging.getLogger("shop.lines").info("line %d", number)
        if die_at == number and current_node().attempt == 1:
            wait_for(_lines_of_this_run, 30, "the lines to be written")
            os.kill(os.getpid(), signal.SIGKILL)
    if wait:
        _told_to_go("logged")
    return value


@app.task(orchestrator=TaskPolicy(capture_logs=False))
def logs_in_secret(value):
    logging.getLogger("shop").warning("secret %s", value)
    return value


class RejectsAfterwards(Task):
    abstract = True

    def after_return(self, status, retval, task_id, args, kwargs, einfo):
        raise Reject("too late", requeue=False)


@app.task(base=RejectsAfterwards)
def rejects_afterwards(value):
    """Rejects its message when its result is known already."""
    return value


@app.task(bind=True)
def whole_request(self, *_, **__):
    """All that its request says."""
    request = self.request
    names = [name for name in {*vars(type(request)), *vars(request)} if not name.startswith("_")]
    values = {name: getattr(request, name) for name in names}
    return {
        name: repr(value if value or name == "headers" else None)
        for name, value in sorted(values.items())
        if not callable(value)
    }


@app.task
def loaded(prefix):
    """Modules that its process has loaded."""
    return sorted(name for name in sys.modules if name.startswith(prefix))


@app.task(base=Handling, bind=True)
def signalling(self, value=0, fails=False):
    """Notes its body; its signals and handlers are noted too."""
    note("body", self.request.id)
    if fails:
        raise ValueError("no good")
    return value


def _noting(name):
    def handler(sender, **_):
        note(name, sender.request.id)

    return handler


for _name in ("task_prerun", "task_success", "task_failure", "task_postrun"):
    getattr(signals, _name).connect(_noting(_name), sender=signalling, weak=False)


@app.task(acks_late=True, reject_on_worker_lost=True)
def late_nap(value, seconds=0.02):
    """A nap whose message the broker keeps until its end, and also if its process is lost."""
    return nap(value, seconds)


@app.task
def logs_nonsense():
    """Lines that would break a terminal, a list or a store."""
    log = logging.getLogger("shop")
    log.info("a\x1b[2Jb\nforged line")
    log.info("half \ud800 pair and \x00")
    log.info("x" * 10_000_000)
    log.info("wrong %d", "format")
    log.info("authorization: Bearer abc.def-ghi and redis://:s3cret@host/0")
    return "told"


@app.task
def fails_at_length(lines):
    """Fails with an error of many lines, and so with a traceback of more."""
    raise ValueError("\n".join(f"line {number} of what went wrong" for number in range(lines)))


@app.task
def told(notice, *more):
    """Writes down what a subscription sent."""
    note("told", notice, *more)


@app.task
def told_without_words():
    note("told")


@app.task
def told_and_fails(notice):
    note("told", notice)
    raise ValueError("cannot tell anybody")


@app.task(shared=False)
def told_at_home(notice):
    """Is not registered with other apps of a process that imports this module."""
    note("told", notice)
