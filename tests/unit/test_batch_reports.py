"""When a batch reports the ends of its items, and that no end is lost by an error."""

import pytest

from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store.transitions.swarms import Ended
from orchestrator_celery.worker.batch_reports import UnreportedEnds
from tests.kit.waiting import wait_for


def ended(index):
    return Ended(LeafId("r", f"0.{index}", 1), Fence(), True, b"1")


@pytest.fixture
def ends():
    return UnreportedEnds()


def test_nothing_is_due_without_an_end(ends):
    assert not ends
    assert not ends.are_due(60)


def test_the_end_of_a_long_body_is_due_at_once(ends):
    ends.add(ended(0))
    assert ends.are_due(0.01)


def test_ends_of_short_bodies_are_due_after_a_moment(ends):
    ends.add(ended(0))
    assert ends
    wait_for(lambda: ends.are_due(0.0), 5, "the ends to be due")


def test_they_are_handed_out_once(ends):
    ends.add(ended(0))
    with ends.reporting() as found:
        assert found == [ended(0)]
    assert not ends


@pytest.mark.parametrize("error", [ValueError, ConnectionError, MemoryError, KeyboardInterrupt, SystemExit])
def test_no_error_loses_an_end(ends, error):
    """Given a report that raises, when the next one is made, then it has the same ends first, and those that came since."""
    ends.add(ended(0))
    with pytest.raises(error), ends.reporting() as found:
        ends.add(ended(1))
        raise error
    assert found == [ended(0)]
    with ends.reporting() as again:
        assert again == [ended(0), ended(1)]
