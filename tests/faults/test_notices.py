"""A process dies anywhere around a change of status: its notice is sent at least once, and every time with one key."""

import pytest

from orchestrator_celery import Notice, RunStatus
from orchestrator_celery.testing import points
from tests.kit import project as p
from tests.kit.clients import crash_client
from tests.kit.supervised import supervised
from tests.kit.waiting import wait_for

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
#: Around what the thread does that sends notices.
SENDING = [point for point in points() if point.startswith(("publish.notice.", "store.noticed."))]


def subscribe(*statuses):
    p.orchestrator.subscribe("tag:watched", p.app.signature("tests.worker.tasks.told"), on=statuses, name="watch")


def told(ledger, run):
    """The notices about a run."""
    found = [Notice.model_validate(entry[1]) for entry in ledger.entries("told")]
    assert {notice.run.id for notice in found} <= {run.id}
    return found


@pytest.fixture(autouse=True)
def tasks():
    """The tasks that notices call are known here, too."""
    from tests.worker import tasks

    return tasks


@pytest.mark.parametrize("point", [*SENDING, "store.claim.after", "store.finish.after", "store.finish.before"])
def test_a_worker_dies(default_site, ledger, tmp_path, point):
    """Given a worker that dies at a point, when another one comes, then all changes of the run are told."""
    mark = tmp_path / "crashed"
    wanted = {RunStatus.RUNNING, RunStatus.SUCCEEDED}
    subscribe(*wanted)
    with supervised(default_site, mark, f"{point}@all", app="tests.worker.tasks", **HASTY) as until:
        run = p.ComplexSignature(p.identity.si(1), tags=["watched"]).apply_async()
        until(lambda: {notice.status for notice in told(ledger, run)} == wanted, 60, "the notices")
        assert mark.exists(), "the point was never reached"
        until(lambda: "notices" not in p.orchestrator.container.reader.head(run.id), 30, "the debt to be paid")
    found = told(ledger, run)
    assert len({notice.key for notice in found}) == len(wanted), "what came twice has the same key"
    started = p.orchestrator.runs(category="notice")
    assert len(list(started)) == len(wanted), "each change has started one run"


@pytest.mark.parametrize("point", [*SENDING, "store.suspend.after", "store.subscribe.after"])
def test_a_client_dies(default_site, ledger, tmp_path, point):
    """Given a client that dies after it has suspended a run, when a worker comes, then it tells of that."""
    code = (
        "import tests.worker.tasks\n"
        "from tests.kit.project import *\n"
        "orchestrator.subscribe('tag:watched', app.signature('tests.worker.tasks.told'), on='SUSPENDED', name='watch')\n"
        "run = ComplexSignature(identity.si(1), tags=['watched']).apply_async(task_id='once')\n"
        "run.suspend()\n"
        "orchestrator.container.notices.flush()\n"
    )
    crash_client(default_site, point, tmp_path / "crashed", code)
    if point == "store.subscribe.after":
        assert [rule.name for rule in p.orchestrator.subscriptions()] == ["watch"]
        return
    run = p.orchestrator.run("once")
    default_site.worker(app="tests.worker.tasks", **HASTY)
    wait_for(lambda: told(ledger, run), 30, "the notice")
    wait_for(lambda: "notices" not in p.orchestrator.container.reader.head(run.id), 30, "the debt to be paid")
    assert len({notice.key for notice in told(ledger, run)}) == 1


@pytest.mark.parametrize(
    "point", ["store.cancel.after", "publish.notice.before", "publish.notice.after", "store.erase.before"]
)
def test_a_client_that_cancels_dies(default_site, ledger, tmp_path, point):
    """Given a client that dies while it cancels, when a worker comes, then the cancellation is told, and nothing is left."""
    code = (
        "import tests.worker.tasks\n"
        "from tests.kit.project import *\n"
        "orchestrator.subscribe('tag:watched', app.signature('tests.worker.tasks.told'), on='CANCELLED', name='watch')\n"
        "run = ComplexSignature(identity.si(1), tags=['watched']).apply_async(task_id='once')\n"
        "run.cancel(confirm=True)\n"
    )
    crash_client(default_site, point, tmp_path / "crashed", code)
    default_site.worker(app="tests.worker.tasks", **HASTY)
    run = p.orchestrator.result("once")
    [notice, *again] = wait_for(lambda: told(ledger, run), 30, "the notice")
    assert (notice.status, notice.run.tags) == (RunStatus.CANCELLED, ("watched",))
    assert {other.key for other in again} <= {notice.key}
    wait_for(lambda: not p.orchestrator.container.reader.head("once"), 30, "nothing of it to be left")
