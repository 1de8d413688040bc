"""batch: items that share a message end and begin together, each by its own record."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import leaf, swarm

OWNER = "w/1/a"


@pytest.fixture
def three(play: Play) -> Play:
    """A batched swarm of three."""
    effects = play.start(swarm(leaf(), leaf(), leaf(), b=100))
    assert [effect.batch for effect in effects.todo] == [100] * 3
    return play


def step(play, ended=(), wanted=(), owner=OWNER):
    return play.store.batch("r", owner, ended, wanted)


@pytest.mark.parametrize(
    ("bounds", "size"),
    [({"b": 100}, 100), ({"b": "auto"}, -64), ({"b": 100, "cap": 20}, 3), ({"b": "auto", "cap": 4}, -1), ({}, 0)],
)
def test_what_a_message_may_take(play, bounds, size):
    """Given bounds of a swarm, when it starts, then each item says how many may share its message."""
    effects = play.start(swarm(leaf(), leaf(), **bounds))
    assert [effect.batch for effect in effects.todo] == [size] * 2


def test_claims_and_ends_go_in_one_call(three):
    """Given three items, when two are claimed, then end while the third is claimed, then each has its record."""
    assert step(three, wanted=["0.0", "0.1"]).detail == [b"ok", b"ok"]
    assert (three.status, three.live()["0.0"].owner) == ("RUNNING", OWNER)
    assert step(three, [("0.0", True, b"7"), ("0.1", False, b"{}")], ["0.2"]).detail == [b"ok"]
    assert three.states() == {"0.0": "S", "0.1": "F"}
    assert three.ended("0.0").payload == b"7"
    assert names(step(three, [("0.2", True, b"8")])) == ["close"]
    assert (three.status, three.counts()) == ("FAILED", (3, 2, 1))


def test_it_may_be_repeated(three):
    """Given an answer that was lost, when the call is made again, then nothing ends or begins twice."""
    step(three, wanted=["0.0", "0.1"])
    step(three, [("0.0", True, b"7")], ["0.1", "0.2"])
    before = three.snapshot()
    assert step(three, [("0.0", True, b"7")], ["0.1", "0.2"]).detail == [b"ok", b"ok"]
    assert three.snapshot() == before


def test_a_suspension_gives_back_what_was_not_begun(three):
    """Given claimed items, when the run is suspended, then what ended counts and the others wait in the outbox."""
    step(three, wanted=["0.0", "0.1"])
    three.store.suspend("r")
    effects = step(three, [("0.0", True, b"7")], ["0.1", "0.2"])
    assert (effects.detail, effects.todo) == ([b"held", b"held"], ())
    assert three.queued() == ["0.1", "0.2"]
    assert names(three.store.resume("r")) == ["0.1", "0.2"]
    three.run_out()
    assert three.status == "SUCCEEDED"


def test_what_somebody_else_has_is_left_to_it(three):
    """Given items that run elsewhere, went on by themselves, or ended, when a batch wants or ends them, then nothing."""
    three.claim("0.0", owner="v/1/b")
    step(three, wanted=["0.1"])
    three.requeue("0.1", Fence(retries=1))
    three.succeed("0.2")
    before = three.snapshot()
    ended = [("0.0", True, b"7"), ("0.1", True, b"7"), ("0.2", True, b"7")]
    assert step(three, ended, ["0.0", "0.1", "0.2"]).detail == [b"duplicate", b"stale", b"stale"]
    assert three.snapshot() == before


def test_a_cancelled_run_is_gone(three):
    """Given a cancelled run, when a batch goes on, then it is refused."""
    step(three, wanted=["0.0"])
    three.store.cancel("r", "", "")
    assert step(three, [("0.0", True, b"7")], ["0.1"]).refused is Refused.GONE


def test_what_is_sent_again_goes_by_itself(three):
    """Given an item whose process died, when it starts again, then it shares no message."""
    step(three, wanted=["0.0"])
    [effect] = three.lost("0.0").todo
    assert (effect.batch, effect.leaf.attempt, three.live()["0.0"].state) == (0, 2, NodeState.QUEUED)
