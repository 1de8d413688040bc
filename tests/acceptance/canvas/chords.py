"""Chords of Celery's own canvas suite: results, and what the header's or body's failure tells to whom."""

import warnings
from contextlib import contextmanager

from celery import chain, chord, group

from tests.acceptance.canvas.chains import ones, ones_of
from tests.acceptance.canvas.groups import some_fail
from tests.kit import canvas_tasks as t
from tests.kit.project import add, app, identity


@contextmanager
def on_headers(allowed):
    """`link_error` of a chord reaches its header's tasks too."""
    before = app.conf.task_allow_error_cb_on_chord_header
    app.conf.task_allow_error_cb_on_chord_header = allowed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Celery's, about the default of this setting
        yield
    app.conf.task_allow_error_cb_on_chord_header = before


def caught(sig, errback, allowed=False):
    """The signature with an errback, linked as Celery links it by default, or with the setting."""
    with on_headers(allowed):
        sig.link_error(errback)
    return sig


RESULTS = {
    "order of a header": lambda m: chord((identity.si(i) for i in range(10)), identity.s()),
    "chords with replaced tasks in a chord": lambda m: chord(
        [
            chord([add.s(1, 2), t.add_replaced.s(3, 4)], t.add_to_all.s(5)) | t.tsum.s(),
            chord([t.add_replaced.s(6, 7), add.s(0, 0)], t.add_to_all.s(8)) | t.tsum.s(),
        ],
        t.add_to_all.s(9),
    ),
    "header task adds tasks to its chord": lambda m: (
        group([t.add_to_all_to_chord.s([1, 2, 3], 4)]) | t.in_order.s()
    ),
    "header task among others adds tasks to its chord": lambda m: (
        group([identity.s(100), t.add_to_all_to_chord.s([1, 2, 3], 4)]) | t.in_order.s()
    ),
    "header task adds a chord to its chord": lambda m: group([t.add_chord_to_chord.s([1, 2, 3], 4)]) | t.in_order.s(),
    "header task adds tasks lazily": lambda m: group([t.add_lazily_to_chord.s([1, 2, 3], 4)]) | t.in_order.s(),
    "header task adds a failing task": lambda m: group([t.add_failing_to_chord.s(), identity.s(1)]) | t.in_order.s(),
    "task without a chord adds a task to it": lambda m: t.add_to_all_to_chord.s([1], 4),
    "step of a chain adds a task to a chord": lambda m: chain(identity.s([1]), t.add_to_all_to_chord.s(4)),
    "body replaced by a group": lambda m: add.s(2, 2) | ones(0, 1, 2, 3) | t.add_to_all.s(8),
    "chain with a group that ends in a group, in a chain": lambda m: chain(
        add.si(1, 0), group(add.si(1, 100), chain(add.si(1, 200), group(add.si(1, 1000), add.si(1, 2000)))), add.si(1, 10)
    ),
    "single task in a header": lambda m: chord([add.s(2, 5)], t.add_to_all.s(9)),
    "single task in a group before a task": lambda m: group([add.s(2, 5)]) | t.add_to_all.s(9),
    "empty header": lambda m: chord([], t.add_to_all.s(9)),
    "empty group before a task": lambda m: group([]) | t.add_to_all.s(9),
    "chords in a header": lambda m: chord(
        [chord([add.s(1, 2), add.s(3, 4)], add.s([5])), chord([add.s(6, 7)], add.s([10]))], t.add_to_all.s(["A"])
    ),
    "groups before tasks in a header": lambda m: (
        group([ones_of((1, 2), (3, 4)) | add.s([5]), group([add.s(6, 7)]) | add.s([10])]) | t.add_to_all.s(["A"])
    ),
    "groups of one before tasks, four deep": lambda m: (
        group([group([group([group([add.s(1, 2)]) | add.s([3])]) | add.s([4])]) | add.s([5])]) | add.s([6])
    ),
    "chains with chords in a header": lambda m: chord(
        group([chain(add.si(1, 2), chord(group([add.si(1, 2)] * 2), add.si(1, 2))) for _ in range(2)]), add.si(2, 2)
    ),
    "chain, chord, chain, chord": lambda m: chain(
        identity.si(1),
        chord(
            [identity.si(2), chain(identity.si(3), chord([identity.si(4), identity.si(5)], identity.si(6)))],
            identity.si(7),
        ),
    ),
    "large header": lambda m: group(identity.si(i) for i in range(300)) | t.tsum.s(),
    "task before a large header": lambda m: identity.si(1) | group(identity.s() for _ in range(300)) | t.tsum.s(),
    "lone group in a header": lambda m: chord((group(identity.s(42), identity.s(42)),), identity.s()),
    "chain that ends in a group, in a header": lambda m: chord(
        group(chain(identity.s(42), group(identity.s(), identity.s()))), identity.s()
    ),
    "header replaced by a chain": lambda m: chord(t.replaced_by_chain.si(42), identity.s()),
    "first of a header replaced by a chain": lambda m: chord((t.replaced_by_chain.si(4), identity.s(1)), identity.s()),
    "middle of a header replaced by a chain": lambda m: chord(
        (identity.s(42), t.replaced_by_chain.s(1337), identity.s(31337)), identity.s()
    ),
    "last of a header replaced by a chain": lambda m: chord(
        (identity.s(42), t.replaced_by_chain.s(1337)), identity.s()
    ),
    "header task replaced by a group": lambda m: chord((identity.s(42), t.replaced_by_group.s()), identity.s()),
    "body replaced by a chain": lambda m: chord(identity.s(42), t.replaced_by_chain.s()),
    "first of a body replaced by a chain": lambda m: chord(
        identity.s(42), chain(t.replaced_by_chain.s(), identity.s())
    ),
    "middle of a body replaced by a chain": lambda m: chord(
        identity.s(42), chain(identity.s(), t.replaced_by_chain.s(), identity.s())
    ),
    "last of a body replaced by a chain": lambda m: chord(identity.s(42), chain(identity.s(), t.replaced_by_chain.s())),
    "header task replaced by an empty chain": lambda m: chord([t.replaced_by_empty_chain.s(), add.s(1, 1)], t.tsum.s()),
    "body replaced by an empty chain": lambda m: chord([add.s(1, 1)], t.replaced_by_empty_chain.s()),
    "groups, sums, chord": lambda m: chain(
        group(identity.s(i) for i in range(1, 4)) | t.flat_sum.s(),
        chord(group(t.times.s(10) for _ in range(1, 4)), t.flat_sum.s()),
    ),
}  # fmt: skip

#: What fails, in a header or as a body.
FAILING = {
    "a task": lambda: t.expected.s(),
    "the middle of a chain": lambda: chain(identity.si(42), t.expected.s(), identity.si(42)),
    "the end of a chain": lambda: chain(identity.si(42), t.expected.s()),
    "a task of a group": lambda: group(identity.si(42), t.expected.s()),
    "several tasks of a group": lambda: some_fail(3, 4),
    "the body of a chord": lambda: chord([identity.si(1), identity.si(2)], t.expected.s()),
    "the header of a chord": lambda: chord([identity.si(1), t.expected.s()], identity.s()),
}
#: Who is told.
ERRBACKS = {
    "nobody": None,
    "an immutable errback": lambda m: t.told.si(m, "errback"),
    "an old-style errback": lambda m: t.old_errback.s(mark=m),
    "a new-style errback": lambda m: t.new_errback.s(mark=m),
}
#: Where the failing thing stands.
PLACES = {
    "alone in a header": lambda failing: chord((failing,), identity.s()),
    "in a header": lambda failing: chord((identity.si(42), failing), identity.s()),
    "as a body": lambda failing: chord((identity.si(42),), failing),
}
#: Bodies that do not run.
BODIES = {
    "a task": lambda: add.si(9, 7),
    "a chain": lambda: chain(add.si(9, 7), add.si(5, 7)),
    "a group": lambda: group([add.si(9, 7), add.si(5, 7)]),
    "a chord": lambda: chord(group([add.si(1, 1), add.si(2, 2)]), add.si(10, 10)),
}


def failing_chord(what, place, errback):
    """The shape of one cell of the matrix."""

    def build(mark):
        sig = PLACES[place](FAILING[what]())
        return caught(sig, ERRBACKS[errback](mark)) if ERRBACKS[errback] else sig

    return build


FAILURES = {
    f"{what} fails {place}, told: {errback}": failing_chord(what, place, errback)
    for what in FAILING
    for place in PLACES
    for errback in ERRBACKS
}
HEADERS = {
    "one": lambda: [t.expected.si()],
    "three": lambda: [t.expected.si(), t.expected.si(), t.expected.si()],
    "one of two": lambda: [t.expected.si(), identity.si(42)],
    "one of three": lambda: [t.expected.si(), identity.si(42), identity.si(42)],
    "two of three": lambda: [t.expected.si(), identity.si(42), t.expected.si()],
    "two of four": lambda: [t.expected.si(), identity.si(42), t.expected.si(), identity.si(42)],
}


def both_linked(header):
    """A chord whose header's tasks and body have errbacks of their own."""

    def build(mark):
        sig = chord(header(), t.told.si(mark, "body"))
        for task in sig.tasks:
            task.link_error(t.told.si(mark, "errback of the header"))
        sig.body.link_error(t.told.si(mark, "errback of the body"))
        return sig

    return build


def chord_linked(header, allowed, upgraded=False):
    """A chord with an errback, under either value of the setting."""

    def build(mark):
        body, errback = t.told.si(mark, "body"), t.told.si(mark, "errback")
        sig = chain(group(header()), body) if upgraded else chord(header(), body)
        return caught(sig, errback, allowed)

    return build


CALLED = {
    **{f"errbacks of header and body, {name} fail": both_linked(header) for name, header in HEADERS.items()},
    **{
        f"errback of a chord{' and its header' if allowed else ''}, {name} fail": chord_linked(header, allowed)
        for name, header in HEADERS.items()
        for allowed in (False, True)
    },
    **{
        f"errback of an upgraded chord{' and its header' if allowed else ''}, {name} fail": chord_linked(
            header, allowed, upgraded=True
        )
        for name, header in HEADERS.items()
        if name != "one"
        for allowed in (False, True)
    },
    "errback of a chord around a failing chord": lambda m: caught(
        chord(
            group([identity.si("t3"), chord([identity.si("t1"), t.expected.si()], identity.si("t2"))]),
            t.told.si(m, "body"),
        ),
        t.told.si(m, "errback"),
    ),
    "errback of a chain with an upgraded chord": lambda m: caught(
        chain(identity.si(42), group(t.expected.si(), t.expected.si()), t.told.si(m, "body")), t.told.si(m, "errback"), True
    ),
    **{
        f"failure before a body that is {name}": (
            lambda m, body=body: chain(group([add.si(15, 7), t.expected.si()]), body())
        )
        for name, body in BODIES.items()
    },
    "failing chord in a chain in a chain": lambda m: chain(
        chain(group(add.si(1, 1), t.expected.si()), identity.s()), identity.s()
    ),
    "failure in a chain with a group in a header": lambda m: chain(
        group(identity.si(1), chain(t.expected.si(), group(identity.si(2), identity.si(3)), identity.si(4))), identity.s()
    ),
}  # fmt: skip

CHORDS = {**RESULTS, **FAILURES, **CALLED}
