"""Serves the dashboard by itself, with Uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

import uvicorn

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.pages import STATIC

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ("has_pages", "is_loopback", "listen", "serve")

#: Seconds that requests may take when the server is stopped. Event streams end at once.
_GRACE = 5


def has_pages() -> bool:
    """Whether the front end is built."""
    return (STATIC / "index.html").is_file()


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach a server that listens on an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InvalidSettings: the address or the port cannot be used.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        raise InvalidSettings(f"Port {port} of {host} cannot be used: {exc.strerror}. Choose another.") from None


def serve(dashboard: ASGIApp, opened: socket.socket, proxies: Sequence[str] = ()) -> None:
    """Serve until the process is told to stop (SIGTERM, SIGINT).

    Args:
        dashboard: what `create_dashboard` returned.
        opened: the socket.
        proxies: addresses of proxies whose `X-Forwarded-For` tells the address of the client.
    """
    config = uvicorn.Config(
        dashboard,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    with opened, suppress(KeyboardInterrupt):  # Uvicorn raises it after it has stopped in good order
        uvicorn.Server(config).run(sockets=[opened])
