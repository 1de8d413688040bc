"""Definitions and packed trees: what is written is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import (
    Attribute,
    Shape,
    leaf_definition,
    parse_definition,
    payload_of,
    shape_of,
    with_attributes,
    with_payload,
    write_definition,
)
from orchestrator_celery.records.packed import Tree, pack, unpack

from .strategies import counts, payloads

#: Attributes whose value is a whole number.
NUMBERS = [Attribute.SIZE, Attribute.LINKS, Attribute.ERRBACKS, Attribute.MAX_CONCURRENCY, Attribute.MAX_ITEMS]
numbers = st.dictionaries(st.sampled_from(NUMBERS), counts)
definitions = st.one_of(
    st.builds(leaf_definition, payloads, st.integers(0, 3), st.integers(0, 3)),
    st.builds(lambda payload, n: write_definition(Shape.STEPS, payload, size=n, kind="chain"), payloads, counts),
    st.builds(lambda payload, n: write_definition(Shape.POOL, payload, size=n, kind="swarm"), payloads, counts),
)
paths = st.lists(st.sampled_from(["0", "1", "17", "l0", "p", "lv", "b", "as0"]), min_size=1, max_size=3).map(".".join)
trees = st.builds(
    lambda own, below: Tree({".": own, **below}, 1), definitions, st.dictionaries(paths, definitions, max_size=5)
)


@given(payloads, st.integers(0, 9), st.integers(0, 9), st.none() | counts, st.none() | counts)
def test_a_leaf(payload, links, errbacks, wait, eta):
    found = parse_definition(leaf_definition(payload, links, errbacks, wait=wait, eta=eta))
    assert (found.shape, found.kind, found.payload) == (Shape.LEAF, NodeKind.TASK, payload)
    assert [found.number(name) for name in (Attribute.LINKS, Attribute.ERRBACKS)] == [links, errbacks]
    assert [found.number(name) for name in (Attribute.WAIT, Attribute.ETA)] == [wait or 0, eta or 0]


@given(st.sampled_from([kind for kind in NodeKind if kind is not NodeKind.TASK]), payloads, numbers)
def test_a_composite(kind, payload, given_numbers):
    named = {name.name.lower(): value for name, value in given_numbers.items()}
    raw = write_definition(Shape.POOL, payload, kind=kind.value, **named)
    found = parse_definition(raw)
    assert (found.shape, shape_of(raw), found.kind, found.payload) == (Shape.POOL, Shape.POOL, kind, payload)
    assert payload_of(raw) == payload
    assert {name: found.number(name) for name in given_numbers} == given_numbers
    assert all(found.has(name) == (name in given_numbers) for name in NUMBERS)


@given(definitions, counts, payloads)
def test_a_definition_is_changed(raw, size, payload):
    before, after = parse_definition(raw), parse_definition(with_attributes(raw, size=size, kind=None, open=True))
    assert (after.number(Attribute.SIZE), after.has(Attribute.KIND), after.text(Attribute.OPEN)) == (size, False, "1")
    assert (after.shape, after.payload) == (before.shape, before.payload)
    assert parse_definition(with_payload(raw, payload)) == before._replace(payload=payload)


def test_attributes_that_are_not_set_take_no_room():
    """Given attributes that are None or False, then they are left out; True is 1, and zero is a value."""
    written = write_definition(Shape.POOL, b"", size=0, max_concurrency=None, open=False, chord_header=True)
    assert written == b"P n=0 ch=1\n"


def test_a_plain_leaf_costs_two_bytes():
    """Given a leaf without callbacks, then its header is as short as can be: a swarm keeps one per item."""
    assert leaf_definition(b"x") == b"L\nx"


def test_an_unknown_attribute_is_an_error():
    with pytest.raises(KeyError, match="SIZ"):
        write_definition(Shape.POOL, b"", siz=1)


def test_names_of_attributes_mean_one_thing():
    assert len({member.value for member in Attribute}) == len(Attribute.__members__)


def test_another_value_has_no_shape():
    assert shape_of(b"3:0-9 1:10-11") is None


@given(trees)
def test_a_packed_tree(tree):
    packed = pack(tree)
    assert unpack(packed) == tree.specs
    assert parse_definition(packed) == parse_definition(tree.specs["."])
    assert (shape_of(packed) is Shape.PACKED) == (len(tree.specs) > 1)


def test_a_packed_tree_has_no_attributes_of_its_own():
    with pytest.raises(ValueError, match="change the definition of its root"):
        with_attributes(pack(Tree({".": b"C n=1\n", "0": b"L\nx"}, 1)), size=2)


@pytest.mark.parametrize(
    ("place", "expected"), [(0, {"0": b"a", "0.1.l0": b"b"}), ("l2", {"l2": b"a", "l2.1.l0": b"b"})]
)
def test_paths_are_relative(place, expected):
    """Given a tree, when it is hung below a node, then its paths begin with its place."""
    assert Tree({".": b"a", "1.l0": b"b"}, 1).below(place) == expected
