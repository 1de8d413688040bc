"""Figures, and how they come out of cells that were measured side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.cell import Cell


@dataclass(frozen=True)
class Figure:
    """One line of the table: ours, native, their ratio, and the target it has to meet."""

    name: str
    ours: float
    native: float | None
    unit: str
    ratio: float
    target: str
    met: bool


def repeated(repeat, *cells: Callable[[], Cell]) -> list[list[Cell]]:
    """Measure in turn, so that all sides see the same weather; one list per side."""
    rounds = [[cell() for cell in cells] for _ in range(repeat)]
    return [[one[side] for one in rounds] for side in range(len(cells))]


def median_of(cells, what):
    return median(what(cell) for cell in cells)


def pair(ours, native, what):
    """Medians of both sides, and the median of the ratios round by round."""
    ratios = [what(a) / what(b) for a, b in zip(ours, native, strict=True) if what(b)]
    return (
        median_of(ours, what),
        median_of(native, what),
        median(ratios) if ratios else float("nan"),
    )  # too short to be measured
