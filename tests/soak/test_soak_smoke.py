"""A short soak holds; the long one is `make soak`."""

import subprocess
import sys

import pytest

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.workers import ROOT
from tests.soak.judge import GRACE, Judge
from tests.soak.shapes import Flow
from tests.unit.apps import make_app


@pytest.mark.slow
def test_a_short_soak_holds():
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.6", "--workflows", "40", "--seed", "3"]
    done = subprocess.run(
        [*command, "--pause", "4", "8"], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "Verdict: nothing wrong." in done.stdout


@pytest.mark.parametrize("look", [Judge.open, Judge.kept, Judge.wrong], ids=lambda look: look.__name__)
def test_flows_are_submitted_while_the_judge_looks(look):
    """Given another thread that submits flows, when the judge looks at those that it knows, then it misses none of them."""
    judge = Judge(None, 0)

    class Looked:
        """A case at whose sight another flow is submitted."""

        gone = None

        @property
        def closed(self):
            judge.cases[str(len(judge.cases))] = Looked()

        wrong = closed

    judge.cases["0"] = Looked()
    assert len(look(judge)) <= 1
    assert len(judge.cases) > 1


def test_a_run_whose_callbacks_wait_is_not_left_over():
    """Given ended runs, one with a callback under way and one of which parts are left, then only the second is wrong."""
    with EmbeddedRedis() as server:
        judge = Judge(make_app(backend=server.url(1)).orchestrator, 0)
        store = judge.orchestrator.container.store
        for run, key in {"waits": store.keys.root("waits"), "left": store.keys.live("left")}.items():
            judge.expect(Flow(run, "chain"))
            judge.cases[run].closed = store.now() - GRACE - 1
            store.client.hset(key, "0", "x")
        judge.look()
        assert [case.flow.id for case in judge.kept()] == ["waits"]
        assert judge.cases["waits"].wrong == []
        assert judge.cases["left"].wrong == [f"1 of its keys are left {GRACE} s after their time"]
        judge.give_up_kept()
        assert judge.cases["waits"].wrong == ["ended, but was never over"]
