"""The definition of a node: one header line, then the payload.

    definition = header "\\n" payload
    header     = shape *( " " attribute "=" value )
    shape      = "L" | "C" | "P" | "G" | "N" | "A" | "E" | "T"
    attribute  = a value of `Attribute`
    value      = any characters but space and line break

    L l=1 e=0            a leaf with one callback
    C n=3 k=chain        children 0, 1 and 2, one after the other
    P n=9 k=swarm cap=4  children 0 to 8 side by side, four at a time
    G n=2 st=*           a graph of two nodes; the layout of its edges lies below it under `t`
    N k=node nm=a to=*   node `a` of a graph; the body of its visits lies below it under `p`
    A k=approval         a graph's node that waits for a person
    T                    a packed tree, see `packed.py`; it is unpacked when it starts

Lua reads headers only; it never reads a payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from orchestrator_celery.model.states import NodeKind

__all__ = (
    "Attribute",
    "Definition",
    "Shape",
    "leaf_definition",
    "parse_definition",
    "payload_of",
    "shape_of",
    "with_attributes",
    "with_payload",
    "write_definition",
)


class Shape(str, Enum):
    """How a node is run; the first letter of its definition."""

    LEAF = "L"  #: one Celery message
    STEPS = "C"  #: children one after the other
    POOL = "P"  #: children side by side
    GRAPH = "G"  #: nodes that are connected by edges
    GRAPH_NODE = "N"  #: a node of a graph, which has one body for all of its visits
    LAYOUT = "E"  #: no node: what was worked out about the edges of a graph, see `layout.py`
    APPROVAL = "A"  #: the body of a graph's node that waits for a person
    PACKED = "T"  #: a node and everything below it, in one value


_SHAPES = {shape.value.encode(): shape for shape in Shape}


class Attribute(str, Enum):
    """Attributes in the header of a definition."""

    KIND = "k"  #: a `NodeKind`; a leaf has none
    SIZE = "n"  #: number of children
    LINKS = "l"  #: number of callbacks
    ERRBACKS = "e"  #: number of errbacks
    IMMUTABLE = "im"  #: takes nothing from the step before
    # Of a leaf, and of an approval.
    WAIT = "wait"  #: milliseconds between its turn and its start; of an approval, the timeout
    ETA = "eta"  #: time of its start, in milliseconds since the epoch
    BEGINS = "fst"  #: begins a run that may have a delay: its message names the time for which that was meant
    # Of a pool.
    MAX_CONCURRENCY = "cap"  #: most live items; of a graph's node, most live elements
    STOP_AFTER = "stop"  #: number of failures after which nothing more starts
    MAX_FAILURES = "tol"  #: tolerated failures, a count or a fraction below 1
    MAX_ITEMS = "max"  #: most items that may ever be added
    OPEN = "open"  #: items may be added while it runs
    BATCH = "b"  #: most items per runner message, or `auto`; the runner's definition lies below under `b`
    SLOTS = "sl"  #: `high,medium,low`: places that are reserved for each priority
    PRIORITIES = "lv"  #: its items have priorities, which lie below under `lv`
    CHORD_HEADER = "ch"  #: its failure is the failure of the next step
    EACH_SUCCESS = "as"  #: number of callbacks after each item that succeeded
    EACH_ERROR = "af"  #: number of callbacks after each item that failed
    EACH_CLEANUP = "ac"  #: number of callbacks after each item
    # Of one item of a pool.
    OWN_SUCCESS = "s"  #: in place of EACH_SUCCESS
    OWN_ERROR = "f"  #: in place of EACH_ERROR
    OWN_CLEANUP = "c"  #: in place of EACH_CLEANUP
    SINGLY = "o"  #: goes by a message of its own, although its pool has runners
    # Of a graph. Nodes are named by their number, `S` is START and `$` is END.
    FIRST = "st"  #: `*`: the edges of START are plain, so no decision is needed to leave it
    START_DECIDES = "sc"  #: it takes a decision to leave START
    OWN_ARGUMENTS = "own"  #: the graph has arguments of its own, in its payload
    # Of a node of a graph.
    NAME = "nm"  #: its name, percent-encoded
    NEXT = "to"  #: `*`: its edges are plain, so no decision is needed to leave it
    DECIDES = "dc"  #: it takes a decision to leave it
    LOOKS_AT = "lk"  #: nodes whose newest results its decisions read
    FORESEEABLE = "ro"  #: who runs the body may choose the edges: 1 by the result, 2 by other results, too
    CATCHES = "ce"  #: it has error edges or is retried
    LEAVES = "w"  #: number of leaves in its body
    MAX_VISITS = "mv"  #: most visits
    JOIN = "jn"  #: `all` or `any`: it is a join
    COMPONENT = "cp"  #: the first node of its loop, where it lies on one
    PREDECESSORS = "pc"  #: number of components that lead to its own, where that is more than one
    INPUTS_FROM = "rd"  #: nodes whose newest results its inputs read, beside those of `LOOKS_AT`
    INPUTS = "in"  #: it has inputs to be evaluated
    MAPPED = "mp"  #: its body runs once for each element of a list
    ASKED_ABOUT = "ps"  #: a router: the node whose result it was asked about


class Definition(NamedTuple):
    """A definition that was read.

    Args:
        shape: how the node is run.
        attributes: of its header.
        payload: what Python needs to know of it.
    """

    shape: Shape
    attributes: Mapping[str, str]
    payload: bytes

    @property
    def kind(self) -> NodeKind:
        """The node's kind."""
        return NodeKind(self.attributes.get(Attribute.KIND.value, NodeKind.TASK))

    def has(self, name: Attribute) -> bool:
        """Whether the header has an attribute."""
        return name.value in self.attributes

    def text(self, name: Attribute) -> str:
        """The value of an attribute, '' without it."""
        return self.attributes.get(name.value, "")

    def number(self, name: Attribute) -> int:
        """The value of an attribute that is a whole number, 0 without it."""
        return int(self.attributes.get(name.value, 0))


def write_definition(shape: Shape, payload: bytes, **attributes: Any) -> bytes:
    """Write a definition.

    Args:
        shape: how the node is run.
        payload: what Python needs to know of it.
        **attributes: by name of an `Attribute`, in lower case; None and False leave one out.

    >>> write_definition(Shape.STEPS, b"{}", size=3, kind="chain", errbacks=None)
    b'C n=3 k=chain\\n{}'
    """
    return _write(shape.value, payload, _texts(attributes))


def leaf_definition(
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
        payload: what to send, as `write_leaf` writes it.
        links: number of callbacks.
        errbacks: number of errbacks.
        wait: milliseconds between its turn and its start.
        eta: time of its start, in milliseconds since the epoch.
        begins: it begins a run that may have a delay.
    """
    if links or errbacks or wait or eta or begins:
        counts = {"links": links or None, "errbacks": errbacks or None}
        return write_definition(Shape.LEAF, payload, **counts, wait=wait, eta=eta, begins=begins)
    return b"L\n" + payload


def parse_definition(raw: bytes) -> Definition:
    """Read a definition; of a packed tree, the definition of its root.

    >>> parse_definition(b"P n=2 k=group\\n{}").kind
    <NodeKind.GROUP: 'group'>
    """
    header, _, payload = raw.partition(b"\n")
    letter, *pairs = header.decode().split(" ")
    if letter == Shape.PACKED.value:  # the root comes first
        line, _, rest = payload.partition(b"\n")
        return parse_definition(rest[: int(line.split()[1])])
    return Definition(Shape(letter), dict(pair.split("=", 1) for pair in pairs), payload)


def shape_of(raw: bytes) -> Shape | None:
    """The shape of a definition, PACKED for a packed tree; None for another value, such as the priorities of a pool.

    >>> shape_of(b"L l=1\\n[]")
    <Shape.LEAF: 'L'>
    """
    return _SHAPES.get(raw[:1])


def payload_of(raw: bytes) -> bytes:
    """The payload of a definition that is no packed tree."""
    return raw.partition(b"\n")[2]


def with_attributes(raw: bytes, **attributes: Any) -> bytes:
    """The same definition with other attributes, named as for `write_definition`.

    A packed tree has no attributes: its root has.

    >>> with_attributes(b"L l=1\\n[]", own_success=0, links=None)
    b'L s=0\\n[]'
    """
    definition = parse_definition(raw)
    if shape_of(raw) is Shape.PACKED:
        raise ValueError("A packed tree has no attributes: change the definition of its root before you pack it.")
    changed = {Attribute[name.upper()].value for name in attributes}
    kept = {name: value for name, value in definition.attributes.items() if name not in changed}
    return _write(definition.shape.value, definition.payload, {**kept, **_texts(attributes)})


def with_payload(raw: bytes, payload: bytes) -> bytes:
    """The same definition with another payload."""
    return raw.partition(b"\n")[0] + b"\n" + payload


def _texts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    given = {Attribute[name.upper()].value: value for name, value in attributes.items()}
    return {n: int(v) if v is True else v for n, v in given.items() if v is not None and v is not False}


def _write(letter: str, payload: bytes, attributes: Mapping[str, Any]) -> bytes:
    header = [letter, *(f"{name}={value}" for name, value in attributes.items())]
    return " ".join(header).encode() + b"\n" + payload
