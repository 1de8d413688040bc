"""Passes the partial arguments of an inner primitive to its first tasks, as if it were applied by itself."""

from __future__ import annotations

from typing import Any

from orchestrator_celery.engine.leaf_arguments import with_input
from orchestrator_celery.records.definitions import Tree, pack, parse, unpack
from orchestrator_celery.records.leaf import read_leaf, write_leaf
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
    header, _, payload = packed.partition(b"\n")
    if header == b"T":
        inner = unpack(packed)
        _add(inner, "", args, kwargs, codec)
        specs[path or "."] = pack(Tree(inner, 0))
    elif header.startswith(b"L"):
        leaf = with_input(read_leaf(payload, codec), args, kwargs)
        specs[path or "."] = header + b"\n" + write_leaf(leaf, codec)
    elif header.startswith(b"G ") and not (respect_immutable and b" im=1" in header):
        # The first nodes of a graph may be visited again on other paths, so the graph itself keeps these arguments.
        facts = codec.load(payload)
        own_args, own_kwargs = facts.get("own", ([], {}))
        facts["own"] = [[*args, *own_args], {**own_kwargs, **kwargs}]
        known = b"" if b" own=1" in header else b" own=1"
        specs[path or "."] = header + known + b"\n" + codec.dump(facts)
    elif not (respect_immutable and b" im=1" in header):
        first = {b"C": 1, b"P": int(parse(packed).attrs.get("n", 0))}.get(header[:1], 0)
        for index in range(first):
            _add(specs, f"{path}.{index}".lstrip("."), args, kwargs, codec)
