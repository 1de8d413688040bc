"""Brings the path of a request into the form that the routes expect."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator_celery.dashboard.server.context import SLASH

__all__ = ("Paths", "base_of")


class Paths:
    """Keeps `%2F` inside one part of a path, and takes the base path off where the server before did not.

    Ids of runs may contain slashes. The server before has decoded the path, so that its parts would get mixed up.

    Args:
        app: the application inside.
        base_path: the path under which browsers see the dashboard; '' to take the path at which it is mounted.
    """

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        self._app = app
        self._base = base_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            scope = dict(scope)
            scope["path"] = _path(scope)
            root = scope.get("root_path", "")
            if self._base and not root.endswith(self._base) and _is_below(scope["path"], self._base):
                scope["root_path"] = self._base
        await self._app(scope, receive, send)


def base_of(scope: Scope, base_path: str) -> str:
    """Return the path under which browsers see the dashboard, without a slash at its end."""
    root: str = scope.get("root_path", "")
    return (base_path or root).rstrip("/")


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    raw = scope.get("raw_path")
    if not raw or b"%2" not in raw:
        return path
    parts = raw.partition(b"?")[0].decode("latin-1").split("/")
    if "/".join(unquote(part) for part in parts) != path:
        return path  # an application before has changed the path
    return "/".join(unquote(part).replace("/", SLASH) for part in parts)


def _is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")
