"""The figures of the page "Sizing" come out; what is measured is nobody's test."""

from tests.benchmarks.sizing import main


def test_every_row_is_measured():
    lines = main(["--scale", "0.01", "--million", "2000"])
    for row in ("a run of one task:", "an item", "an event", "a log line", "heartbeat", "routine look", "three nodes"):
        assert any(text.startswith("|") and row in text for text in lines)
    assert "2,000 items" in lines[-1]
