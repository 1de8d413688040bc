"""Sessions: a signed cookie, so that several processes serve the same person without a store of their own."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.access.roles import Visitor

__all__ = (
    "COOKIE",
    "Sessions",
    "close_pending",
    "close_session",
    "is_loopback_host",
    "keep_pending",
    "open_session",
    "read_pending",
)

COOKIE = "orchestrator_session"
#: A login at a provider between its two requests, and the seconds that it may take.
_PENDING, _LOGIN_LASTS = "orchestrator_login", 600
#: Seconds that a session lasts, and the shortest secret.
_LASTS, _SHORTEST = 12 * 3600, 32
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Sessions:
    """Signs and reads sessions.

    Args:
        secret: the key; None to make one for this process.

    Raises:
        InvalidSettings: the secret is shorter than 32 characters.
    """

    def __init__(self, secret: str | None) -> None:
        if secret is not None and len(secret) < _SHORTEST:
            raise InvalidSettings(f"The secret of the dashboard needs at least {_SHORTEST} characters.")
        self._key = hashlib.sha256((secret or secrets.token_hex(32)).encode()).digest()

    def write(self, facts: dict[str, Any], seconds: int = _LASTS) -> str:
        """Return signed facts that hold for some seconds."""
        body = urlsafe_b64encode(json.dumps({**facts, "until": time.time() + seconds}).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def read(self, text: str) -> dict[str, Any] | None:
        """Return signed facts; None if they were not signed here, or are too old."""
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode("utf-8", "replace")):
            return None
        found: dict[str, Any] = json.loads(urlsafe_b64decode(body))
        return found if found["until"] > time.time() else None

    def open(self, visitor: Visitor) -> tuple[str, str]:
        """Return the cookie of a new session, and its CSRF token."""
        id = secrets.token_hex(16)
        return self.write({"id": id, "visitor": visitor.model_dump(mode="json")}), self.csrf(id)

    def visitor(self, cookie: str) -> tuple[Visitor, str] | None:
        """Return the visitor of a session and its CSRF token; None without a session that holds."""
        facts = self.read(cookie)
        if facts is None or "visitor" not in facts:
            return None
        try:
            return Visitor.model_validate(facts["visitor"]), self.csrf(facts["id"])
        except ValidationError:  # a session of another release
            return None

    def csrf(self, id: str) -> str:
        """Return the CSRF token of a session."""
        return self._sign(f"csrf:{id}")

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def open_session(request: Request, response: Response, visitor: Visitor) -> str:
    """Return the CSRF token of the visitor's session. Without a session, or for another visitor, begin one."""
    sessions: Sessions = request.app.state.sessions
    known = sessions.visitor(request.cookies.get(COOKIE, ""))
    if known is not None and known[0] == visitor:
        return known[1]
    cookie, csrf = sessions.open(visitor)
    response.set_cookie(COOKIE, cookie, max_age=_LASTS, **_attributes(request))
    return csrf


def close_session(request: Request, response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, **_attributes(request))


def keep_pending(request: Request, response: Response, facts: dict[str, str]) -> None:
    """Keep the facts of a login that has begun at a provider."""
    sessions: Sessions = request.app.state.sessions
    cookie = sessions.write({"login": facts}, _LOGIN_LASTS)
    response.set_cookie(_PENDING, cookie, max_age=_LOGIN_LASTS, **_pending_attributes(request))


def read_pending(request: Request) -> dict[str, str] | None:
    """Return the facts of the login that has begun; None if there is none, or it took too long."""
    sessions: Sessions = request.app.state.sessions
    found = sessions.read(request.cookies.get(_PENDING, ""))
    return None if found is None else found.get("login")


def close_pending(request: Request, response: Response) -> None:
    """Delete the facts of a login."""
    response.delete_cookie(_PENDING, **_pending_attributes(request))


def _pending_attributes(request: HTTPConnection) -> dict[str, Any]:
    # The provider's page sends the browser back, and a strict cookie would not come along.
    return {**_attributes(request), "samesite": "lax"}


def _attributes(request: HTTPConnection) -> dict[str, Any]:
    path = request.state.base or "/"
    secure = not is_loopback_host(request.headers.get("host", ""))
    return {"path": path, "httponly": True, "samesite": "strict", "secure": secure}


def is_loopback_host(host: str) -> bool:
    """Whether a `Host` header names this machine.

    >>> is_loopback_host("localhost:8000"), is_loopback_host("[::1]:80"), is_loopback_host("localhost.example.com")
    (True, True, False)
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and host.count(":") in (1, 3) else host
    return name.lower() in _LOOPBACK
