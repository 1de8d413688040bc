"""finish: the worker that has finished a leaf goes on with the next one, which it has claimed with that call."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.definitions import leaf_definition
from orchestrator_celery.records.live import LiveState
from orchestrator_celery.records.packed import Tree
from orchestrator_celery.store.transitions.continuation import Next, Offer, next_of

from .conftest import WINDOW
from .play import FIRST, Play, names
from .test_after_items import after
from .trees import chain, chord, graph, group, leaf, swarm, unit

OWNER = "host/7/aa"
OFFER = Offer("0.0.0:1", OWNER, ",t,u,", 10)
PLAIN = b'["t",[1],{"a":2}]'


def step(payload: bytes = PLAIN, **start: int) -> Tree:
    """A task of the kind that may be gone on with."""
    return leaf(payload, **start)


def finish(play: Play, node: str, offer: Offer = OFFER) -> tuple[Next | None, list[str]]:
    """The body of a node returns in a process with an offer; the next leaf, and what is to be sent."""
    answer = play.store.finish(play.leaf(node), FIRST, b"1", offer=offer)
    assert answer.refused is None
    return next_of(play.leaf(node), answer), names(answer)


@pytest.fixture
def line(play: Play) -> Play:
    """A chain of four tasks, the first of which runs."""
    play.start(unit(chain(step(), step(), step(), step())))
    play.claim("0.0.0", owner=OWNER)
    return play


def test_the_next_step_is_claimed_with_the_end_of_the_one_before(line):
    """Given a step that ends in a process that may go on, then the next step runs there, and no message is to be sent."""
    following, todo = finish(line, "0.0.0")
    assert todo == []
    assert following is not None
    assert (following.dispatch.leaf, following.dispatch.fence) == (line.leaf("0.0.1"), Fence())
    assert (following.dispatch.input_ref, following.dispatch.spec) == ("0.0.0", b"L\n" + PLAIN)
    record = line.live()["0.0.1"]
    assert (record.phase, record.owner, record.runner) == (LiveState.RUNNING, OWNER, "0.0.0:1")
    assert line.told("0.0.1") == ["NodeStarted"]


def test_the_step_ends_as_any_other(line):
    """Given a step without a message, when it ends, then its record names its process, and the next step follows."""
    finish(line, "0.0.0")
    following, todo = finish(line, "0.0.1")
    assert following is not None and following.dispatch.leaf == line.leaf("0.0.2")
    assert todo == []
    assert (line.ended("0.0.1").owner, line.ended("0.0.1").state) == (OWNER, NodeState.SUCCEEDED)
    finish(line, "0.0.2")
    assert finish(line, "0.0.3") == (None, ["close"])
    assert line.status == "SUCCEEDED"


@pytest.mark.parametrize(
    "offer",
    [Offer(), OFFER._replace(tasks=",u,"), OFFER._replace(tasks=",tt,"), OFFER._replace(spent=2000)],
    ids=["nothing", "another task", "a longer name", "a turn that is over"],
)
def test_without_an_offer_the_step_gets_a_message(line, offer):
    """Given a process that may not go on with the next step, then that step is to be sent."""
    assert finish(line, "0.0.0", offer) == (None, ["0.0.1"])
    assert line.queued() == ["0.0.1"]


@pytest.mark.parametrize(
    "payload",
    [
        b'["t",[],{},{"queue":"other"}]',
        b'["t",[],{},{},0,"errback"]',
        b'["t,u",[]]',
        b"\0yaml\n- t",
        b'["t",["' + b"x" * 5000 + b'"]]',
    ],
    ids=["options", "an errback", "a comma", "another serializer", "long"],
)
def test_a_step_of_its_own_kind_gets_a_message(play, payload):
    """Given a next step that needs what a message has, or that would be long to look into, then it is to be sent."""
    play.start(unit(chain(step(), step(payload))))
    play.claim("0.0.0")
    assert finish(play, "0.0.0") == (None, ["0.0.1"])


@pytest.mark.parametrize(
    "payload", [b'["t",[]]', b'["t",[],{},{},1]', b'["u",[1]]'], ids=["short", "immutable", "another"]
)
def test_a_plain_step_gets_none(play, payload):
    """Given a next step without options, then the process goes on with it."""
    play.start(unit(chain(step(), step(payload))))
    play.claim("0.0.0")
    following, todo = finish(play, "0.0.0")
    assert following is not None and todo == []


def test_a_step_with_a_delay_gets_a_message(play):
    """Given a next step with a countdown, then it is to be sent."""
    play.start(unit(chain(step(), step(wait=500))))
    play.claim("0.0.0")
    assert finish(play, "0.0.0") == (None, ["0.0.1"])


@pytest.mark.parametrize("verb", ["suspend", "interrupt"])
def test_a_held_run_is_not_gone_on_with(line, verb):
    """Given a run that is held while a step runs, when the step ends, then nothing runs; after the resumption it is sent."""
    getattr(line.store, verb)(line.run)
    assert finish(line, "0.0.0") == (None, [])
    assert names(line.store.resume(line.run)) == ["0.0.1"]


def test_an_interrupted_step_starts_again_by_a_message(line):
    """Given a step without a message, when an interruption stops it, then it is held back, and sent after the resumption."""
    finish(line, "0.0.0")
    line.store.interrupt(line.run)
    line.store.stopped(line.leaf("0.0.1"), FIRST, "terminated")
    assert (line.live()["0.0.1"].phase, line.live()["0.0.1"].runner) == (LiveState.HELD, "")
    assert names(line.store.resume(line.run)) == ["0.0.1:2"]


def test_a_lost_step_starts_again_by_a_message(line):
    """Given a step without a message, when its process is gone, then it is to be sent under a new attempt."""
    finish(line, "0.0.0")
    assert line.reader.carried(line.leaf("0.0.0")) == [(line.leaf("0.0.1"), Fence())]
    assert names(line.lost("0.0.1")) == ["0.0.1:2"]
    assert line.reader.carried(line.leaf("0.0.0")) == []
    assert line.claim("0.0.1", 2).refused is None


def test_a_second_report_gives_the_same_step_again(line):
    """Given a report whose answer was lost, when it is made again, then the caller hears of the step that it has claimed."""
    first, _ = finish(line, "0.0.0")
    again = line.store.finish(line.leaf("0.0.0"), FIRST, b"1", offer=OFFER)
    assert again.refused is not None
    assert next_of(line.leaf("0.0.0"), line.store.followed(line.leaf("0.0.0"), OFFER)) == first
    other = OFFER._replace(owner="host/8/aa")
    assert next_of(line.leaf("0.0.0"), line.store.followed(line.leaf("0.0.0"), other)) is None


def test_a_cancelled_run_names_the_message_of_the_body(line):
    """Given a step without a message, when the run is cancelled, then workers are told the message that brought it."""
    finish(line, "0.0.0")
    line.store.cancel(line.run, "{}")
    assert line.reader.head(line.run)["bodies"] == b'["r:0.0.1:1","r:0.0.0:1"]'


def test_one_branch_goes_on_and_the_others_are_sent(play):
    """Given a step before a group, when it ends, then the process goes on with one task, and the others are sent."""
    play.start(unit(chain(step(), group(step(), step(), step()))))
    play.claim("0.0.0")
    following, todo = finish(play, "0.0.0")
    assert following is not None and following.dispatch.leaf.node == "0.0.1.0"
    assert todo == ["0.0.1.1", "0.0.1.2"]


def test_the_next_item_takes_the_slot(play):
    """Given a bounded swarm, when an item ends, then the process goes on with the next one, and no more items run than may."""
    play.start(swarm(*[step() for _ in range(5)], max_concurrency=2))
    for node in ("0.0", "0.1"):
        play.claim(node, owner=OWNER)
    following, todo = finish(play, "0.0", OFFER._replace(carrier="0.0:1"))
    assert following is not None and following.dispatch.leaf.node == "0.2"
    assert todo == []
    assert sorted(play.live()) == ["0.1", "0.2"]


def test_the_nodes_of_a_run_share_a_turn(play):
    """Given ten live tasks, then a process goes on for a tenth of their time, because each of the ten may have a process."""
    play.start(swarm(*[step() for _ in range(40)], max_concurrency=10))
    for index in range(10):
        play.claim(f"0.{index}", owner=OWNER)
    following, _ = finish(play, "0.0", OFFER._replace(carrier="0.0:1", spent=190))
    assert following is not None
    assert finish(play, "0.1", OFFER._replace(carrier="0.1:1", spent=210)) == (None, ["0.11"])


def test_an_unbounded_swarm_starts_an_item_for_the_process_that_is_free(play):
    """Given an unbounded swarm whose window is full, when an item ends, then its process goes on with a waiting item."""
    play.start(swarm(*[step() for _ in range(WINDOW + 40)]))
    play.claim("0.0", owner=OWNER)
    for number in range(40):
        node = "0.0" if number == 0 else f"0.{WINDOW + number - 1}"
        following, todo = finish(play, node, OFFER._replace(carrier="0.0:1"))
        assert following is not None and following.dispatch.leaf.node == f"0.{WINDOW + number}"
        assert todo == []
        assert len(play.live()) == WINDOW
    assert finish(play, f"0.{WINDOW + 39}", OFFER._replace(carrier="0.0:1")) == (None, [])


@pytest.mark.parametrize(
    ("first", "offer"),
    [
        (PLAIN, Offer()),
        (PLAIN, OFFER._replace(tasks=",u,")),
        (b'["t",[],{},{"queue":"other"}]', OFFER),
    ],
    ids=["nothing", "another task", "options"],
)
def test_an_unbounded_swarm_starts_no_item_that_would_need_a_message(play, first, offer):
    """Given a process that would not go on with the next item, then the swarm waits until it can start many at once."""
    play.start(swarm(*[step() for _ in range(WINDOW)], *[step(first) for _ in range(40)]))
    play.claim("0.0", owner=OWNER)
    assert finish(play, "0.0", offer and offer._replace(carrier=offer.carrier and "0.0:1")) == (None, [])
    assert len(play.live()) == WINDOW - 1


def test_after_its_turn_a_process_leaves_one_message_for_the_one_that_it_takes(play):
    """Given an unbounded swarm, when an item ends and the turn is over, then one item is sent: as many wait as before."""
    play.start(swarm(*[step() for _ in range(WINDOW + 40)]))
    over = OFFER._replace(carrier="0.0:1", spent=2000 // WINDOW + 1)
    play.claim("0.0", owner=OWNER)
    assert finish(play, "0.0", over) == (None, [f"0.{WINDOW}"])
    assert len(play.live()) == WINDOW


def test_the_callback_of_an_item_comes_before_the_next_item(play):
    """Given an unbounded swarm with a callback for each item, then the process goes on with the callback alone."""
    play.start(after(swarm(*[step() for _ in range(WINDOW + 40)]), s=step()))
    play.claim("0.0", owner=OWNER)
    following, todo = finish(play, "0.0", OFFER._replace(carrier="0.0:1"))
    assert following is not None and following.dispatch.leaf.node == "0.0.s0"
    assert todo == []
    assert len(play.live()) == WINDOW


def test_an_item_that_was_taken_out_is_passed_over(play):
    """Given an unbounded swarm whose next items were skipped, then the pool comes to its end as any other."""
    play.start(swarm(*[step() for _ in range(WINDOW + 2)]))
    for node in (f"0.{WINDOW}", f"0.{WINDOW + 1}"):
        play.skip(node)
    for index in range(WINDOW):
        play.claim(f"0.{index}", owner=OWNER)
        finish(play, f"0.{index}", OFFER._replace(carrier=f"0.{index}:1"))
    assert play.status == "SUCCEEDED"


def test_the_join_goes_on(play):
    """Given a chord, when the last of its header ends, then its process goes on with the body."""
    play.start(unit(chord([step(), step()], step())))
    for index in range(2):
        play.claim(f"0.0.0.{index}", owner=OWNER)
    assert finish(play, "0.0.0.1")[0] is None
    following, _ = finish(play, "0.0.0.0")
    assert following is not None and following.dispatch.leaf.node == "0.0.1"


def test_an_item_with_a_priority_gets_a_message(play):
    """Given a swarm with priorities, then each item is sent, because other messages may come before it."""
    definition = leaf_definition(PLAIN)
    play.start(swarm(*[Tree({".": definition}, 1)] * 3, max_concurrency=1), mixed=1)
    play.claim("0.0", owner=OWNER)
    assert finish(play, "0.0", OFFER._replace(carrier="0.0:1")) == (None, ["0.1"])


def test_a_node_that_a_failure_has_withdrawn_is_not_gone_on_with(play):
    """Given a node whose end starts another node, and a join that is worn out, then the graph fails, and nothing goes on."""
    worn_out = {"join": "all", "max_visits": 1}
    play.start(graph("START>a a>b a>j j>a b>END", bodies=dict.fromkeys("abj", step()), j=worn_out))
    play.claim("0.0.0", owner=OWNER)
    following, todo = finish(play, "0.0.0")
    assert following is not None and (following.dispatch.leaf.node, todo) == ("0.1.0", ["0.2.0"])
    play.claim("0.2.0", owner=OWNER)
    again, todo = finish(play, "0.2.0", OFFER._replace(carrier="0.2.0:1"))
    assert again is not None and again.dispatch.leaf.node == "0.0.1"
    following, todo = finish(play, "0.0.1", OFFER._replace(carrier="0.2.0:1"))
    assert following is None
    assert "0.1.1" not in play.live()
    assert "0.1.0" in play.live()  # its body runs, and ends the graph
