"""Blocks of definitions: what is written is read back, and where each item of an upload lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.records.pools.blocks import (
    MOST_BYTES,
    SIZE,
    block_field,
    block_of,
    fields_of_items,
    parse_block,
    places_of,
    write_block,
)

from .strategies import items


@given(items)
def test_round_trip(definitions):
    block = block_of(definitions)
    assert block.definitions == tuple(definitions)
    assert parse_block(write_block(block)) == block


@given(items)
def test_what_all_definitions_share_is_written_once(definitions):
    """Given definitions, then no two of what is left in between begin, or end, with the same text all of them have."""
    rests = block_of(definitions).rests
    assert not all(rests) or len({rest[:1] for rest in rests}) > 1 or len(set(definitions)) == 1
    assert not all(rests) or len({rest[-1:] for rest in rests}) > 1 or len(set(definitions)) == 1


def found_in(fields, count):
    """The items that readers find in an upload."""
    found = {}
    for field, raw in fields.items():
        if field.isdigit():
            found[int(field)] = raw
        else:
            found.update(zip(places_of(field), parse_block(raw).definitions, strict=False))
    return [found[place] for place in range(count)]


@given(st.lists(st.integers(0, 70), max_size=5), st.integers(0, 9))
def test_every_item_of_an_upload_is_found(sizes, large):
    """Given batches of any size, and large items among them, then each item is in one place."""
    definitions = [
        b"L\n%d" % number + b"x" * (MOST_BYTES if number % 10 < large else 0) for number in range(sum(sizes))
    ]
    fields, first = {}, 0
    for size in sizes:
        fields.update(fields_of_items(definitions[first : first + size], first))
        first += size
    assert found_in(fields, len(definitions)) == definitions
    assert all(len(raw) <= MOST_BYTES for field, raw in fields.items() if not field.isdigit())


@pytest.mark.parametrize("count", [0, 1, 2, SIZE, SIZE + 1, 10 * SIZE + 2])
def test_small_items_take_few_fields(count):
    fields = dict(fields_of_items(b"L\n%d" % number for number in range(count)))
    alone = 1 if count % SIZE == 1 else 0
    assert len(fields) == count // SIZE + (count % SIZE > 0)
    assert sum(field.isdigit() for field in fields) == alone
    assert set(fields) == {*map(block_field, range(0, count - alone, SIZE)), *([str(count - 1)] if alone else [])}
