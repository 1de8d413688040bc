"""Approval: a node of a graph that waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.canvas.primitive import deadline_in_seconds
from orchestrator_celery.errors import ApprovalTimeout, InvalidWorkflow

__all__ = ("DECISIONS", "Approval", "approval_flaws", "can_fail", "unanswered")

#: What an approval can come out as; the keys of a mapping behind it.
DECISIONS = ("approved", "rejected")

#: What happens when nobody answered in time.
_ON_TIMEOUT = ("reject", "approve", "fail")
_IN_TIME = {"approve": "approved", "reject": "rejected"}


@spelled("__init__")
@dataclass(frozen=True)
class Approval:
    """A node's body that is a question to a person; it holds neither a worker nor a message while it waits.

    The node's result is a dict with `decision` ("approved" or "rejected"), `by`, `note` and `timed_out`.

    Args:
        timeout: seconds or a timedelta after which nobody needs to answer any more; None: it waits for ever.
        on_timeout: what happens then: "reject", "approve", or "fail", with `ApprovalTimeout`.
        message: what those who are asked are shown.
    """

    timeout: float | timedelta | None = None
    on_timeout: str = "reject"
    message: str = ""

    def __post_init__(self) -> None:
        seconds = deadline_in_seconds(self.timeout, "timeout", "the seconds it may take to answer")
        object.__setattr__(self, "timeout", seconds)
        if self.on_timeout != "reject" and self.timeout is None:
            raise InvalidWorkflow(f"on_timeout={self.on_timeout!r} does nothing without a timeout: give timeout=3600.")
        for message, hint in approval_flaws({"on_timeout": self.on_timeout, "message": self.message}):
            raise InvalidWorkflow(f"{message}: {hint}.")

    @property
    def json(self) -> dict[str, Any]:
        """As it stands in a graph's definition; what was not given is left out."""
        timed = {} if self.timeout is None else {"timeout": self.timeout, "on_timeout": self.on_timeout}
        return {**timed, **({"message": self.message} if self.message else {})}


def approval_flaws(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What makes no sense in an approval as it stands in a definition: message and hint of each flaw."""
    try:
        deadline_in_seconds(given.get("timeout"), "timeout", "the seconds it may take to answer")
    except InvalidWorkflow as error:
        yield tuple(str(error).rstrip(".").split(": ", 1))  # type: ignore[misc]
    if given.get("on_timeout", "reject") not in _ON_TIMEOUT:
        yield f"on_timeout={given['on_timeout']!r} is not allowed", "give 'reject', 'approve' or 'fail'"
    if not isinstance(given.get("message", ""), str):
        yield f"message={given['message']!r} is not allowed", "give words"


def can_fail(given: Mapping[str, Any]) -> bool:
    """Whether an approval as it stands in a definition can fail: nothing runs, so only its timeout can make it."""
    return given.get("on_timeout") == "fail" and given.get("timeout") is not None


def unanswered(given: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of an approval nobody has answered in time: its node's result.

    Args:
        given: as it stands in a definition, with the node's name.

    Raises:
        ApprovalTimeout: that is what it is to come to.
    """
    decision = _IN_TIME.get(given.get("on_timeout", "reject"))
    if decision is None:
        raise ApprovalTimeout(
            f"Nobody has answered {given['name']!r} within {given['timeout']:g} s: give it more time, or an on_timeout "
            "of 'approve' or 'reject'."
        )
    return {"decision": decision, "by": "", "note": "", "timed_out": True}
