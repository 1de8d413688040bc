"""close_swarm: an open pool takes no more, and ends once what it has is done."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.events import SwarmWasClosed
from orchestrator_celery.store import Refused

from .play import Play, names
from .trees import chain, leaf, swarm, unit


def refused(play: Play, word: Refused, call) -> None:
    """The call is refused, and every byte is as before (invariant 4)."""
    before = play.snapshot()
    effects = call()
    assert (effects.refused, effects.todo) == (word, ())
    assert play.snapshot() == before


def test_a_drained_swarm_ends_at_once(play):
    """Given an open swarm whose items have all ended, when it is closed, then it has ended."""
    play.start(swarm(leaf(), open=True))
    assert play.succeed("0.0") == []
    assert names(play.store.swarms.close_swarm("r", "0")) == ["close"]
    assert play.status == "SUCCEEDED"


def test_an_open_swarm_without_items_ends_with_nothing(play):
    """Given an open swarm nothing was ever added to, when it is closed, then its result is the empty list."""
    play.start(swarm(open=True))
    assert names(play.store.swarms.close_swarm("r", "0")) == ["close"]
    assert (play.status, play.ended("0").ref) == ("SUCCEEDED", "*0")


def test_a_busy_swarm_ends_with_its_last_item(play):
    """Given items under way and waiting, when it is closed, then all of them still run, and the last ends it."""
    play.start(swarm(leaf(), leaf(), max_concurrency=1, open=True))
    assert names(play.store.swarms.close_swarm("r", "0")) == []
    assert isinstance(play.events()[-1], SwarmWasClosed)
    assert play.succeed("0.0") == ["0.1"]
    assert play.succeed("0.1") == ["close"]


def test_a_swarm_with_a_failure_has_failed_once_it_is_closed(play):
    """Given a failed item in an open swarm, then the swarm fails when it is closed, not before."""
    play.start(swarm(leaf(), open=True))
    assert play.break_("0.0") == []
    assert play.status == "RUNNING"
    assert names(play.store.swarms.close_swarm("r", "0")) == ["close"]
    assert play.status == "FAILED"


def test_a_swarm_as_a_step_lets_the_chain_go_on(play):
    """Given an open swarm as a step, when it is closed and drained, then the next step is sent."""
    play.start(unit(chain(swarm(leaf(), open=True), leaf())))
    play.succeed("0.0.0.0")
    assert names(play.store.swarms.close_swarm("r", "0.0.0")) == ["0.0.1"]


def test_an_open_swarm_that_is_stopped_ends_without_being_closed(play):
    """Given `stop_after_n_failures`, when it is reached and nothing runs, then an open swarm ends, too."""
    play.start(swarm(leaf(), leaf(), max_concurrency=1, open=True, stop_after=1))
    assert play.break_("0.0") == ["close"]
    assert play.status == "FAILED"


def test_a_swarm_that_was_never_open_is_refused(play):
    """Given a swarm that takes no items anyway, then nothing changes."""
    play.start(swarm(leaf()))
    refused(play, Refused.CLOSED, lambda: play.store.swarms.close_swarm("r", "0"))


def test_closing_again_is_refused(play):
    """Given a swarm that was closed, with items under way or ended, then nothing changes."""
    play.start(swarm(leaf(), open=True))
    play.store.swarms.close_swarm("r", "0")
    refused(play, Refused.CLOSED, lambda: play.store.swarms.close_swarm("r", "0"))
    play.succeed("0.0")
    refused(play, Refused.CLOSED, lambda: play.store.swarms.close_swarm("r", "0"))


@pytest.mark.parametrize("node", ["0", "0.0", "0.0.0", "0.0.1", "0.7", "$"])
def test_what_is_no_swarm_is_refused(play, node):
    """Given a unit with a chain in it, when any node of it is to be closed, then nothing changes."""
    play.start(unit(chain(leaf(), leaf())))
    refused(play, Refused.CLOSED, lambda: play.store.swarms.close_swarm("r", node))


def test_a_unit_ends_well_although_somebody_took_it_for_a_swarm(play):
    """Given a unit somebody tried to add to and to close, when it ends, then its record can be read."""
    play.start(unit(leaf()))
    assert play.add(leaf()).refused is Refused.CLOSED
    assert play.store.swarms.close_swarm("r", "0").refused is Refused.CLOSED
    play.succeed("0.0")
    record = play.ended("0")
    assert record.started <= record.finished


def test_no_run_nothing_to_close(play):
    """Given no such run, then nothing comes to be."""
    refused(play, Refused.GONE, lambda: play.store.swarms.close_swarm("r", "0"))
