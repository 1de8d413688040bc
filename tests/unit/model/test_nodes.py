"""Records of nodes: read what the Lua scripts write."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.nodes import parse_live, parse_terminal

SECOND_ONE = datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("value", [1000, 1000.0, "1000", b"1000"])
def test_times_are_utc(value):
    """Given milliseconds in any form the store has, then the time is aware."""
    assert from_ms(value) == SECOND_ONE


def test_a_live_leaf_is_read():
    """Given a claimed leaf's record, then every part is found, with a separator in the owner's name as well."""
    live = parse_live(b"R|2|3|1|1000|900|4|1,0|e:0.1|host|x/12/ab")
    assert live == (NodeState.RUNNING, 2, Fence(nesting=1, retries=3), SECOND_ONE, "host|x/12/ab", "", "e:0.1")


def test_a_queued_leaf_has_no_owner():
    """Given a queued leaf's record, then nobody owns it."""
    assert parse_live(b"Q|1|0|0|1000|1000|0|,||").owner == ""


@pytest.mark.parametrize("payload", [b"[1]", b"", b"a\nb|c", b"\0pickle\n\x80\n"])
def test_an_ended_leaf_keeps_its_payload_as_it_is(payload):
    """Given a leaf's record, then whatever bytes it holds come back."""
    record = parse_terminal(b"S|1|1000|1000|me\n" + payload)
    assert (record.state, record.ref, record.payload) == (NodeState.SUCCEEDED, None, payload)


def test_an_ended_composite_refers():
    """Given a composite's record, then it says where its outcome is, and has no payload."""
    record = parse_terminal(b"F|0|1000|1000|\n@chord:0.1")
    assert (record.state, record.ref, record.payload, record.owner) == (NodeState.FAILED, "chord:0.1", b"", "")


@pytest.mark.parametrize(
    ("letter", "state"),
    [("Q", "QUEUED"), ("R", "RUNNING"), ("D", "RUNNING"), ("H", "INTERRUPTED")],
)
def test_every_live_state_has_a_word(letter, state):
    """Given the letter the scripts write, then users see a state: one that was handed on still runs."""
    assert parse_live(f"{letter}|1|0|0|1000|1000|0|,||me".encode()).state == state
