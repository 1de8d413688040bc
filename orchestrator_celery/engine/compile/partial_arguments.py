"""Passes the partial arguments of an inner primitive to its first tasks, as if it were applied by itself."""

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

__all__ = ("with_partial_arguments",)


def with_partial_arguments(tree: Tree, args: list[Any], kwargs: dict[str, Any], codec: Codec) -> Tree:
    """Return the tree with these arguments added to its first tasks; immutable tasks take none.

    Args:
        tree: the tree of the primitive.
        args: prepended to the tasks' own arguments.
        kwargs: override the tasks' own keyword arguments.
        codec: encodes the tasks.
    """
    if not args and not kwargs:
        return tree
    specs = dict(tree.specs)
    _add(specs, "", args, kwargs, codec, respect_immutable=False)
    return Tree(specs, tree.leaves)


def _add(
    specs: dict[str, bytes],
    path: str,
    args: list[Any],
    kwargs: dict[str, Any],
    codec: Codec,
    respect_immutable: bool = True,
) -> None:
    """Add the arguments to one node; with `respect_immutable`, a composite that takes no input takes none of them."""
    packed = specs[path or "."]
    shape = shape_of(packed)
    if shape is Shape.PACKED:
        inner = unpack(packed)
        _add(inner, "", args, kwargs, codec)
        specs[path or "."] = pack(Tree(inner, 0))
        return
    definition = parse_definition(packed)
    if shape is Shape.LEAF:
        leaf = with_input(read_leaf(definition.payload, codec), args, kwargs)
        specs[path or "."] = with_payload(packed, write_leaf(leaf, codec))
    elif respect_immutable and definition.has(Attribute.IMMUTABLE):
        return
    elif shape is Shape.GRAPH:
        # The first nodes of a graph may be visited again on other paths, so the graph itself keeps these arguments.
        facts = codec.load(definition.payload)
        own_args, own_kwargs = facts.get("own", ([], {}))
        facts["own"] = [[*args, *own_args], {**own_kwargs, **kwargs}]
        specs[path or "."] = with_payload(with_attributes(packed, own_arguments=True), codec.dump(facts))
    else:
        size = definition.number(Attribute.SIZE) if shape is Shape.POOL else 0
        for index in range(1 if shape is Shape.STEPS else size):
            _add(specs, f"{path}.{index}".lstrip("."), args, kwargs, codec)
