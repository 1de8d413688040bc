"""Groups of Celery's own canvas suite."""

from celery import chain, chord, group

from tests.acceptance.canvas.chains import linked
from tests.kit import canvas_tasks as t
from tests.kit.project import add, identity

SEVERAL = 5


def same(make, count=SEVERAL):
    """A group of so many of the same."""
    return group(make() for _ in range(count))


def counted(header):
    """A chord in a group: what Celery counts to know that it has ended."""
    return group((chord(header, identity.s()),))


def some_fail(good, bad):
    """A group in which some fail."""
    return group(*(identity.si(42) for _ in range(good)), *(t.expected.s() for _ in range(bad)))


GROUPS = {
    "groups in groups": lambda m: group(
        add.si(1, 10), group(add.si(1, 100), group(add.si(1, 1000), add.si(1, 2000)))
    ),
    "large group": lambda m: group(identity.s(i) for i in range(300)),
    "lone group": lambda m: group(identity.s(42), identity.s(42)),
    "group of one group": lambda m: group(group(identity.s(42), identity.s(42))),
    "group of a chord with one header task": lambda m: counted((identity.si(42),)),
    "group of a chord with a chain in its header": lambda m: counted((chain((identity.si(1337),) * SEVERAL),)),
    "group of a chord with a group in its header": lambda m: counted((group((identity.si(1337),) * SEVERAL),)),
    "group of a chord with a chord in its header": lambda m: counted(
        (chord((identity.si(1337),) * SEVERAL, identity.si(31337)),)
    ),
    "group of a chord with everything in its header": lambda m: counted(
        (
            identity.si(42),
            chain((identity.si(42),) * SEVERAL),
            group((identity.si(42),) * SEVERAL),
            chord((identity.si(42),) * SEVERAL, identity.si(1337)),
        )
    ),
    "group of a chord with a chain of one as body": lambda m: group((chord(identity.si(42), chain((identity.s(),))),)),
    "group of two chords": lambda m: group(
        chord(group(add.s(1, 2), add.s(3, 4)), t.tsum.s()), chord(group(add.s(1, 2), add.s(3, 4)), t.tsum.s())
    ),
    "link of a group": lambda m: linked(group(identity.si(42), identity.si(1337)), t.told.si(m, "link")),
    "errback of a group whose first fails": lambda m: linked(
        group(t.expected.s(), identity.si(42)), errors=[t.told.si(m, "errback")]
    ),
    "errback of a group whose last fails": lambda m: linked(
        group(identity.si(42), t.expected.s()), errors=[t.told.si(m, "errback")]
    ),
    "old-style errback of a group": lambda m: linked(
        group(t.expected.s(), identity.si(42)), errors=[t.old_errback.s(mark=m)]
    ),
    "new-style errback of a group": lambda m: linked(
        group(t.expected.s(), identity.si(42)), errors=[t.new_errback.s(mark=m)]
    ),
    "errback of a group in which several fail": lambda m: linked(
        some_fail(3, SEVERAL), errors=[t.told.si(m, "errback")]
    ),
    "links of all members": lambda m: same(lambda: linked(identity.si(1337), t.told.si(m, "link"))),
    "errbacks of all members": lambda m: same(lambda: linked(t.expected.si(), errors=[t.told.si(m, "errback")])),
    "link of a group with a replaced member": lambda m: linked(
        group(t.add_replaced.si(42, 1337), identity.si(31337)), t.told.si(m, "link")
    ),
    "errback of a group with a replaced member": lambda m: linked(
        group(t.add_replaced.si(42, 1337), t.expected.s()), errors=[t.told.si(m, "errback")]
    ),
    "link of a replaced member": lambda m: group(
        linked(t.add_replaced.si(42, 1337), t.told.si(m, "link")), identity.si(31337)
    ),
    "errback of a replaced member": lambda m: group(
        linked(t.expected_replaced.si(), errors=[t.told.si(m, "errback")]), identity.si(42)
    ),
    "first member replaced by a chain": lambda m: group(t.replaced_by_chain.si(42), identity.s(1337)),
    "middle member replaced by a chain": lambda m: group(identity.s(42), t.replaced_by_chain.s(1337), identity.s(3)),
    "last member replaced by a chain": lambda m: group(identity.s(42), t.replaced_by_chain.s(1337)),
    "members replaced by groups": lambda m: group([t.add_to_all.s([2, 1], 1), t.add_to_all.s([4, 3], 1)] * 3),
    "member's chain fails": lambda m: group(identity.si(1), chain(t.expected.s("a"), identity.s())),
}  # fmt: skip
