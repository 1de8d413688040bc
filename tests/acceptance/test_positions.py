"""Both primitives in every place where native canvas may stand; the native counterpart says what comes out."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import ComplexSignature, Swarm
from tests.acceptance.test_shapes import outcome
from tests.kit import project as p
from tests.kit.waiting import wait_for

add, xsum, identity = p.add, p.xsum, p.identity


def swarm(*tasks):
    return Swarm(tasks)


def unit(*tasks):
    return ComplexSignature(group(*tasks))


#: name, and a function of the primitive's maker (natively: `group`).
POSITIONS = {
    "alone": lambda make: make(add.s(1, 1), add.s(2, 2)),
    "first step of a chain": lambda make: chain(make(add.s(1, 1), add.s(2, 2)), xsum.s()),
    "last step of a chain": lambda make: chain(add.s(1, 1), make(add.s(1), add.s(2))),
    "middle step of a chain": lambda make: chain(add.s(1, 1), make(add.s(1), add.s(2)), xsum.s(), add.s(1)),
    "left of the operator": lambda make: make(add.s(1, 1), add.s(2, 2)) | xsum.s(),
    "right of the operator": lambda make: add.s(1, 1) | make(add.s(1), add.si(2, 2)),
    "twice in a chain": lambda make: chain(
        make(add.s(1, 1), add.s(2, 2)), xsum.s(), make(add.s(1), add.s(2)), xsum.s()
    ),
    "body of a chord": lambda make: chord([add.s(1, 1), add.s(2, 2)], make(xsum.s(), identity.s())),
}
#: The same, where a native group would be dissolved; with what has to come out.
NESTED = {
    "member of a group": (lambda make: group(make(add.s(1, 1), add.s(2, 2)), add.s(5, 5)), [[2, 4], 10]),
    "only member of a group": (lambda make: group([make(add.s(1, 1), add.s(2, 2))]), [[2, 4]]),
    "in the header of a chord": (lambda make: chord([make(add.s(1, 1)), add.s(5, 5)], identity.s()), [[2], 10]),
    "in a group in a chain": (
        lambda make: chain(add.s(1, 1), group(make(add.s(1), add.s(2)), add.s(5)), identity.s()), [[3, 4], 7],
    ),
    "in itself": (lambda make: make(make(add.s(1, 1), add.s(2, 2)), add.s(5, 5)), [[2, 4], 10]),
    "in a chain in itself": (lambda make: make(chain(make(add.s(1, 1)), xsum.s()), add.s(5, 5)), [2, 10]),
    "in the other": (lambda make: Swarm([ComplexSignature(make(add.s(1, 1))), make(add.s(2, 2))]), [[2], [4]]),
    "in a durable chain": (
        lambda make: ComplexSignature(chain(add.s(1, 1), make(add.s(1), add.s(2)), xsum.s())), 7,
    ),
    "deep": (
        lambda make: ComplexSignature(chain(make(chain(make(make(add.s(1, 1))), identity.s())), identity.s())),
        [[[2]]],
    ),
}  # fmt: skip
MAKERS = [swarm, unit]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", POSITIONS)
def test_same_as_a_native_group(app, name, make):
    build = POSITIONS[name]
    expected, ours = build(group).apply_async(), build(make).apply_async()
    assert outcome(ours) == outcome(expected)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", NESTED)
def test_nested(app, name, make):
    build, expected = NESTED[name]
    if name == "in itself" and make is unit:
        expected = [[2, 4], 10]
    assert outcome(build(make).apply_async()) == expected


@pytest.mark.parametrize("make", MAKERS)
def test_as_a_callback(app, ledger, make):
    sig = add.s(1, 1)
    sig.link(make(p.on_link.s("in a callback")))
    assert sig.apply_async().get(timeout=120) == 2
    wait_for(lambda: ledger.entries("in a callback") == [["in a callback", 2]], what="the callback")


@pytest.mark.parametrize("make", MAKERS)
def test_as_an_errback(app, ledger, make):
    sig = p.fail.s()
    sig.link_error(make(p.on_old_error.s()))
    result = sig.apply_async()
    wait_for(lambda: ledger.entries("old-errback") == [["old-errback", result.id]], what="the errback")


@pytest.mark.parametrize("make", MAKERS)
def test_its_own_callbacks_are_celerys(app, ledger, make):
    sig = make(add.s(1, 1), add.s(2, 2))
    sig.link(p.on_link.s())
    sig.link_error(p.on_old_error.s())
    assert sig.apply_async().get(timeout=120) == [2, 4]
    wait_for(lambda: ledger.entries("link") == [["link", [2, 4]]], what="the callback")
    failing = make(p.fail.s())
    failing.link_error(p.on_old_error.s())
    failing.link_error(p.on_new_error.s())
    run = failing.apply_async()
    wait_for(lambda: ledger.entries("old-errback") == [["old-errback", run.id]], what="the errback")
    wait_for(lambda: ledger.entries("new-errback"), what="the errback with three arguments")
    assert ledger.entries("new-errback")[0][1] == run.id


@pytest.mark.parametrize("kind", ["swarm", "complex"])
def test_replaces_a_task(app, kind):
    expected = {"swarm": [2, 4], "complex": 3}[kind]
    assert p.replaced.delay(kind).get(timeout=120) == expected
    assert chain(p.replaced.s(kind), identity.s()).apply_async().get(timeout=120) == expected
    assert ComplexSignature(chain(p.replaced.s(kind), identity.s())).apply_async().get(timeout=120) == expected


@pytest.mark.parametrize("make", MAKERS)
def test_sent_by_name_as_beat_does(app, make):
    sig = make(add.s(1, 1), add.s(2, 2))
    entry = app.send_task(sig.task, sig.args, sig.kwargs, **sig.options)
    assert entry.get(timeout=120) == [2, 4]


@pytest.mark.parametrize("make", MAKERS)
def test_given_arguments_go_to_the_first_tasks(app, make):
    assert make(add.s(1), add.si(5, 5)).apply_async((10,)).get(timeout=120) == [11, 10]
    assert make(add.s(1), add.s(2)).delay(10).get(timeout=120) == [11, 12]
    assert make(p.kwonly.s()).apply_async(kwargs={"b": 9}).get(timeout=120) == [[1, 9]]
    assert make(add.s(1)).set(immutable=False).clone(args=(4,)).apply_async().get(timeout=120) == [5]


@pytest.mark.parametrize("make", MAKERS)
def test_given_arguments_of_a_nested_one_go_to_its_first_tasks(app, make):
    """In a native chain, and inside a run alike: behind what the step before gives."""
    steps = (identity.s(1), make(add.s(), add.s()).clone((7,)), identity.s())
    assert chain(*steps).apply_async().get(timeout=120) == [8, 8]
    assert ComplexSignature(chain(*steps)).apply_async().get(timeout=120) == [8, 8]


@pytest.mark.parametrize("make", MAKERS)
def test_an_immutable_one_takes_nothing_from_the_step_before(app, make):
    """In a native chain, and inside a run alike."""
    steps = (add.s(1, 1), make(add.s(5), identity.s()).set(immutable=True), identity.s())
    assert chain(*steps).apply_async().get(timeout=120) == [5, None]
    assert ComplexSignature(chain(*steps)).apply_async().get(timeout=120) == [5, None]


@pytest.mark.parametrize("make", MAKERS)
def test_countdown_delays_the_start(app, make):
    run = make(add.s(1, 1)).apply_async(countdown=0.5)
    assert run.status == "PENDING"
    assert run.get(timeout=120) == [2]


@pytest.mark.parametrize("make", MAKERS)
def test_stamps_reach_every_task(app, make):
    sig = chain(make(p.stamps.s(), p.stamps.s()), identity.s())
    sig.stamp(customer="acme")
    assert sig.apply_async().get(timeout=120) == ["acme", "acme"]
    run = ComplexSignature(chain(p.stamps.s(), identity.s()))
    run.stamp(customer="acme")
    assert run.apply_async().get(timeout=120) == "acme"


def test_failure_of_a_primitive_fails_the_native_canvas_around_it(app):
    for make in MAKERS:
        result = chain(add.s(1, 1), make(p.fail.si()), identity.s()).apply_async()
        with pytest.raises(Exception, match="no good"):
            result.get(timeout=120)
        joined = chord([make(p.fail.s()), add.s(1, 1)], identity.s()).apply_async()
        with pytest.raises(Exception, match="no good"):
            joined.get(timeout=120)
