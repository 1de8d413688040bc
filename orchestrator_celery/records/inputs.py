"""References to the input of a node: where its partial arguments come from.

reference = ""                      ; nothing
          | "in"                    ; the run's own arguments
          | node                    ; the result of a node
          | "w:" node               ; its error as a dict, along an error edge of a graph
          | "[" reference *( "," reference )   ; a list of values, into an `all` join of a graph
          | "m:" visit              ; one element of the list that a graph's node is mapped over
          | "o:" graph              ; the input of a graph and then its own arguments
          | "g:" visit              ; the input of a visit of a graph's node, and its inputs
          | "k:" visit              ; the inputs of a visit alone: its body is immutable
          | "e:" outcome            ; an errback is called with this error, see `outcomes.py`
          | "i:" item               ; a callback is called for this item of a swarm
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ("NAMED", "InputRef", "Source", "parse_input", "write_input")


class Source(str, Enum):
    """How a reference begins."""

    NOTHING = ""  #: there is no input
    RUN = "in"  #: the run's own arguments
    RESULT = "result"  #: a node's result; written without a prefix
    ERROR_VALUE = "w:"  #: an error as a dict
    LIST = "["  #: a list
    ELEMENT = "m:"  #: one element of a list
    WITH_OWN = "o:"  #: a graph's input and its own arguments
    VISIT = "g:"  #: a visit's input and inputs
    INPUTS = "k:"  #: a visit's inputs
    ERROR = "e:"  #: an errback's error
    ITEM = "i:"  #: an item of a swarm


_PREFIXED = {source.value: source for source in Source if source.value.endswith(":")}
#: Sources that give an immutable task something: the inputs its graph's node names.
NAMED = frozenset({Source.VISIT, Source.INPUTS, Source.ELEMENT})


class InputRef(NamedTuple):
    """A reference that was read.

    Args:
        source: what it refers to.
        of: the node, visit, graph, item or outcome; of a list, the text of its elements.
    """

    source: Source
    of: str = ""

    @property
    def elements(self) -> list[str]:
        """References in a list, as text."""
        return self.of.split(",") if self.source is Source.LIST else []


def parse_input(text: str) -> InputRef:
    """Read a reference.

    >>> parse_input("m:0.2.1")
    InputRef(source=<Source.ELEMENT: 'm:'>, of='0.2.1')
    >>> parse_input("[0.1,w:0.2").elements
    ['0.1', 'w:0.2']
    """
    if not text or text == Source.RUN.value:
        return InputRef(Source(text))
    if text[0] == Source.LIST.value:
        return InputRef(Source.LIST, text[1:])
    source = _PREFIXED.get(text[:2])
    return InputRef(Source.RESULT, text) if source is None else InputRef(source, text[2:])


def write_input(ref: InputRef) -> str:
    """Write a reference; the opposite of `parse_input`."""
    return ref.of if ref.source is Source.RESULT else ref.source.value + ref.of
