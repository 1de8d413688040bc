"""Puts the dashboard together: the API, the pages, the guard around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from orchestrator_celery import Orchestrator
from orchestrator_celery.dashboard.server.access import login_routes
from orchestrator_celery.dashboard.server.access.guard import Guard
from orchestrator_celery.dashboard.server.access.logins import Auth, SiteAuth
from orchestrator_celery.dashboard.server.access.redaction import Redaction
from orchestrator_celery.dashboard.server.access.sessions import Sessions
from orchestrator_celery.dashboard.server.api import (
    approvals,
    audit,
    bulk,
    events,
    logs,
    nodes,
    overview,
    runs,
    session,
    stats,
    swarms,
    verbs,
    workers,
)
from orchestrator_celery.dashboard.server.api.definitions import graph_tools, graphs, signatures, tasks, templates
from orchestrator_celery.dashboard.server.api.filters import views, words
from orchestrator_celery.dashboard.server.context import Served
from orchestrator_celery.dashboard.server.document import document
from orchestrator_celery.dashboard.server.live import stream
from orchestrator_celery.dashboard.server.live.hub import Hub
from orchestrator_celery.dashboard.server.live.shared_reads import SharedReads
from orchestrator_celery.dashboard.server.pages import pages
from orchestrator_celery.dashboard.server.paths import Paths
from orchestrator_celery.dashboard.server.problems import PROBLEMS, install_problems

if TYPE_CHECKING:
    from celery import Celery
    from starlette.types import ASGIApp

__all__ = ("build_api", "create_dashboard")

_RESOURCES = (
    overview, runs, nodes, logs, events, verbs, bulk, swarms, approvals, signatures, tasks, graphs, graph_tools,
    templates, stats, workers, audit, words, views, session, login_routes, stream,
)  # fmt: skip


def create_dashboard(
    app: Celery,
    *,
    auth: Auth | None = None,
    base_path: str = "",
    hosts: Iterable[str] = (),
    read_only: bool = False,
    secret: str | None = None,
    redact: Callable[[str], str] | None = None,
) -> ASGIApp:
    """Return the dashboard of a Celery app as an ASGI application, to serve or to mount.

    Without `auth`, it answers this machine only: requests from others, and for other host names, are refused.

    Args:
        app: the Celery app, with an `Orchestrator`.
        auth: how people log in: `TokenAuth`, `BasicAuth`, `OIDCAuth` or `DjangoAuth`.
        base_path: the path under which browsers see the dashboard, if a proxy takes it off; by default the path at
            which the dashboard is mounted.
        hosts: the host names under which it is served; with `auth`, by default any.
        read_only: refuse all verbs.
        secret: the key that signs sessions; all processes that serve the dashboard need the same. By default each
            process makes its own, so that sessions end with it; with `DjangoAuth` it comes from Django's `SECRET_KEY`.
        redact: a function (text) -> text that hides secrets in arguments, results and logs; by default
            `orchestrator_redact`.

    Raises:
        NotInstalled: the app has no orchestrator.
        InvalidSettings: a setting is not allowed.
    """
    orchestrator = Orchestrator.of(app)
    base = "/" + base_path.strip("/") if base_path.strip("/") else ""
    api = build_api()
    api.state.served = served = Served(orchestrator, Redaction.of(orchestrator, redact), read_only)
    api.state.auth = auth
    api.state.sessions = Sessions(secret or (auth.secret if isinstance(auth, SiteAuth) else None))
    api.state.hub = Hub(orchestrator)
    api.include_router(pages(base))
    guard = Guard(SharedReads(api, api.state.hub), served, auth, api.state.sessions, frozenset(hosts), base)
    return Paths(guard, base)


def build_api() -> FastAPI:
    """Return the API without a project behind it, as its OpenAPI document describes it."""
    api = FastAPI(
        title="orchestrator-celery dashboard",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=_operation,
        responses=PROBLEMS,
    )
    install_problems(api)
    whole = APIRouter(prefix="/api")
    for resource in _RESOURCES:
        whole.include_router(resource.router)
    api.include_router(whole)
    api.openapi = partial(document, api)  # type: ignore[method-assign]
    return api


def _operation(route: APIRoute) -> str:
    return route.name
