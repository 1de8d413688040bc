"""What a task may say of how far it is, and how often that is written."""

from decimal import Decimal
from fractions import Fraction

import pytest
from redis.exceptions import ConnectionError as Unreachable

from orchestrator_celery import NodeProgress, OrchestratorError, current_node
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.worker.bodies.progress import ProgressWriter, progress_update

LEAF, FENCE = LeafId("r", "0.0", 1), Fence()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((0, None, ""), ("0", "", "")),
        ((3.0, 10, "x"), ("3", "10", "x")),
        ((2.5, 1e6, ""), ("2.5", "1000000", "")),
        ((Fraction(1, 4), 1, ""), ("0.25", "1", "")),
        ((11, 10, "more than one thought"), ("11", "10", "more than one thought")),
        ((1, None, "x" * 2000), ("1", "", "x" * 1000)),
    ],
)
def test_what_may_be_said(given, kept):
    assert progress_update(*given) == kept


@pytest.mark.parametrize("wrong", [-1, -0.1, float("nan"), float("inf"), 10**400, True, "5", None, [], Decimal(1)])
def test_done_is_a_number(wrong):
    with pytest.raises(OrchestratorError, match=r"progress\(done=.*is not allowed: give a number of at least 0"):
        current_node().progress(wrong)


@pytest.mark.parametrize("wrong", [0, 0.0, -1, float("nan"), False, "5", []])
def test_the_total_is_a_number_above_zero(wrong):
    with pytest.raises(OrchestratorError, match=r"progress\(total=.*is not allowed: give a number"):
        current_node().progress(1, total=wrong)


@pytest.mark.parametrize("wrong", [None, 1, b"bytes"])
def test_the_message_is_text(wrong):
    with pytest.raises(OrchestratorError, match=r"progress\(message=.*is not allowed: give text"):
        current_node().progress(1, message=wrong)


def test_a_fraction_is_never_above_one():
    view = NodeProgress(done=11, total=10, message="", at=from_ms(0))
    assert view.fraction == 1.0
    assert NodeProgress(done=11, total=None, message="", at=from_ms(0)).fraction is None


def test_most_of_it_is_not_written_and_the_last_is():
    progress, written = ProgressWriter(), []
    for step in range(1000):
        progress.write(progress_update(step, None, ""), lambda *got: written.append(got), LEAF, FENCE)
    assert len(written) < 10
    progress.flush(lambda call, *args: call(*args), lambda *got: written.append(got), LEAF, FENCE)
    assert written[-1] == (LEAF, FENCE, "999", "", "")
    count = len(written)
    progress.flush(lambda call, *args: call(*args), lambda *got: written.append(got), LEAF, FENCE)
    assert len(written) == count, "once"


def test_a_store_that_is_away_is_no_matter_of_the_body_s():
    """Given no store, then the body goes on, and does not knock at every step; at its end the last word is written."""
    progress, knocked, written = ProgressWriter(), [], []

    def away(*got):
        knocked.append(got)
        raise Unreachable("away")

    for step in range(1000):
        progress.write(progress_update(step, None, ""), away, LEAF, FENCE)
    assert len(knocked) == 1
    progress.flush(lambda call, *args: call(*args), lambda *got: written.append(got), LEAF, FENCE)
    assert written == [(LEAF, FENCE, "999", "", "")]
    progress.write(progress_update(1, None, ""), away, LEAF, FENCE)
    progress.flush(lambda call, *args: call(*args), away, LEAF, FENCE)
