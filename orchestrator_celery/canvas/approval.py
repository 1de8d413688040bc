"""Approval: a graph node that waits for a person's decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.canvas.primitive import deadline_in_seconds
from orchestrator_celery.errors import ApprovalTimeout, InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("DECISIONS", "Approval", "approval_flaws", "can_fail", "timeout_result")

#: The possible decisions; also the keys of a mapping of edges that leave the approval.
DECISIONS = ("approved", "rejected")

#: The allowed values of `on_timeout`.
_ON_TIMEOUT = ("reject", "approve", "fail")
_TIMEOUT_DECISIONS = {"approve": "approved", "reject": "rejected"}


@spelled("__init__")
@dataclass(frozen=True)
class Approval:
    """A node body that asks a person for a decision; while it waits, it occupies neither a worker nor a message.

    The node's result is a dict with `decision` ("approved" or "rejected"), `by`, `note` and `timed_out`.

    Args:
        timeout: seconds or a timedelta within which a person must answer. None: it waits without a limit.
        on_timeout: the decision after the timeout: "reject", "approve", or "fail", which fails the node with
            `ApprovalTimeout`.
        message: the text that the person sees.
    """

    timeout: float | timedelta | None = None
    on_timeout: str = "reject"
    message: str = ""

    def __post_init__(self) -> None:
        seconds = deadline_in_seconds(self.timeout, "timeout", "the seconds it may take to answer")
        object.__setattr__(self, "timeout", seconds)
        if self.on_timeout != "reject" and self.timeout is None:
            raise InvalidWorkflow(
                f"on_timeout={safe_repr(self.on_timeout)} does nothing without a timeout: give timeout=3600."
            )
        for message, hint in approval_flaws({"on_timeout": self.on_timeout, "message": self.message}):
            raise InvalidWorkflow(f"{message}: {hint}.")

    @property
    def json(self) -> dict[str, Any]:
        """The approval as a graph's definition holds it; absent values are left out."""
        timed = {} if self.timeout is None else {"timeout": self.timeout, "on_timeout": self.on_timeout}
        return {**timed, **({"message": self.message} if self.message else {})}


def approval_flaws(approval: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the message and the hint of each invalid value in an approval's definition."""
    try:
        deadline_in_seconds(approval.get("timeout"), "timeout", "the seconds it may take to answer")
    except InvalidWorkflow as error:
        yield tuple(str(error).rstrip(".").split(": ", 1))  # type: ignore[misc]
    if approval.get("on_timeout", "reject") not in _ON_TIMEOUT:
        yield f"on_timeout={safe_repr(approval['on_timeout'])} is not allowed", "give 'reject', 'approve' or 'fail'"
    if not isinstance(approval.get("message", ""), str):
        yield f"message={safe_repr(approval['message'])} is not allowed", "give a string"


def can_fail(approval: Mapping[str, Any]) -> bool:
    """Whether an approval can fail. An approval runs no task, so it can fail only by its timeout."""
    return approval.get("on_timeout") == "fail" and approval.get("timeout") is not None


def timeout_result(approval: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node's result for an approval that got no answer in time.

    Args:
        approval: the approval as a graph's definition holds it, with the node's name.

    Raises:
        ApprovalTimeout: the approval has `on_timeout="fail"`.
    """
    decision = _TIMEOUT_DECISIONS.get(approval.get("on_timeout", "reject"))
    if decision is None:
        raise ApprovalTimeout(
            f"Nobody has answered {approval['name']!r} within {approval['timeout']:g} s: give it more time, or set "
            "on_timeout to 'approve' or 'reject'."
        )
    return {"decision": decision, "by": "", "note": "", "timed_out": True}
