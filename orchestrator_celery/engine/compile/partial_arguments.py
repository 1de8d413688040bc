"""Partial arguments of a primitive inside a larger workflow go to its first tasks, as if it were applied by itself."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.leaf_arguments import with_input
from orchestrator_celery.records.definitions import (
    Attribute,
    Shape,
    parse_definition,
    shape_of,
    with_attributes,
    with_payload,
)
from orchestrator_celery.records.leaf import read_leaf, write_leaf
from orchestrator_celery.records.packed import Tree, pack, unpack
from orchestrator_celery.records.payload import Codec

__all__ = ("with_given",)


def with_given(tree: Tree, args: list[Any], kwargs: dict[str, Any], codec: Codec) -> Tree:
    """The same tree, whose first tasks have these arguments of their own; what is immutable takes none.

    Args:
        tree: of the primitive.
        args: prepended to what they have.
        kwargs: over what they have.
        codec: encodes the tasks.
    """
    if not args and not kwargs:
        return tree
    specs = dict(tree.specs)
    _give(specs, "", args, kwargs, codec, sealed=False)
    return Tree(specs, tree.leaves)


def _give(
    specs: dict[str, bytes], path: str, args: list[Any], kwargs: dict[str, Any], codec: Codec, sealed: bool = True
) -> None:
    """Give one node its arguments; `sealed`: where it takes nothing from outside, it takes these neither."""
    packed = specs[path or "."]
    shape = shape_of(packed)
    if shape is Shape.PACKED:
        inside = unpack(packed)
        _give(inside, "", args, kwargs, codec)
        specs[path or "."] = pack(Tree(inside, 0))
        return
    definition = parse_definition(packed)
    if shape is Shape.LEAF:
        leaf = with_input(read_leaf(definition.payload, codec), args, kwargs)
        specs[path or "."] = with_payload(packed, write_leaf(leaf, codec))
    elif sealed and definition.has(Attribute.IMMUTABLE):
        return
    elif shape is Shape.GRAPH:
        # Its first nodes may be visited again, by other ways: the graph itself keeps what it has of its own.
        facts = codec.load(definition.payload)
        own_args, own_kwargs = facts.get("own", ([], {}))
        facts["own"] = [[*args, *own_args], {**own_kwargs, **kwargs}]
        specs[path or "."] = with_payload(with_attributes(packed, own_arguments=True), codec.dump(facts))
    else:
        size = definition.number(Attribute.SIZE) if shape is Shape.POOL else 0
        first = 1 if shape is Shape.STEPS else size
        for index in range(first):
            _give(specs, f"{path}.{index}".lstrip("."), args, kwargs, codec)
