"""Which of many cases `make test` runs; `make test-full` runs all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest

_FULL = pytest.mark.full


def amount(some: int, many: int) -> int:
    """How many examples or rounds to run: `some` in `make test`, `many` in `make test-full`."""
    return many if os.environ.get("TEST_FULL") else some


def pairwise(cases: Iterable[Sequence[Any]]) -> list[Any]:
    """All cases for `parametrize`; the cases that `make test` can do without are marked `full`.

    If two values of different parameters occur together in the table, they occur together in a case of `make test`.
    With two parameters, that is the whole table. The choice is the same in every process.

    Args:
        cases: rows of values, one value for each parameter.
    """
    rows = [tuple(case) for case in cases]
    chosen = _cover([_pairs(row) for row in rows])
    return [pytest.param(*row, marks=() if place in chosen else _FULL) for place, row in enumerate(rows)]


def seeded(values: Sequence[Any], seeds: Sequence[int], more: Sequence[int] = (), first: int = 0) -> list[Any]:
    """Cases of a value and a seed: in `make test` each value and each seed, in `make test-full` all products.

    Args:
        values: of the other parameter.
        seeds: as many as there are values, or more.
        more: seeds that only `make test-full` uses.
        first: place of the value that the first seed gets in `make test`: tests that are alike begin with different ones.
    """
    chosen = {(values[(first + place) % len(values)], seed) for place, seed in enumerate(seeds)}
    cases = product(values, [*seeds, *more])
    return [pytest.param(*case, marks=() if case in chosen else _FULL) for case in cases]


def _pairs(row: tuple[Any, ...]) -> frozenset[tuple[tuple[int, str], ...]]:
    return frozenset(combinations([(place, repr(value)) for place, value in enumerate(row)], 2))


def _cover(rows: list[frozenset[Any]]) -> set[int]:
    """Places of rows that have all pairs between them: always the row that adds most, of several the first."""
    chosen, missing = set(), frozenset().union(*rows)
    while missing:
        best = max(range(len(rows)), key=lambda place: (len(rows[place] & missing), -place))
        chosen.add(best)
        missing -= rows[best]
    return chosen
