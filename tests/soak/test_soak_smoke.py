"""A short soak holds; the long one is `make soak`."""

import subprocess
import sys

import pytest

from tests.kit.workers import ROOT
from tests.soak.judge import Judge


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
