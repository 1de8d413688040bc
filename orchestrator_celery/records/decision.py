"""Why a decision about a visit is needed: the first part of the input of its live record.

    input = reason ":" reference      ; the reference: to the result, the error, or the input of the visit
"""

from __future__ import annotations

from enum import Enum

__all__ = ("Reason",)


class Reason(str, Enum):
    """Why a decision is needed."""

    SUCCEEDED = "S"  #: the visit has succeeded: which edges are taken?
    FAILED = "F"  #: the visit has failed: is it retried, or an error edge taken?
    MAP = "map"  #: the visit is about to run once for each element of a list: which list?
    INPUTS = "in"  #: the visit has inputs: what are they?
    SKIPPED = "skip"  #: the node was taken out: where does its input go?

    @property
    def before_body(self) -> bool:
        """Whether the visit has no result of its own yet, so that its input stands in for it."""
        return self in (Reason.MAP, Reason.INPUTS, Reason.SKIPPED)
