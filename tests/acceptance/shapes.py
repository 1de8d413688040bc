"""Canvas shapes: what native Celery gives for each is what ours has to give."""

from celery import chain, chord, group

from tests.kit import project as p

add, mul, xsum, identity, collect = p.add, p.mul, p.xsum, p.identity, p.collect


def stamped(sig):
    sig.stamp(customer="acme")
    return sig


def linked(sig, *callbacks, errors=()):
    for callback in callbacks:
        sig.link(callback)
    for errback in errors:
        sig.link_error(errback)
    return sig


#: name, and a function that builds a fresh signature.
SHAPES = {
    # tasks
    "task": lambda: add.s(2, 3),
    "task with keyword arguments": lambda: add.s(2, y=5),
    "task with keyword arguments only": lambda: p.kwonly.s(a=7),
    "immutable task": lambda: add.si(4, 4),
    "task that returns None": lambda: identity.s(None),
    "task of a foreign base class": lambda: p.foreign.s(1),
    "task with options": lambda: add.s(1, 1).set(priority=3, time_limit=30, soft_time_limit=20),
    "task with countdown": lambda: add.s(1, 1).set(countdown=0.2),
    "task with expires": lambda: add.s(1, 1).set(expires=60),
    "stamped task": lambda: stamped(add.s(1, 1)),
    # chains
    "chain of two": lambda: chain(add.s(1, 2), add.s(3)),
    "chain of ten": lambda: chain([add.s(0, 1)] + [add.s(1)] * 9),
    "chain by operator": lambda: add.s(1, 2) | mul.s(3) | add.s(4),
    "chain with an immutable step": lambda: chain(add.s(1, 2), add.si(5, 5), add.s(1)),
    "chain that starts immutable": lambda: chain(add.si(1, 2), add.s(5)),
    "chain with keyword arguments": lambda: chain(collect.s(1, k=2), collect.s(3, k=4)),
    "chain of one": lambda: chain(add.s(1, 2)),
    "chain in a chain": lambda: chain(add.s(1, 1), chain(add.s(2), add.s(3)), add.s(4)),
    "chain in a chain in a chain": lambda: chain(chain(chain(add.s(1, 1), add.s(1)), add.s(2)), add.s(3)),
    "chain with a silent step": lambda: chain(add.s(1, 1), p.silent.s(), add.s(1)),
    "chain with a retrying step": lambda: chain(p.flaky.s(2), add.s(1)),
    "stamped chain": lambda: stamped(chain(add.s(1, 1), add.s(1))),
    "chain with countdown inside": lambda: chain(add.s(1, 1), add.s(1).set(countdown=0.2)),
    # groups
    "group": lambda: group(add.s(i, i) for i in range(4)),
    "group of one": lambda: group(add.s(1, 1)),
    "group of immutable tasks": lambda: group(add.si(1, 1), add.si(2, 2)),
    "group in a group": lambda: group(add.s(1, 1), group(add.s(2, 2), add.s(3, 3)), add.s(4, 4)),
    "group of chains": lambda: group(chain(add.s(1, 1), add.s(1)), chain(add.s(2, 2), add.s(2))),
    "group of chains that end in groups": lambda: group(chain(add.s(1, 1), group(add.s(1), add.s(2))), add.s(9, 9)),
    "group with a chord": lambda: group(chord([add.s(1, 1), add.s(2, 2)], xsum.s()), add.s(1, 1)),
    "group with a retrying member": lambda: group(p.flaky.s(1), add.s(1, 1)),
    # groups and chains
    "group first in a chain": lambda: chain(group(add.s(1, 1), add.s(2, 2)), xsum.s()),
    "group last in a chain": lambda: chain(add.s(1, 1), group(add.s(1), add.s(2))),
    "group in the middle of a chain": lambda: chain(add.s(1, 1), group(add.s(1), add.s(2)), xsum.s()),
    "two groups in a row": lambda: chain(group(add.s(1, 1), add.s(2, 2)), group(xsum.s(), identity.s())),
    "group, task, group, task": lambda: chain(
        group(add.s(1, 1), add.s(2, 2)), xsum.s(), group(add.s(1), add.s(2)), xsum.s()
    ),
    "group of one in a chain": lambda: chain(add.s(1, 1), group(add.s(5)), add.s(1)),
    "empty group in a chain": lambda: chain(add.s(1, 1), group([]), add.s(5)),
    "group by operator": lambda: add.s(1, 1) | group(add.s(1), add.s(2)) | xsum.s(),
    "group then chain by operator": lambda: group(add.s(1, 1), add.s(2, 2)) | (xsum.s() | add.s(10)),
    "group with immutable members in a chain": lambda: chain(add.s(1, 1), group(add.si(5, 5), add.s(2)), xsum.s()),
    # chords
    "chord": lambda: chord([add.s(1, 1), add.s(2, 2)], xsum.s()),
    "chord with one header task": lambda: chord([add.s(3, 3)], xsum.s()),
    "chord with an empty header": lambda: chord([], xsum.s()),
    "chord with an immutable body": lambda: chord([add.s(1, 1)], add.si(7, 7)),
    "chord with body arguments": lambda: chord([add.s(1, 1), add.s(2, 2)], collect.s("after", k=1)),
    "chord with a chain as body": lambda: chord([add.s(1, 1), add.s(2, 2)], chain(xsum.s(), add.s(1))),
    "chord with a group as body": lambda: chord([add.s(1, 1), add.s(2, 2)], group(xsum.s(), identity.s())),
    "chord with chains in the header": lambda: chord([chain(add.s(1, 1), add.s(1)), add.s(2, 2)], xsum.s()),
    "chord with a group in the header": lambda: chord([group(add.s(1, 1), add.s(2, 2)), add.s(3, 3)], xsum.s()),
    "chord in a chord's header": lambda: chord([chord([add.s(1, 1), add.s(2, 2)], xsum.s()), add.s(1, 1)], xsum.s()),
    "chord in a chord's body": lambda: chord([add.s(1, 1)], chord([identity.s(), identity.s()], collect.s())),
    "chord in a chain": lambda: chain(add.s(1, 1), chord([add.s(1), add.s(2)], xsum.s()), add.s(100)),
    "chord by operator": lambda: group(add.s(1, 1), add.s(2, 2)) | xsum.s() | add.s(1),
    "two chords in a row": lambda: chain(
        chord([add.s(1, 1), add.s(2, 2)], xsum.s()), chord([add.s(1), add.s(2)], xsum.s())
    ),
    "chord with a silent header task": lambda: chord([p.silent.s(1), add.s(1, 1)], xsum.s()),
    "chord with a retrying header task": lambda: chord([p.flaky.s(2, 5), add.s(1, 1)], xsum.s()),
    "stamped chord": lambda: stamped(chord([add.s(1, 1), add.s(2, 2)], xsum.s())),
    # map, starmap, chunks
    "map": lambda: identity.map([1, 2, 3]),
    "map of a generator": lambda: identity.map(i * i for i in range(4)),
    "starmap": lambda: add.starmap([(1, 2), (3, 4)]),
    "map in a chain": lambda: chain(identity.map([1, 2]), xsum.s()),
    "starmap in a group": lambda: group(add.starmap([(1, 2)]), identity.map([5])),
    "chunks": lambda: add.chunks([(i, i) for i in range(7)], 3).group(),
    "map in a chord's header": lambda: chord([identity.map([1]), identity.map([2])], identity.s()),
    # callbacks, which do not change the result
    "task with a link": lambda: linked(add.s(1, 1), p.on_link.s()),
    "chain with a link": lambda: linked(chain(add.s(1, 1), add.s(1)), p.on_link.s()),
    "chain with links inside": lambda: chain(linked(add.s(1, 1), p.on_link.s()), linked(add.s(1), p.on_link.s())),
    # replacing themselves
    **{
        f"task replaced by {kind}": (lambda kind=kind: chain(p.replaced.s(kind), identity.s()))
        for kind in ("task", "immutable", "chain", "group", "chord", "again")
    },
    "replaced in a group": lambda: group(p.replaced.s("chain"), add.s(1, 1)),
    "replaced in a chord's header": lambda: chord([p.replaced.s("chain"), p.replaced.s("task")], xsum.s()),
    # failures: the same exception
    "failing task": lambda: p.fail.s(),
    "failing first step": lambda: chain(p.fail.s(), add.s(1)),
    "failing last step": lambda: chain(add.s(1, 1), p.fail.s()),
    "failing member": lambda: group(p.fail.s(), add.s(1, 1)),
    "failing header": lambda: chord([p.fail.s(), add.s(1, 1)], xsum.s()),
    "failing body": lambda: chord([add.s(1, 1)], p.fail.s()),
    "failing member of a group in a chain": lambda: chain(add.s(1, 1), group(p.fail.s(), add.s(1)), xsum.s()),
    "hopeless retries": lambda: p.hopeless.s(),
    "failing replacement": lambda: p.replaced.s("fail"),
}
