"""Serves what the browser loads: the built front end, or a page that says how to build it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from orchestrator_celery.dashboard.server.access.login_routes import instead_of_page
from orchestrator_celery.dashboard.server.context import whole
from orchestrator_celery.dashboard.server.paths import base_of
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("STATIC", "pages")

#: What the build of the front end writes.
STATIC = Path(__file__).parents[1] / "static"

_MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dashboard: not built</title><base href="{base}/"></head>
<body><h1>The pages of the dashboard are not built</h1>
<p>The server works, and its API answers at <a href="api/openapi.json">api/openapi.json</a>.</p>
<p>In a checkout, run <code>make frontend</code> and reload this page. If pip built the package from a git address or
from a checkout, set <code>ORCHESTRATOR_PAGES=build</code> in the environment and install it again. Released packages
contain the pages.</p></body></html>
"""


def pages(base_path: str, static: Path = STATIC) -> APIRouter:
    """Return the routes of the pages.

    Args:
        base_path: the path under which browsers see the dashboard; '' to take the path at which it is mounted.
        static: the folder of the built front end.
    """
    router, root = APIRouter(include_in_schema=False), static.resolve()

    @router.get("/{path:path}")
    def page(path: str, request: Request) -> Response:
        base = base_of(request.scope, base_path)
        if not path and not request.scope["path"].endswith("/"):
            return RedirectResponse(f"{base}/", 308)
        if path == "api" or path.startswith("api/"):
            raise RefusedByAccess(404, f"The API has no {path!r}. `api/openapi.json` lists what it has.")
        found = (root / whole(path)).resolve() if "\0" not in path else root
        if found != root and found.is_relative_to(root) and found.is_file() and found.name != "index.html":
            kept = "public, max-age=31536000, immutable" if "/assets/" in f"/{path}" else "no-cache"
            return FileResponse(found, headers={"Cache-Control": kept})
        return instead_of_page(request) or _index(root / "index.html", base)

    return router


def _index(index: Path, base: str) -> HTMLResponse:
    """Return the page that loads the front end, with the base path; addresses in it are relative to that."""
    headers = {"Cache-Control": "no-cache"}
    if not index.is_file():
        return HTMLResponse(_MISSING.format(base=escape(base)), 200, headers)
    text = index.read_text(encoding="utf-8")
    return HTMLResponse(text.replace("<head>", f'<head><base href="{escape(base)}/">', 1), 200, headers)
