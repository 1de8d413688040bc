"""A process dies between the claim of a task and the burst of items that the claim asked for."""

import pytest

from orchestrator_celery import Swarm
from orchestrator_celery.testing import points
from tests.kit import project as p
from tests.kit.supervised import is_told, supervised

#: These tests are about messages.
pytestmark = pytest.mark.message_each

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}


@pytest.mark.parametrize("point", [point for point in points() if point.startswith("store.start_more.")])
def test_all_items_run(default_site, ledger, tmp_path, point):
    """Given a crash at the burst, then the items of the burst run all the same, each counted once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point, **HASTY) as until:
        run = Swarm([p.nap.si(i, 0) for i in range(200)], max_concurrency=150).apply_async()
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert mark.exists(), "the point was never reached"
    assert run.get(timeout=10) == list(range(200))
    assert (run.progress().done, run.progress().failed) == (200, 0)
