"""Definitions as text: what is written is read back, whatever the payload holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Tree, leaf_spec, pack, parse, spec

COMPOSITES = [kind for kind in NodeKind if kind is not NodeKind.TASK]
#: Payloads with everything that also means something in the format.
payloads = st.binary(max_size=60) | st.sampled_from(
    [b"", b"\n", b". 3\nL\n1", b"T\n", b"C n=3 k=chain\n", b"\0pickle\n"]
)
counts = st.integers(0, 10**6)
attrs = st.dictionaries(st.sampled_from(["n", "cap", "stop", "max", "l", "e"]), counts)


@given(payloads, st.integers(0, 9), st.integers(0, 9), st.none() | counts, st.none() | counts)
def test_a_leaf_is_read_back(payload, links, errbacks, wait, eta):
    """Given any payload, callbacks and delays, when a leaf is written and read, then it is the same."""
    found = parse(leaf_spec(payload, links, errbacks, wait=wait, eta=eta))
    assert (found.kind, found.payload) == (NodeKind.TASK, payload)
    assert int(found.attrs.get("l", 0)) == links
    assert int(found.attrs.get("e", 0)) == errbacks
    assert int(found.attrs.get("wait", 0)) == (wait or 0)
    assert int(found.attrs.get("eta", 0)) == (eta or 0)


@given(st.sampled_from(COMPOSITES), payloads, attrs)
def test_a_composite_is_read_back(kind, payload, given_attrs):
    """Given any kind, attributes and payload, when a composite is written and read, then it is the same."""
    letter = "P" if kind in (NodeKind.GROUP, NodeKind.SWARM) else "C"
    found = parse(spec(letter, payload, k=kind.value, **given_attrs))
    assert (found.kind, found.payload) == (kind, payload)
    assert {key: int(value) for key, value in found.attrs.items() if key != "k"} == given_attrs


def test_what_is_not_set_takes_no_room():
    """Given attributes that are None or False, then they are left out; True is 1, and zero is a value."""
    assert spec("P", b"", n=0, cap=None, open=False, ch=True) == b"P n=0 ch=1\n"


def test_a_plain_leaf_costs_two_bytes():
    """Given a leaf without callbacks, then its header is as short as can be: a swarm keeps one per item."""
    assert leaf_spec(b"x") == b"L\nx"


@given(payloads, payloads)
def test_a_packed_item_shows_its_own_root(own, below):
    """Given a composite item with all below it in one value, when it is read, then it is the composite."""
    tree = Tree({".": spec("C", own, n=1, k="chain"), "0": leaf_spec(below)}, 1)
    found = parse(pack(tree))
    assert (found.kind, found.payload, found.attrs["n"]) == (NodeKind.CHAIN, own, "1")


def test_a_leaf_is_packed_as_it_is():
    """Given an item that is one leaf, then packing adds nothing."""
    assert pack(Tree({".": b"L\nx"}, 1)) == b"L\nx"


@pytest.mark.parametrize(
    ("place", "expected"), [(0, {"0": b"a", "0.1.l0": b"b"}), ("l2", {"l2": b"a", "l2.1.l0": b"b"})]
)
def test_paths_are_relative(place, expected):
    """Given a tree, when it is hung below a node, then its paths begin with its place."""
    assert Tree({".": b"a", "1.l0": b"b"}, 1).below(place) == expected
