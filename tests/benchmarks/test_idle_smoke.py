"""The figures of idle runs come out; what is measured is nobody's test."""

from tests.benchmarks.idle import KINDS, main


def test_every_kind_is_counted():
    lines = main(["--runs", "50", "--minutes", "0.02"])
    assert all(any(text.startswith(f"| {title} |") for text in lines) for title in KINDS)
    assert sum(text.startswith("- ") for text in lines) == 1 + len(KINDS)
