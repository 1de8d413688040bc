"""Roles, and which role each verb needs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from orchestrator_celery.dashboard.server.context import Served, whole
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("NEEDED", "Role", "Visitor", "needs", "refuse_unless_allowed", "visitor_of")


class Role(IntEnum):
    """What a visitor may do; each role may do what the roles below it may."""

    VIEWER = 1  #: reads everything
    OPERATOR = 2  #: starts, stops and continues runs, and answers approvals
    ADMIN = 3  #: deletes

    @property
    def word(self) -> str:
        """The name of the role in lower case."""
        return self.name.lower()


class Visitor(BaseModel):
    """Who asks.

    Args:
        actor: the name for the audit trail.
        role: what the visitor may do.
        stamp: names the token or the password; '' without one. A session ends when that has changed.
    """

    model_config = ConfigDict(frozen=True)

    actor: str
    role: Role
    stamp: str = ""


#: The role that each verb needs.
NEEDED: Mapping[str, Role] = {
    **dict.fromkeys(
        (
            "suspend", "resume", "interrupt", "retry", "rerun", "skip", "detach", "set_priority", "close", "add_tasks",
            "approve", "reject", "run", "save", "restore", "share_view",
        ),
        Role.OPERATOR,
    ),
    **dict.fromkeys(("cancel", "delete", "purge", "change_view"), Role.ADMIN),
    "save_view": Role.VIEWER,
}  # fmt: skip


def visitor_of(request: Request) -> Visitor:
    """Return who asks; the guard of the dashboard has found that out."""
    found: Visitor = request.state.visitor
    return found


def refuse_unless_allowed(request: Request, verb: str, about: Mapping[str, str]) -> None:
    """Refuse a verb that the visitor's role does not allow, and note the refusal in the audit trail.

    Args:
        request: the request.
        verb: the verb.
        about: the run, signature or node that the verb is about.

    Raises:
        RefusedByAccess: the role does not allow it, or the dashboard is read-only.
    """
    served: Served = request.app.state.served
    visitor, needed = visitor_of(request), NEEDED[verb]
    reason = ""
    if served.read_only:
        reason = f"This dashboard is read-only, so it does not {verb.replace('_', ' ')}. Use the command line."
    elif visitor.role < needed:
        reason = (
            f"The role {visitor.role.word} of {visitor.actor!r} does not allow to {verb.replace('_', ' ')}: ask "
            f"somebody with the role {needed.word}."
        )
    if reason:
        served.orchestrator.note_refusal(verb, reason, **about)
        raise RefusedByAccess(403, reason)


def needs(verb: str) -> Any:
    """Return the dependency that lets only visitors pass whose role allows a verb."""

    def check(request: Request) -> None:
        named = ((name, request.path_params.get(name)) for name in ("run", "signature", "node"))
        refuse_unless_allowed(request, verb, {name: whole(value) for name, value in named if value})

    return Depends(check)
