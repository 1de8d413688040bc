"""Logging in elsewhere, at a provider or at the site around the dashboard: the browser goes there and comes back."""

from __future__ import annotations

from html import escape
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from orchestrator_celery import OrchestratorError, acting
from orchestrator_celery.dashboard.server.access.logins import NoRole, SiteAuth
from orchestrator_celery.dashboard.server.access.oidc import LoginFailed, OIDCAuth
from orchestrator_celery.dashboard.server.access.sessions import (
    close_pending,
    keep_pending,
    open_session,
    read_pending,
)
from orchestrator_celery.dashboard.server.context import Served, whole
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("instead_of_page", "router")

router = APIRouter(tags=["session"])

_REFUSED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dashboard: no role</title>
<meta name="viewport" content="width=device-width">
<style>:root {{ color-scheme: light dark; font-family: system-ui, sans-serif }}
body {{ margin: 4rem auto; max-width: 40rem; padding: 0 1rem }}</style></head>
<body><h1>You have no role in this dashboard</h1><p>{reason}</p><p><a href="{address}">Log in as somebody else</a></p>
</body></html>
"""


@router.get("/login", status_code=302, response_class=RedirectResponse)
def begin_login(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> RedirectResponse:
    """Send the browser to the login page of the provider, or of the site.

    `next` is the page of the dashboard to which the browser comes back, as a path.
    """
    site = request.app.state.auth
    if isinstance(site, SiteAuth):
        return RedirectResponse(site.login_address(_local(request, next)), 302)
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


def instead_of_page(request: Request) -> Response | None:
    """Return the site's login, or why its login is not enough, in place of a page; None if the visitor gets the page.

    Without a `SiteAuth`, the page itself shows the login.
    """
    site, refused = request.app.state.auth, request.state.refused
    if not isinstance(site, SiteAuth) or request.state.visitor is not None:
        return None
    address = site.login_address(_local(request, _here(request)))
    if not isinstance(refused, NoRole):
        return RedirectResponse(address, 302)
    return HTMLResponse(_REFUSED.format(reason=escape(refused.detail), address=escape(address)), 403)


def _here(request: Request) -> str:
    """Return the path of a request as the browser sees it, with its query."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    parts = (quote(whole(part), safe=":@") for part in path.split("/"))
    query = request.url.query
    return f"{request.state.base}{'/'.join(parts)}" + (f"?{query}" if query else "")


def _auth(request: Request) -> OIDCAuth:
    auth = request.app.state.auth
    if not isinstance(auth, OIDCAuth):
        raise RefusedByAccess(
            404, "This dashboard has a login of its own: it was made without `OIDCAuth` and `DjangoAuth`."
        )
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
