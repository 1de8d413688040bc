"""How nodes of an eager run end."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ("BodyEnd", "Ending")


class BodyEnd(NamedTuple):
    """The end of a body: whether it succeeded, and its encoded result or error."""

    succeeded: bool
    payload: bytes


class Ending(NamedTuple):
    """The end of a node: whether it succeeded, and the reference to its result or error."""

    succeeded: bool
    reference: str
