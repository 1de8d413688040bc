"""Partial arguments of a primitive inside a larger workflow go to its first tasks, as if it were applied by itself."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.leaf_arguments import with_input
from orchestrator_celery.records.definitions import Tree, pack, parse, unpack
from orchestrator_celery.records.leaf import read_leaf, write_leaf
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
    header, _, payload = packed.partition(b"\n")
    if header == b"T":
        inside = unpack(packed)
        _give(inside, "", args, kwargs, codec)
        specs[path or "."] = pack(Tree(inside, 0))
    elif header.startswith(b"L"):
        leaf = with_input(read_leaf(payload, codec), args, kwargs)
        specs[path or "."] = header + b"\n" + write_leaf(leaf, codec)
    elif header.startswith(b"G ") and not (sealed and b" im=1" in header):
        # Its first nodes may be visited again, by other ways: the graph itself keeps what it has of its own.
        facts = codec.load(payload)
        own_args, own_kwargs = facts.get("own", ([], {}))
        facts["own"] = [[*args, *own_args], {**own_kwargs, **kwargs}]
        known = b"" if b" own=1" in header else b" own=1"
        specs[path or "."] = header + known + b"\n" + codec.dump(facts)
    elif not (sealed and b" im=1" in header):
        first = {b"C": 1, b"P": int(parse(packed).attrs.get("n", 0))}.get(header[:1], 0)
        for index in range(first):
            _give(specs, f"{path}.{index}".lstrip("."), args, kwargs, codec)
