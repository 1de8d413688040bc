"""References to the result or error of a composite, in its record of an ended node.

reference = node                     ; the result or error of that node
          | "*" count                ; the list of the results of children 0 to count - 1
          | "+"                      ; a dict: the results with which a graph ended, by name, under `<graph>:ends`
          | "w:" reference           ; an error as a dict, as the target of an error edge gets it
          | "chord:" reference       ; the error that a chord's body has because its header failed
          | "swarm:" pool            ; more items of the pool failed than it tolerates
          | "recursion:" name ":" limit   ; a graph was to visit a node too often; the name is percent-encoded
          | "noroute:" name          ; no edge out of a graph's node was taken

ends = [ end *( "\\n" end ) ]
end  = name " " reference            ; the name is percent-encoded
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple
from urllib.parse import quote, unquote

__all__ = ("OutcomeKind", "OutcomeRef", "parse_ends", "parse_outcome", "write_outcome")


class OutcomeKind(str, Enum):
    """How a reference begins."""

    NODE = "node"  #: a node; written without a prefix
    LIST = "*"  #: results of children
    NAMED = "+"  #: results by name
    ERROR_VALUE = "w:"  #: an error as a dict
    CHORD = "chord:"  #: a chord's header failed
    SWARM = "swarm:"  #: a swarm failed
    RECURSION = "recursion:"  #: a node was to be visited too often
    NO_ROUTE = "noroute:"  #: no edge was taken


class OutcomeRef(NamedTuple):
    """A reference that was read.

    Args:
        kind: what it refers to.
        of: the node, pool, reference or name.
        number: the count of a list, the limit of visits; 0 for any other.
    """

    kind: OutcomeKind
    of: str = ""
    number: int = 0


def parse_outcome(text: str) -> OutcomeRef:
    """Read a reference.

    >>> parse_outcome("recursion:a%20b:25")
    OutcomeRef(kind=<OutcomeKind.RECURSION: 'recursion:'>, of='a b', number=25)
    >>> parse_outcome("*3").number
    3
    """
    if text[:1] == OutcomeKind.LIST.value:
        return OutcomeRef(OutcomeKind.LIST, "", int(text[1:]))
    if text == OutcomeKind.NAMED.value:
        return OutcomeRef(OutcomeKind.NAMED)
    word, colon, rest = text.partition(":")
    if not colon:
        return OutcomeRef(OutcomeKind.NODE, text)
    kind = OutcomeKind(word + colon)
    if kind is OutcomeKind.RECURSION:
        name, _, limit = rest.rpartition(":")
        return OutcomeRef(kind, unquote(name), int(limit))
    return OutcomeRef(kind, unquote(rest) if kind is OutcomeKind.NO_ROUTE else rest)


def write_outcome(ref: OutcomeRef) -> str:
    """Write a reference; the opposite of `parse_outcome`."""
    if ref.kind is OutcomeKind.NODE:
        return ref.of
    if ref.kind is OutcomeKind.LIST:
        return f"{ref.kind.value}{ref.number}"
    if ref.kind is OutcomeKind.RECURSION:
        return f"{ref.kind.value}{quote(ref.of, safe='')}:{ref.number}"
    of = quote(ref.of, safe="") if ref.kind is OutcomeKind.NO_ROUTE else ref.of
    return f"{ref.kind.value}{of}"


def parse_ends(raw: bytes | None) -> list[tuple[str, str]]:
    """Read the results with which a graph ended: names, and references to their results."""
    pairs = (line.split(" ", 1) for line in (raw or b"").decode().splitlines())
    return [(unquote(name), ref) for name, ref in pairs]
