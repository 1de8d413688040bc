"""A short soak holds; the long one is `make soak`."""

import subprocess
import sys

import pytest

from tests.kit.workers import ROOT


@pytest.mark.slow
def test_a_short_soak_holds():
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.6", "--workflows", "40", "--seed", "3"]
    done = subprocess.run(
        [*command, "--pause", "4", "8"], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "Verdict: nothing wrong." in done.stdout
