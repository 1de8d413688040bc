"""Outcome: from records of ended nodes to results and errors."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from celery.exceptions import ChordError

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.errors import SwarmFailed
from orchestrator_celery.model.ids import LeafId
from orchestrator_celery.records.payload import Codec


class Records:
    """Terminal records as the scripts write them, and how they were asked for."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.kept: dict[str, bytes] = {}
        self.asked: list[list[str]] = []

    def __call__(self, nodes: Sequence[str]) -> list[bytes | None]:
        self.asked.append(list(nodes))
        return [self.kept.get(node) for node in nodes]

    def result(self, node: str, value: object) -> None:
        self.kept[node] = b"S|1|1000|2000|me\n" + self.codec.dump_result(value)

    def error(self, node: str, exc: Exception, attempt: int = 1) -> None:
        self.kept[node] = b"F|%d|1000|2000|me\n" % attempt + self.codec.dump_error(exc)

    def refer(self, node: str, state: str, ref: str) -> None:
        self.kept[node] = f"{state}|0|1000|2000|\n@{ref}".encode()


@pytest.fixture
def records(codec):
    return Records(codec)


@pytest.fixture
def outcome(records, codec):
    return Outcome("r", records, codec)


@pytest.mark.parametrize("value", [1, None, [], {"a": [1]}, "x"])
def test_a_leafs_result(outcome, records, value):
    """Given an ended leaf, then its result is what it returned."""
    records.result("0", value)
    assert outcome.result("0") == value


def test_a_chains_result_is_its_last_steps(outcome, records):
    """Given composites that refer to each other, then the result is found at the end of the references."""
    records.refer("0", "S", "0.1")
    records.refer("0.1", "S", "0.1.2")
    records.result("0.1.2", 7)
    assert outcome.result("0") == 7


def test_a_pools_result_is_ordered(outcome, records):
    """Given a pool, then its result is the list of its items' in their order; what failed is None."""
    records.refer("0", "S", "*4")
    records.result("0.0", "a")
    records.error("0.1", ValueError("no"))
    records.refer("0.2", "S", "0.2.1")
    records.result("0.2.1", "c")
    records.refer("0.3", "S", "*2")
    records.result("0.3.0", 1)
    records.result("0.3.1", None)
    assert outcome.result("0") == ["a", None, "c", [1, None]]


def test_an_empty_pools_result_is_an_empty_list(outcome, records):
    """Given a pool without items, then its result is []."""
    records.refer("0", "S", "*0")
    assert outcome.result("0") == []


def test_a_large_pool_is_read_in_few_questions(outcome, records):
    """Given many items, then their results are asked for together, and not one by one."""
    records.refer("0", "S", "*500")
    for index in range(500):
        records.result(f"0.{index}", index)
    assert outcome.result("0") == list(range(500))
    assert len(records.asked) == 2


def test_what_has_not_ended_has_no_value(outcome, records):
    """Given nodes of which some have not ended, then those are None, and have no error either."""
    records.result("0.1", 5)
    assert outcome.values(["0.0", "0.1"]) == [None, 5]
    with pytest.raises(LookupError, match=r"0\.0 of run r has not ended"):
        outcome.error("0.0")


def test_a_failed_node_has_its_leafs_error(outcome, records):
    """Given a chain that failed at a leaf, then the error is that leaf's."""
    records.refer("0", "F", "0.1")
    records.error("0.1", KeyError("k"))
    error = outcome.error("0")
    assert (type(error), error.args) == (KeyError, ("k",))
    assert outcome.error_dict("0") | {"traceback": ""} == {"type": "KeyError", "message": "'k'", "traceback": ""}


def test_a_chords_body_fails_as_in_celery(outcome, records):
    """Given a failed header, then the body's error is Celery's ChordError, with the failed task and its error."""
    records.refer("0", "F", "chord:0.0.1")
    records.error("0.0.1", ValueError("no"), attempt=2)
    error = outcome.error("0")
    assert isinstance(error, ChordError)
    assert str(error) == "Dependency r:0.0.1:2 raised ValueError('no')"


@pytest.mark.parametrize("ref", ["0", "chord:0.0.1", "chord:chord:0.0.1"])
def test_a_chords_failure_tells_its_cause(outcome, records, ref):
    """Given a failed header, of a chord or a chord in one, then words and names are those of the task that failed."""
    records.refer("0", "F", "chord:0.0")
    records.refer("0.0", "F", "0.0.1")
    records.error("0.0.1", KeyError("no"))
    assert (type(outcome.error(ref)), type(outcome.cause(ref))) == (ChordError, KeyError)
    assert isinstance(outcome.error(ref).__cause__, KeyError)
    words = outcome.error_dict(ref)
    assert (words["type"], words["message"]) == ("KeyError", "'no'")
    assert {"KeyError", "LookupError", "ChordError"} <= set(outcome.error_names(ref))


def test_a_swarms_failure_has_its_first_items_name(outcome, records):
    """Given a swarm with two failed items, then it is known by its own error, and by that of the first."""
    records.refer("0", "F", "swarm:0")
    records.kept["0:end"] = b"3|3|2"
    records.result("0.0", 1)
    records.error("0.1", KeyError("k"))
    records.error("0.2", OSError("o"))
    names = set(outcome.error_names("0"))
    assert {"SwarmFailed", "OrchestratorError", "KeyError"} <= names
    assert "OSError" not in names
    assert outcome.error_dict("0")["type"] == "SwarmFailed"
    assert "KeyError" in outcome.error_dict("0")["traceback"]


def test_the_failed_leaf_is_found(outcome, records):
    """Given a reference of any kind, then it comes down to the leaf whose failure it was."""
    records.refer("0", "F", "chord:0.0")
    records.refer("0.0", "F", "0.0.1")
    records.error("0.0.1", ValueError("no"), attempt=3)
    assert outcome.leaf_of("0") == outcome.leaf_of("chord:0.0") == LeafId("r", "0.0.1", 3)


def failed_swarm(records: Records, total: int, failed: int) -> None:
    records.refer("0", "F", "swarm:0")
    records.kept["0:end"] = f"{total}|{total}|{failed}".encode()
    for index in range(total):
        if index < failed:
            records.error(f"0.{index}", ValueError(f"item {index}"))
        else:
            records.result(f"0.{index}", index)


def test_a_failed_swarm_lists_its_failures(outcome, records):
    """Given a swarm with failed items, then its error counts them, and lists them as data."""
    failed_swarm(records, 5, 2)
    error = outcome.error("0")
    assert isinstance(error, SwarmFailed)
    assert str(error) == "2 of 5 items failed; the first: ValueError: item 0"
    assert error.failures == [{"index": i, "type": "ValueError", "message": f"item {i}"} for i in range(2)]


def test_the_list_of_failures_is_bounded(outcome, records):
    """Given very many failed items, then the first hundred are listed, and all are counted."""
    failed_swarm(records, 1500, 1400)
    error = outcome.error("0")
    assert len(error.failures) == 100
    assert str(error).startswith("1400 of 1500 items failed")


def test_a_swarm_that_stopped_early_lists_what_failed(outcome, records):
    """Given a swarm that stopped before all items ran, then the items that never ran are no failures."""
    records.refer("0", "F", "swarm:0")
    records.kept["0:end"] = b"9|2|1"
    records.result("0.0", 1)
    records.error("0.1", ValueError("no"))
    assert [failure["index"] for failure in outcome.error("0").failures] == [1]


def test_a_swarm_in_a_chords_header(outcome, records):
    """Given a failed swarm as a chord's header, then the body's error tells of the swarm's."""
    failed_swarm(records, 2, 1)
    error = outcome.error("chord:swarm:0")
    assert isinstance(error, ChordError)
    assert "SwarmFailed" in str(error)
