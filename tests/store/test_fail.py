"""fail: an error is stored once, and what a failure means is told."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, group, leaf, swarm, unit


@pytest.fixture
def one(play: Play) -> Play:
    """A run of one task, running."""
    play.start(unit(leaf()))
    play.claim("0.0", owner="host/1/a")
    return play


def given_by(effects) -> dict[str, str]:
    """Where each leaf that is to be sent gets its first argument."""
    return {effect.leaf.node: effect.input_ref for effect in effects.todo if hasattr(effect, "input_ref")}


def test_an_error_is_stored_with_its_circumstances(one):
    """Given a running leaf, when it fails, then its record has error, attempt and owner, and the run has failed."""
    assert names(one.fail("0.0", error=b'{"type": "ValueError"}')) == ["close"]
    record = one.ended("0.0")
    assert (record.state, record.attempt, record.owner, record.payload) == (
        NodeState.FAILED, 1, "host/1/a", b'{"type": "ValueError"}',
    )  # fmt: skip
    assert (one.status, one.counts(), one.reader.head("r")["ref"]) == ("FAILED", (1, 0, 1), b"0.0")
    assert one.told("0.0") == ["NodeStarted", "NodeFailed"]


def test_a_chain_ends_at_the_failure(play):
    """Given a chain, when a step fails, then no later step is sent, and the chain has that step's error."""
    play.start(unit(chain(leaf(), leaf(), leaf())))
    play.succeed("0.0.0")
    assert play.break_("0.0.1") == ["close"]
    assert play.ended("0.0").ref == "0.0.1"
    assert play.ended("0.0.2") is None


def test_a_group_waits_for_its_members_and_has_the_first_error(play):
    """Given a group with two failures, when all members have ended, then the error is that of the first in order."""
    play.start(unit(group(leaf(), leaf(), leaf())))
    assert play.break_("0.0.2") == []
    assert play.break_("0.0.1") == []
    assert play.succeed("0.0.0") == ["close"]
    assert play.ended("0.0").ref == "0.0.1"


def test_a_chords_body_fails_with_its_header(play):
    """Given a chord, when its header has failed, then the body is skipped, and its errbacks are sent."""
    play.start(unit(chain(group(leaf(), leaf(), ch=True), leaf(errbacks=[leaf()], links=[leaf()]), kind="chord")))
    play.break_("0.0.0.1")
    play.claim("0.0.0.0")
    effects = play.finish("0.0.0.0")
    assert given_by(effects) == {"0.0.1.e0": "e:chord:0.0.0.1"}
    assert names(effects)[-1] == "close"
    assert "0.0.1" not in play.states()
    assert play.reader.head("r")["ref"] == b"chord:0.0.0.1"
    assert play.counts() == (3, 1, 1)


def test_a_group_that_ends_a_chain_has_no_body(play):
    """Given a group as the last step, when a member fails, then there is no chord error: the member's own stays."""
    play.start(unit(chain(leaf(), group(leaf(), leaf()))))
    play.succeed("0.0.0")
    play.break_("0.0.1.0")
    assert play.succeed("0.0.1.1") == ["close"]
    assert play.reader.head("r")["ref"] == b"0.0.1.0"


def test_errbacks_get_the_error(play):
    """Given errbacks on a leaf and a unit, when they fail, then their errbacks are sent, callbacks are not."""
    play.start(unit(leaf(links=[leaf()], errbacks=[leaf(), leaf()]), links=[leaf()], errbacks=[leaf()]))
    play.claim("0.0")
    assert given_by(play.fail("0.0")) == {"0.0.e0": "e:0.0", "0.0.e1": "e:0.0", "0.e0": "e:0.0"}


@pytest.mark.parametrize(
    ("tolerance", "failures", "status"),
    [(None, 1, "FAILED"), (1, 1, "SUCCEEDED"), (1, 2, "FAILED"), (0.5, 2, "SUCCEEDED"), (0.5, 3, "FAILED")],
)
def test_a_swarm_tolerates_what_it_is_told_to(play, tolerance, failures, status):
    """Given a count or a share of four items, when so many have failed, then the swarm has succeeded or failed."""
    play.start(swarm(*[leaf()] * 4, max_failures=tolerance))
    for index in range(4):
        (play.break_ if index < failures else play.succeed)(f"0.{index}")
    assert play.status == status
    assert play.ended("0").ref == ("*4" if status == "SUCCEEDED" else "swarm:0")
    assert play.counts() == (4, 4 - failures, failures)


def test_a_swarm_fails_only_when_it_is_through(play):
    """Given an item that failed, then the others go on, and the failure is told at the end."""
    play.start(swarm(*[leaf()] * 3, max_concurrency=1))
    assert play.break_("0.0") == ["0.1"]
    assert play.succeed("0.1") == ["0.2"]
    assert play.succeed("0.2") == ["close"]


def test_a_swarm_stops_after_its_failures(play):
    """Given `stop_after_n_failures`, when so many failed, then nothing more starts, and it ends with what runs."""
    play.start(swarm(*[leaf()] * 9, max_concurrency=3, stop_after=2))
    assert play.break_("0.0") == ["0.3"]
    play.claim("0.1")
    assert play.break_("0.2") == ["withdraw"]
    assert play.withdraw() == []
    assert play.claim("0.3").refused is Refused.STALE
    assert names(play.finish("0.1")) == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "swarm:0")
    assert play.ended("0.4") is None


def test_stopping_is_stronger_than_tolerance(play):
    """Given both, when the swarm was stopped, then it has failed, however many failures it tolerates."""
    play.start(swarm(leaf(), leaf(), max_concurrency=1, stop_after=1, max_failures=5))
    assert play.break_("0.0") == ["close"]
    assert play.status == "FAILED"


def test_a_failed_swarm_fails_the_chain_around_it(play):
    """Given a swarm as a step, when it fails, then the chain has, and the next step is not sent."""
    play.start(unit(chain(swarm(leaf()), leaf())))
    assert play.break_("0.0.0.0") == ["close"]
    assert play.reader.head("r")["ref"] == b"swarm:0.0.0"


def test_what_was_never_claimed_can_fail(play):
    """Given a message that can never be sent or read, when that is reported, then its node fails."""
    play.start(unit(leaf()))
    assert names(play.fail("0.0")) == ["close"]


def test_a_reporter_without_a_fence_is_believed(one):
    """Given Celery's main process, which does not know retries, when it reports a failure, then that counts."""
    one.claim("0.0", fence=Fence(retries=2))
    assert names(one.fail("0.0", fence=None)) == ["close"]


def test_a_held_or_delegated_leaf_can_fail(play):
    """Given leaves that wait for somebody, when their failure is reported by whoever decides it, then they end; what a
    body says that was given up does not count."""
    play.start(swarm(leaf(), leaf()))
    play.claim("0.0")
    play.lost("0.0", hold=True)
    play.claim("0.1")
    play.requeue("0.1", Fence(nesting=1), why="delegate")
    assert play.fail("0.0").refused is Refused.STALE
    assert play.fail("0.0", fence=None).refused is None
    assert names(play.fail("0.1", fence=Fence(nesting=1))) == ["close"]


def test_a_hard_time_limit_reported_twice_counts_once(one):
    """Given Celery, which reports a hard limit twice, then the second report is stale, with and without fence."""
    one.fail("0.0", fence=None)
    refused(one, lambda: one.fail("0.0", fence=None))
    refused(one, lambda: one.fail("0.0"))


def test_a_failure_after_a_result_is_stale(one):
    """Given a finished leaf, when a failure is reported, then the result stays."""
    one.finish("0.0")
    refused(one, lambda: one.fail("0.0"))


def test_a_superseded_body_cannot_fail_the_leaf(one):
    """Given a retry that runs, when the body before it reports a failure, then the retry goes on."""
    one.claim("0.0", fence=Fence(retries=1))
    refused(one, lambda: one.fail("0.0"))


def test_a_body_of_an_older_attempt_cannot_fail_the_leaf(one):
    """Given a second attempt, when the first reports a failure, with or without fence, then that is refused."""
    one.lost("0.0")
    refused(one, lambda: one.fail("0.0"))
    refused(one, lambda: one.fail("0.0", fence=None))


def test_no_run_no_failure(play):
    """Given a run that is no more, when a failure is reported, then nothing comes to be."""
    assert play.fail("0.0").refused is Refused.GONE
    assert play.snapshot() == {}


def refused(play: Play, call) -> None:
    """The call is stale, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (Refused.STALE, ())
    assert play.snapshot() == before
