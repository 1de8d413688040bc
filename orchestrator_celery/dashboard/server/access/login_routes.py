"""Logging in at a provider: the browser goes there and comes back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from orchestrator_celery import OrchestratorError, acting
from orchestrator_celery.dashboard.server.access.oidc import LoginFailed, OIDCAuth
from orchestrator_celery.dashboard.server.access.sessions import (
    close_pending,
    keep_pending,
    open_session,
    read_pending,
)
from orchestrator_celery.dashboard.server.context import Served
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("router",)

router = APIRouter(tags=["session"])


@router.get("/login", status_code=302, response_class=RedirectResponse)
def begin_login(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> RedirectResponse:
    """Send the browser to the login page of the provider.

    `next` is the page of the dashboard to which the browser comes back, as a path.
    """
    try:
        address, pending = _auth(request).start(_callback(request))
    except LoginFailed as exc:
        return _failed(request, exc)
    answer = RedirectResponse(address, 302)
    keep_pending(request, answer, {**pending, "next": _local(request, next)})
    return answer


@router.get("/login/callback", status_code=302, response_class=RedirectResponse)
def finish_login(request: Request) -> RedirectResponse:
    """Take the browser back from the provider, and begin a session."""
    auth, pending = _auth(request), read_pending(request)
    try:
        visitor = auth.finish(_callback(request), pending, dict(request.query_params))
    except LoginFailed as exc:
        return _failed(request, exc)
    answer = RedirectResponse((pending or {})["next"], 302)
    open_session(request, answer, visitor)
    close_pending(request, answer)
    return answer


def _auth(request: Request) -> OIDCAuth:
    auth = request.app.state.auth
    if not isinstance(auth, OIDCAuth):
        raise RefusedByAccess(404, "This dashboard has no provider to log in at: it was not made with `OIDCAuth`.")
    return auth


def _callback(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}{request.state.base}/api/login/callback"


def _local(request: Request, path: str) -> str:
    """Return a path of the dashboard; its first page instead of an address elsewhere."""
    base: str = request.state.base
    is_here = path.startswith(f"{base}/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_here else f"{base}/"


def _failed(request: Request, failure: LoginFailed) -> RedirectResponse:
    """Note the failure in the audit trail, and show the login page with the reason."""
    served: Served = request.app.state.served
    client = request.client.host if request.client else "unknown"
    try:
        with acting(f"anonymous@{client}", "dashboard"):
            served.orchestrator.note_refusal("login", str(failure))
    except OrchestratorError:
        pass  # the store is away; the login is refused all the same
    answer = RedirectResponse(f"{request.state.base}/?login_error={failure.code}", 302)
    close_pending(request, answer)
    return answer
