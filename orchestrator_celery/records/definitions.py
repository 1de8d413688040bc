"""The text form of a node's definition: one header line, then the payload.

    L l=1 e=0           a leaf with one callback; payload: what to send
    L ... fst=1         it begins a run that may have a delay: its message names the time for which that was meant
    C n=3 k=chain       children 0, 1, 2, one after the other; with im=1 the first gets no input
    P n=9 k=swarm cap=4 children 0 to 8 side by side, four at a time
    P ... as=1 af=0 ac=2  callbacks after each item: on success, on failure, always
    L ... s=0 f=1       of one item, in their place
    P ... b=20          its items are worked off by runners, each up to 20, kept under `b`; an item with o=1 goes singly
    P ... lv=1 sl=4,0,2 items have priorities, which are kept under `lv`; places kept for high, medium, low
    T                   a composite item of a pool with its whole subtree, unpacked when it starts

Lua reads headers only; a payload is opaque to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from orchestrator_celery.model.states import NodeKind

__all__ = ("Spec", "Tree", "leaf_spec", "pack", "parse", "spec", "unpack", "with_attrs")

_SELF = "."


class Tree(NamedTuple):
    """Definitions below one node, by path relative to it (`.` is itself), and how many leaves are in it."""

    specs: dict[str, bytes]
    leaves: int

    def below(self, place: int | str) -> dict[str, bytes]:
        """The same definitions, seen from the parent."""
        return {(str(place) if path == _SELF else f"{place}.{path}"): spec for path, spec in self.specs.items()}


class Spec(NamedTuple):
    """A definition that was read back."""

    kind: NodeKind
    attrs: Mapping[str, str]
    payload: bytes


def spec(letter: str, payload: bytes, **attrs: Any) -> bytes:
    """Write one definition; attributes that are None or False are left out.

    >>> spec("C", b"{}", n=3, k="chain", e=None)
    b'C n=3 k=chain\\n{}'
    """
    header = [
        letter,
        *(f"{k}={int(v) if v is True else v}" for k, v in attrs.items() if v is not None and v is not False),
    ]
    return " ".join(header).encode() + b"\n" + payload


def leaf_spec(
    payload: bytes,
    links: int = 0,
    errbacks: int = 0,
    *,
    wait: int | None = None,
    eta: int | None = None,
    begins: bool = False,
) -> bytes:
    """Write the definition of a leaf.

    Args:
        payload: what to send.
        links: number of callbacks.
        errbacks: number of errbacks.
        wait: milliseconds between its turn and its start.
        eta: time of its start, in milliseconds since the epoch.
        begins: its run has a delay, and begins with it: its message names the time for which the run was meant.
    """
    if links or errbacks or wait or eta or begins:
        return spec("L", payload, l=links or None, e=errbacks or None, wait=wait, eta=eta, fst=begins)
    return b"L\n" + payload


def pack(tree: Tree) -> bytes:
    """Write a pool's item as one value: a leaf as it is, a composite with all below it."""
    if len(tree.specs) == 1:
        return tree.specs[_SELF]
    parts = [b"T\n"]
    for path, value in tree.specs.items():
        parts.append(f"{path} {len(value)}\n".encode() + value)
    return b"".join(parts)


def unpack(raw: bytes) -> dict[str, bytes]:
    """The opposite of `pack`: definitions by path, `.` for the item itself."""
    header, _, rest = raw.partition(b"\n")
    if header != b"T":
        return {_SELF: raw}
    found = {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        path, size = line.decode().split(" ")
        found[path], rest = rest[: int(size)], rest[int(size) :]
    return found


def with_attrs(raw: bytes, **attrs: int) -> bytes:
    """The same definition with more attributes.

    >>> with_attrs(b"L l=1\\n[]", s=0)
    b'L l=1 s=0\\n[]'
    """
    header, _, payload = raw.partition(b"\n")
    return header + b"".join(f" {name}={value}".encode() for name, value in attrs.items()) + b"\n" + payload


def parse(raw: bytes) -> Spec:
    """Read a definition; of a packed item, that of its root.

    >>> parse(b"P n=2 k=group\\n{}").kind
    <NodeKind.GROUP: 'group'>
    """
    header, _, payload = raw.partition(b"\n")
    letter, *pairs = header.decode().split(" ")
    if letter == "T":
        line, _, rest = payload.partition(b"\n")
        return parse(rest[: int(line.split()[1])])
    attrs = dict(pair.split("=", 1) for pair in pairs)
    return Spec(NodeKind(attrs["k"]) if "k" in attrs else NodeKind.TASK, attrs, payload)
