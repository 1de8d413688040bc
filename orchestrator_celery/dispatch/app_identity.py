"""The identity of an app: its name and its broker. Runs belong to it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from kombu.utils.url import parse_url

from orchestrator_celery.records.head import AppId

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("identify",)

#: Names of this machine; clients and workers of one project may use different ones.
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost", ""})


def identify(app: Celery, name: str | None = None) -> AppId:
    """Return the identity of an app. No connection is opened.

    Args:
        app: the Celery app.
        name: `orchestrator_app`, which replaces the name and the broker of the app.
    """
    label = name or f"{app.main or 'unnamed'} on {_broker(app)}"
    return AppId(hashlib.sha1(label.encode(), usedforsecurity=False).hexdigest()[:12], label)


def _broker(app: Celery) -> str:
    """Return the transport, the places and the virtual host of the broker, without user and password."""
    with app.connection_for_write() as connection:
        transport = str(connection.transport.driver_type)
        own = connection.info()
        places = [own, *(parse_url(url) for url in connection.alt)]
        default = connection.transport.default_connection_params.get("port")
    found = {_place(place, default) for place in places}
    return f"{transport}://{','.join(sorted(found))}"


def _place(info: dict[str, Any], default_port: int | None) -> str:
    host = str(info.get("hostname") or "").lower()
    virtual_host = str(info.get("virtual_host") or "").strip("/")
    port = info.get("port") or default_port
    shown = "localhost" if host in _LOCAL else host
    # Redis calls its first database 0 or nothing.
    return f"{shown}{f':{port}' if port else ''}/{'' if virtual_host == '0' else virtual_host}"
