"""The identity of an app: its name and its broker. Runs belong to it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from kombu.utils.url import parse_url

from orchestrator_celery.records.head.fields import AppId

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("identify",)

#: Names of this machine; clients and workers of one project may use different ones.
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost", ""})

#: Transport options that choose one of several brokers at one place.
_PARTS = ("global_keyprefix", "master_name", "queue_name_prefix")


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
        options = connection.transport_options
    found = {_place(place, default) for place in places}
    parts = "".join(f" {name}={options[name]}" for name in _PARTS if options.get(name))  # type: ignore[index, union-attr, unused-ignore]
    return f"{transport}://{','.join(sorted(found))}{parts}"


def _place(info: dict[str, Any], default_port: int | None) -> str:
    # kombu leaves the scheme, the password and the query of a socket's URL in the host.
    host, _, query = str(info.get("hostname") or "").partition("?")
    given = parse_qs(query).get("virtual_host") or [str(info.get("virtual_host") or "")]
    virtual_host = given[0].strip("/")
    # Redis calls its first database 0 or nothing.
    at = "" if virtual_host == "0" else virtual_host
    if "/" in host:
        path = host.rpartition("://")[2].rpartition("@")[2].strip("/")
        return f"/{path}/{at}"
    port = info.get("port") or default_port
    shown = "localhost" if host.lower() in _LOCAL else host.lower()
    return f"{shown}{f':{port}' if port else ''}/{at}"
