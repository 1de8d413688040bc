"""Chooses from a table of cases a few in which every pair of parameters still occurs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import pytest


def pairwise(cases: Iterable[Sequence[Any]]) -> list[Any]:
    """All cases for `parametrize`; those that `make test` can do without are marked `full`.

    Of the cases that are left every two values of different parameters that occur together in the table occur together,
    too. With two parameters that is the whole table. The choice is the same in every process.

    Args:
        cases: rows of values, one value for each parameter.
    """
    rows = [tuple(case) for case in cases]
    chosen = _cover([_pairs(row) for row in rows])
    full = pytest.mark.full
    return [pytest.param(*row) if place in chosen else pytest.param(*row, marks=full) for place, row in enumerate(rows)]


def _pairs(row: tuple[Any, ...]) -> frozenset[tuple[tuple[int, str], ...]]:
    return frozenset(combinations([(place, repr(value)) for place, value in enumerate(row)], 2))


def _cover(rows: list[frozenset[Any]]) -> set[int]:
    """Places of rows that have all pairs between them: always the one that adds the most, of several the first."""
    chosen, missing = set(), frozenset().union(*rows)
    while missing:
        best = max(range(len(rows)), key=lambda place: (len(rows[place] & missing), -place))
        chosen.add(best)
        missing -= rows[best]
    return chosen
