"""A request to end reaches the demo wherever it arrives."""

import signal
import subprocess
import sys

import pytest

SWALLOWED = """
import os, signal, sys
from orchestrator_celery.cli.demo.stop_signals import StopSignals

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        for _ in range(1000):  # the handler runs here
            pass

stop = StopSignals()
stop.check()
Finalized()
print("went on")
try:
    stop.check()
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_finalizer_is_not_lost(number):
    """Given a signal whose exception Python drops, then the next check raises it."""
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED, str(int(number))], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n") == ["went on", "stopped", ""]
