"""What `make test` leaves to `make test-full`, and what never."""

from itertools import combinations, product

import pytest

from tests.kit.cases import amount, pairwise, seeded


def chosen(cases):
    """Values of the cases that `make test` runs."""
    return [case.values for case in cases if not case.marks]


def pairs(rows):
    return {pair for row in rows for pair in combinations(enumerate(row), 2)}


@pytest.mark.parametrize("rows", [list(product("abc", range(4), [True, False])), [(1, 2, 3), (1, 2, 4)]])
def test_every_pair_of_the_table_is_in_a_case_that_stays(rows):
    cases = pairwise(rows)
    assert [case.values for case in cases] == rows, "make test-full runs the whole table"
    assert pairs(chosen(cases)) == pairs(rows)


def test_a_product_shrinks_and_a_table_of_two_does_not():
    assert len(chosen(pairwise(product("abc", range(4), "xy")))) == 12
    assert len(chosen(pairwise(product("abc", range(4))))) == 12


def test_every_value_and_every_seed_stays():
    cases = seeded(["a", "b"], [1, 2, 3], more=range(4, 21))
    assert chosen(cases) == [("a", 1), ("a", 3), ("b", 2)]
    assert len(cases) == 40
    assert chosen(seeded(["a", "b"], [1, 2, 3], first=1)) == [("a", 2), ("b", 1), ("b", 3)]


def test_the_amount_is_that_of_the_target(monkeypatch):
    monkeypatch.delenv("TEST_FULL", raising=False)
    assert amount(2, 9) == 2
    monkeypatch.setenv("TEST_FULL", "1")
    assert amount(2, 9) == 9
