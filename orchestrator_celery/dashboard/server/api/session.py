"""Logging in and out, and what the visitor may do."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from orchestrator_celery.dashboard.server.access.logins import SiteAuth
from orchestrator_celery.dashboard.server.access.roles import NEEDED, Visitor
from orchestrator_celery.dashboard.server.access.sessions import close_session, open_session
from orchestrator_celery.dashboard.server.context import Served

__all__ = ("router",)

router = APIRouter(tags=["session"])


class SessionView(BaseModel):
    """Who is logged in.

    Args:
        actor: the name for the audit trail; None if nobody is logged in.
        role: the role; None if nobody is logged in.
        verbs: the verbs that the role allows.
        csrf: the value for the header `X-CSRF-Token` of every request that changes something.
        read_only: whether the dashboard refuses all verbs.
        login: how people log in; `none` on this machine without authentication.
        app: the name of the Celery app.
    """

    actor: str | None
    role: Literal["viewer", "operator", "admin"] | None
    verbs: list[str]
    csrf: str | None
    read_only: bool
    login: Literal["none", "token", "basic", "oidc", "django"]
    app: str


class LoginForm(BaseModel):
    """What a person logs in with: a token, or a name and a password."""

    token: Annotated[str, Field(max_length=4096)] | None = None
    user: Annotated[str, Field(max_length=200)] | None = None
    password: Annotated[str, Field(max_length=1024)] | None = None


@router.get("/session")
def read_session(request: Request, response: Response) -> SessionView:
    """Return who is logged in, and the token for requests that change something."""
    visitor: Visitor | None = request.state.visitor
    csrf = None if visitor is None else open_session(request, response, visitor)
    return _view(request, visitor, csrf)


@router.post("/session")
def log_in(request: Request, response: Response, form: LoginForm) -> SessionView:
    """Log in with a token, or with a name and a password."""
    visitor = request.state.logins.check(form.token, form.user, form.password)
    return _view(request, visitor, open_session(request, response, visitor))


@router.delete("/session", status_code=204, response_model=None)
def log_out(request: Request, response: Response) -> None:
    """Log out; of the site around the dashboard too, if its login is that of the site."""
    auth = request.app.state.auth
    if isinstance(auth, SiteAuth):
        auth.sign_out(request, response)
    close_session(request, response)


def _view(request: Request, visitor: Visitor | None, csrf: str | None) -> SessionView:
    served: Served = request.app.state.served
    auth = request.app.state.auth
    may = [verb for verb, role in NEEDED.items() if visitor and visitor.role >= role and not served.read_only]
    return SessionView(
        actor=visitor.actor if visitor else None,
        role=visitor.role.word if visitor else None,  # type: ignore[arg-type]
        verbs=may,
        csrf=csrf,
        read_only=served.read_only,
        login="none" if auth is None else auth.kind,
        app=str(served.orchestrator.app.main or "celery"),
    )
