"""A tree of definitions in one value: a composite item of a pool, or the body of a graph's node.

    value = definition                  ; a tree of one node is written as it is
          | "T\\n" 1*entry              ; the root comes first
    entry = path " " size "\\n" definition
    path  = "."                         ; the root
          | id of a node, relative to the root
    size  = number of bytes of the definition

Python packs; Lua unpacks a tree when the node starts (`unpack_tree`), so that a swarm of composites is uploaded as one
field per item. Python unpacks where it reads a tree that has not started. Both follow this grammar: asking the other
side would cost a round trip.
"""

from __future__ import annotations

from typing import NamedTuple

from orchestrator_celery.records.definitions import Shape, shape_of

__all__ = ("SELF", "Tree", "pack", "unpack")

#: Path of the root.
SELF = "."


class Tree(NamedTuple):
    """Definitions of a node and of everything below it.

    Args:
        specs: definitions by path relative to the node; `.` is the node itself.
        leaves: number of leaves in it.
    """

    specs: dict[str, bytes]
    leaves: int

    def below(self, place: int | str) -> dict[str, bytes]:
        """The same definitions by path relative to the parent, in which the node is `place`."""
        return {(str(place) if path == SELF else f"{place}.{path}"): raw for path, raw in self.specs.items()}


def pack(tree: Tree) -> bytes:
    """Write a tree as one value.

    >>> pack(Tree({".": b"C n=1\\n", "0": b"L\\n[]"}, 1))
    b'T\\n. 6\\nC n=1\\n0 4\\nL\\n[]'
    """
    if len(tree.specs) == 1:
        return tree.specs[SELF]
    entries = {SELF: tree.specs[SELF], **tree.specs}
    parts = [f"{path} {len(raw)}\n".encode() + raw for path, raw in entries.items()]
    return b"".join([Shape.PACKED.value.encode(), b"\n", *parts])


def unpack(raw: bytes) -> dict[str, bytes]:
    """Definitions by path, `.` for the root; the opposite of `pack`."""
    if shape_of(raw) is not Shape.PACKED:
        return {SELF: raw}
    found: dict[str, bytes] = {}
    rest = raw.partition(b"\n")[2]
    while rest:
        line, _, rest = rest.partition(b"\n")
        path, size = line.decode().split(" ")
        found[path], rest = rest[: int(size)], rest[int(size) :]
    return found
