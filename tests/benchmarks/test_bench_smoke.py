"""The benchmark runs and its jobs give the right results; what it measures is nobody's test."""

import pytest

from tests.benchmarks.__main__ import main


@pytest.mark.slow
def test_every_row_runs():
    lines = main(["--scale", "0.01", "--repeat", "1", "--forked"])
    assert sum("against a chord" in text for text in lines) == 20
    assert any(text.startswith("| chain of 50:") for text in lines)
    assert any("plain task" in text for text in lines)
    for row in (
        "slots busy",
        "added in bulk",
        "waiting items",
        "of the last tenth",
        "memory of the client",
        "conditions on the result",
        "CPU of Redis per node",
        "orchestrator.watch()",
    ):
        assert any(row in text for text in lines)
