"""Chains of Celery's own canvas suite, as facts: what they are made of, and what is noted on the way."""

from datetime import datetime, timedelta, timezone

import celery
from celery import chain, chord, group, signature

from tests.kit import canvas_tasks as t
from tests.kit.project import add, identity

#: Celery 5.5 sends the rest of the chain with each task of a header, and the rest contains such tasks again: each further
#: chord makes the messages five times as large, 240 MB with eight.
FURTHER_CHORDS = 8 if celery.VERSION >= (5, 6) else 3


def linked(sig, *callbacks, errors=()):
    """The signature with callbacks on it."""
    for callback in callbacks:
        sig.link(callback)
    for errback in errors:
        sig.link_error(errback)
    return sig


def ones(*numbers):
    """A group that adds each of the numbers."""
    return group(add.s(number) for number in numbers)


def notes(mark, words):
    """A group of tasks that note their turn."""
    return group(t.told.si(mark, word) for word in words.split())


#: By name: a function that builds the shape for a mark.
CHAINS = {
    "task with an errback": lambda m: linked(t.expected.s("x"), errors=[t.old_errback.s(mark=m)]),
    "task with an errback that is retried": lambda m: linked(t.expected.s("x"), errors=[t.retried_errback.s(mark=m)]),
    "task by name with an errback by name": lambda m: linked(
        signature("tests.kit.canvas_tasks.expected", args=("x",)),
        errors=[signature("tests.kit.canvas_tasks.old_errback", kwargs={"mark": m})],
    ),
    "task with an errback that has an argument": lambda m: linked(t.expected.s(), errors=[t.errback_with_its_own.s(m)]),
    "task replaced by a group of one": lambda m: t.replaced_by_group_of_one.s(),
    "task with a bound errback": lambda m: linked(t.expected.s(), errors=[t.bound_errback.s(mark=m)]),
    "task with a new-style errback": lambda m: linked(t.expected.s(), errors=[t.new_errback.s(mark=m)]),
    "task with a new-style errback that looks the error up": lambda m: linked(
        t.expected.s(), errors=[t.looking_errback.s(mark=m)]
    ),
    "task with an immutable errback": lambda m: linked(t.expected.s(), errors=[t.told.si(m, "errback")]),
    "task with a canvas as errback": lambda m: linked(
        t.expected.s(), errors=[chain(t.told.si(m, "first"), t.told.si(m, "second"))]
    ),
    "chain, then a chain with a replaced task, then a group": lambda m: (
        add.s(2, 2) | (add.s(4) | t.add_replaced.s(8) | add.s(16) | add.s(32)) | ones(0, 1, 2, 3)
    ),
    "group of one chain that ends in a group": lambda m: group(add.s(1, 2) | ones(1, 2)),
    "group of two chains that end in groups": lambda m: group(add.s(1, 2) | ones(1, 2), add.s(5, 5) | ones(1, 2)),
    "group of one group of one chain that ends in a group": lambda m: group(group(add.s(1, 2) | ones(1, 2))),
    "group of one chain that ends in a group, in a chain": lambda m: chain(
        identity.s(1), group(chain(add.s(2), ones(1, 2))), identity.s()
    ),
    "group of one chain that ends in a group, after a task": lambda m: chain(
        identity.s(1), group(chain(add.s(2), ones(1, 2)))
    ),
    "group of one chord with a group as body": lambda m: group([chord([add.s(1, 1)], group(t.tsum.s(), t.tsum.s()))]),
    "chain of one chain of one task": lambda m: chain([chain(identity.s(42))]),
    "failing step in the middle": lambda m: chain(add.s(1, 2), t.expected.s(), add.s(3, 4)),
    "chain in a group after a task": lambda m: add.s(5, 6) | group((add.s(1) | add.s(2), add.s(3))),
    "group, task, group": lambda m: notes(m, "a b c") | t.told.si(m, "between") | notes(m, "d e"),
    "group of tasks and a chain with a group": lambda m: group(
        identity.si(1), identity.si(2), chain(identity.si(5), group([identity.si(3), identity.si(4)]))
    ),
    "replaced by a chain of tasks that are replaced": lambda m: t.outer.s(m),
    "header with a soft time limit that is caught": lambda m: chord(
        [add.s(1, 2), t.guarded_sum.s([100], pause=2).set(soft_time_limit=1)], t.tsum.s()
    ),
    "chain with an error handler and an eta": lambda m: chain(ones_of((1, 2), (3, 4)), t.tsum.s())
    .on_error(t.told.si(m, "errback"))
    .set(eta=datetime.now(timezone.utc) + timedelta(seconds=1)),
    "task that starts a canvas": lambda m: t.starts_a_chain.s(),
    "task, group, group, task": lambda m: add.si(1, 0) | ones(1, 1) | group(t.tsum.s(), t.tsum.s()) | t.tsum.s(),
    "two chords with tasks between": lambda m: (
        add.si(1, 0) | ones(1, 1) | t.tsum.s() | add.s(1) | ones(1, 1) | t.tsum.s()
    ),
    "two chords, one explicit": lambda m: (
        add.si(1, 0) | ones(1, 1) | t.tsum.s() | add.s(1) | chord(ones(1, 1), t.tsum.s())
    ),
    "two chains of three chords": lambda m: three(add.si(1, 0), 1, 0) | three(add.s(10), 0, 1),
    "many chords in a row": lambda m: chain(
        [chord([add.si(1, 0)] * 3, t.tsum.s()), *[chord([add.s(1)] * 3, t.tsum.s()) for _ in range(FURTHER_CHORDS)]]
    ),
    "chord, task, group": lambda m: add.si(1, 0) | ones(1, 1) | t.tsum.s() | add.s(1) | ones(1, 1),
    "group first, then a task, a task, a group": lambda m: ones_of((1, 1), (1, 1)) | t.tsum.s() | add.s(1) | ones(1, 1),
    "group first, then three tasks and a group": lambda m: (
        ones_of((1, 1), (1, 1)) | t.tsum.s() | add.s(1) | add.s(1) | add.s(1) | ones(1, 1)
    ),
    "lone group in a chain": lambda m: chain(group(identity.s(42), identity.s(42))),
    "group in the middle": lambda m: chain(identity.s(42), group(identity.s(), identity.s()), identity.s()),
    "group at the end": lambda m: chain(identity.s(42), group(identity.s(), identity.s())),
    "group in the center of chains and chords": lambda m: chord(
        [add.s(0, 1)], chord([t.tsum, t.tsum], chain(t.tsum.s(), ones(8, 16), t.tsum.s() | add.s(32)))
    ),
    "chord in a chain before a chain": lambda m: chain(
        notes(m, "a a") | notes(m, "a a"), (t.told.si(m, "a") | t.told.si(m, "b"))
    ),
    "groups in a row, each once": lambda m: chain(
        notes(m, "1 2 3"), notes(m, "4 5 6"), notes(m, "7"), notes(m, "8"), t.told.si(m, "9"), t.told.si(m, "10")
    ),
    "chord, then groups of one": lambda m: chain(
        chord(notes(m, "1 2 3"), notes(m, "4 5 6")), notes(m, "7"), notes(m, "8"), t.told.si(m, "9")
    ),
    "chord, task, group of one, task": lambda m: chain(
        chord(notes(m, "1 2 3"), notes(m, "4 5 6")), t.told.si(m, "7"), notes(m, "8"), t.told.si(m, "9")
    ),
    "growing groups, then a task": lambda m: chain(
        notes(m, "1 2"), notes(m, "3 4 5"), notes(m, "6 7 8 9"), t.told.si(m, "10")
    ),
    "growing groups, then a group of one": lambda m: chain(
        notes(m, "1 2"), notes(m, "3 4 5"), notes(m, "6 7 8 9"), notes(m, "10")
    ),
    "link of an inner chain": lambda m: chain(
        linked(
            chain(identity.s("a"), add.s("b")), t.told.si(m, "inner"), errors=[identity.s("never")]
        ),
        add.s("c"),
    ),
    "links of all steps": lambda m: chain(linked(identity.si(7), t.told.si(m, "link")) for _ in range(6)),
    "errbacks of all steps": lambda m: chain(linked(t.expected.si(), errors=[t.told.si(m, "errback")]) for _ in range(6)),
    "link of a chain with a replaced step": lambda m: linked(
        chain(t.add_replaced.si(42, 1337), identity.s()), t.told_value.s(mark=m)
    ),
    "errback of a chain with a replaced step": lambda m: linked(
        chain(t.add_replaced.si(42, 1337), t.expected.s()), errors=[t.told.si(m, "errback")]
    ),
    "link of a replaced step": lambda m: chain(
        linked(t.add_replaced.si(42, 1337), t.told_value.s(mark=m)), identity.s()
    ),
    "errback of a replaced step": lambda m: chain(
        linked(t.expected_replaced.si(), errors=[t.told.si(m, "errback")]), identity.si(42)
    ),
    "task replaced by a chain": lambda m: t.replaced_by_chain.si(42),
    "first step replaced by a chain": lambda m: chain(t.replaced_by_chain.si(42), identity.s()),
    "middle step replaced by a chain": lambda m: chain(identity.s(42), t.replaced_by_chain.s(), identity.s()),
    "last step replaced by a chain": lambda m: chain(identity.s(42), t.replaced_by_chain.s()),
    "step replaced by a chain with a link": lambda m: chain(
        identity.s("Hello "), t.replaced_by_chain.s(mark=m, words="inner"), add.s("world")
    ),
    "step replaced by a failing chain with an errback": lambda m: chain(
        identity.s("Hello "), t.replaced_by_failing_chain.s(mark=m, words="inner"), add.s("never")
    ),
    "links of a chain, and of the chain a step is replaced by": lambda m: linked(
        chain(identity.s("Hello "), t.replaced_by_chain.s(mark=m, words="inner"), add.s("world")), t.told_value.s(mark=m)
    ),
    "errbacks of a chain, and of the chain a step is replaced by": lambda m: linked(
        chain(identity.s("Hello "), t.replaced_by_failing_chain.s(mark=m, words="inner"), add.s("never")),
        errors=[t.told.si(m, "outer")],
    ),
    "replaced by an empty chain": lambda m: t.replaced_by_empty_chain.s(),
    "step replaced by an empty chain": lambda m: chain(identity.s(1), t.replaced_by_empty_chain.s()),
    "first step replaced by an empty chain": lambda m: chain(t.replaced_by_empty_chain.s(), identity.s()),
    "group member replaced by an empty chain": lambda m: group(t.replaced_by_empty_chain.s(), identity.s(1)),
    "priorities in a chain": lambda m: t.priority.signature(priority=3) | t.priority.signature(priority=5),
    "failure before a group": lambda m: add.s(1, 1) | t.expected.s() | ones(1, 1),
    "failure in a group at the end": lambda m: add.s(1, 1) | add.s(1) | group(add.s(1), t.expected.s()),
    "old-style errback of a failing step": lambda m: linked(
        chain(identity.si(1), t.expected.s(), identity.si(2)), errors=[t.old_errback.s(mark=m)]
    ),
    "new-style errback of a failing step": lambda m: linked(
        chain(identity.si(1), t.expected.s(), identity.si(2)), errors=[t.new_errback.s(mark=m)]
    ),
}  # fmt: skip


def ones_of(*pairs):
    """A group that adds pairs."""
    return group(add.s(x, y) for x, y in pairs)


def three(first, second, third):
    """A chain of three chords."""
    return chain(
        chord(group(first, first.clone()), t.tsum.s()),
        chord(ones(second, second), t.tsum.s()),
        chord(ones(third, third), t.tsum.s()),
    )
