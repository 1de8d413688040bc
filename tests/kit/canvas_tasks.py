"""Tasks for the shapes of Celery's own canvas suite: what they are told is noted under the mark of the shape."""

import time
from collections.abc import Iterable

from celery import chain, group
from celery.exceptions import SoftTimeLimitExceeded
from celery.result import AsyncResult

from orchestrator_celery.model.printing.safe_text import safe_str
from tests.kit.project import add, app, identity, note


class ExpectedError(Exception):
    """What a failing task of a shape raises."""


@app.task
def told(mark, words):
    """A callback that takes nothing, and a step that notes its turn."""
    note("told", mark, words)
    return words


@app.task
def told_value(value, *, mark):
    """A callback that takes the result."""
    note("value", mark, value)
    return value


def error_of(task_id):
    """What a handler finds under the id it is told: type and words of the error."""
    found = AsyncResult(task_id, app=app)
    error = found.result
    return [found.state, type(error).__name__, safe_str(error)]


@app.task
def old_errback(task_id, *, mark):
    """The old form: one argument, the id of a task that has failed."""
    note("old", mark, *error_of(task_id))


@app.task
def new_errback(request, exc, traceback, *, mark):
    """The new form: three arguments."""
    note("new", mark, type(exc).__name__, str(exc))


@app.task
def looking_errback(request, exc, traceback, *, mark):
    """The new form, which looks the error up under the id it is told."""
    note("looked", mark, *error_of(request.id))


@app.task(bind=True)
def bound_errback(self, task_id, *, mark):
    """A bound task takes the old form's argument."""
    note("bound", mark, *error_of(task_id))


@app.task(bind=True, max_retries=1)
def retried_errback(self, *args, mark):
    """An error callback that is retried itself."""
    if not self.request.retries:
        raise self.retry(countdown=0.1)
    note("retried", mark, self.request.retries)


@app.task
def expected(*args):
    """Fails, whatever it is given."""
    raise ExpectedError("Task expected to fail", *args)


@app.task(bind=True)
def expected_replaced(self, *args):
    raise self.replace(expected.si(*args))


@app.task(bind=True)
def add_replaced(self, x, y):
    raise self.replace(add.s(x, y))


@app.task(bind=True)
def replaced_by_chain(self, *args, mark=None, words=None):
    steps = chain(identity.s(*args), identity.s())
    if mark is not None:
        steps.link(told.si(mark, words))
    return self.replace(steps)


@app.task(bind=True)
def replaced_by_failing_chain(self, *args, mark, words):
    steps = chain(identity.s(*args), expected.si())
    steps.link_error(told.si(mark, words))
    return self.replace(steps)


@app.task(bind=True)
def replaced_by_empty_chain(self, *args):
    return self.replace(chain())


@app.task(bind=True)
def replaced_by_group(self, *args):
    return self.replace(group(identity.si(1), identity.si(2)))


@app.task(bind=True)
def replaced_by_group_of_one(self, *args):
    return self.replace(group(chain(identity.si(1), group(identity.s(), identity.s()))))


@app.task
def errback_with_its_own(task_id, mark):
    """The old form with an argument of its own."""
    note("own", mark, *error_of(task_id))


@app.task(bind=True)
def add_to_all(self, numbers, value):
    raise self.replace(group(*(add.s(number, value) for number in numbers)))


@app.task(bind=True)
def add_to_all_to_chord(self, numbers, value):
    for number in numbers:
        self.add_to_chord(add.s(number, value))
    return 0


@app.task(bind=True)
def add_chord_to_chord(self, numbers, value):
    self.add_to_chord(group(add.s(number, value) for number in numbers) | tsum.s())
    return 0


@app.task(bind=True)
def add_lazily_to_chord(self, numbers, value):
    for number in numbers:
        self.add_to_chord(add.s(number, value), lazy=True).delay()
    return 0


@app.task(bind=True)
def add_failing_to_chord(self):
    self.add_to_chord(expected.si())
    return 0


@app.task
def in_order(values):
    """Results of tasks that were added come in any order."""
    return sorted(values)


@app.task
def times(x, y):
    return x * y


@app.task
def tsum(numbers):
    return sum(numbers)


@app.task
def flat_sum(numbers):
    return sum(sum(number) if isinstance(number, Iterable) else number for number in numbers)


@app.task
def guarded_sum(numbers, pause):
    """Gives 0 where its soft time limit ends it."""
    try:
        time.sleep(pause)
        return sum(numbers)
    except SoftTimeLimitExceeded:
        return 0


@app.task(bind=True)
def outer(self, mark, again=False):
    note("told", mark, "out of A" if again else "in A")
    if not again:
        raise self.replace(chain(inner.s(mark), outer.si(mark, again=True)))


@app.task(bind=True)
def inner(self, mark, again=False):
    note("told", mark, "out of B" if again else "in B")
    if not again:
        raise self.replace(chain(told.s(mark, "in C"), inner.si(mark, again=True)))


@app.task(bind=True)
def priority(self, *args):
    return self.request.delivery_info["priority"]


@app.task
def starts_a_chain():
    """A canvas that is started in a task is no part of it."""
    return len(chain(add.s(1, 1), add.s(2), group(add.s(3), add.s(4)), tsum.s()).apply_async().as_tuple())


class Wordless(Exception):
    """An error that raises when it is asked for its words."""

    def __repr__(self):
        raise RuntimeError("no words")


class Speechless(Wordless):
    """An error that raises also when it is printed."""

    def __str__(self):
        raise RuntimeError("no words")


@app.task
def wordless(*args):
    raise Wordless("quiet")


@app.task
def speechless(*args):
    raise Speechless("quiet")


@app.task
def handled(error, *, mark):
    """A handler of ours."""
    note("handled", mark, error["type"], error["message"])


@app.task
def handled_item(error, item, *, mark):
    """A handler of a swarm's item."""
    note("handled", mark, error["type"], error["message"])
