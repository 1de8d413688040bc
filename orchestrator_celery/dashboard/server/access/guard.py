"""The guard around the dashboard: host names, logins, cross-site requests, sizes, headers, and who acts."""

from __future__ import annotations

import getpass
import hmac
from collections.abc import Iterable, Mapping
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator_celery import OrchestratorError, acting
from orchestrator_celery.dashboard.server.access.attempts import Attempts
from orchestrator_celery.dashboard.server.access.logins import Auth, NoRole, SiteAuth
from orchestrator_celery.dashboard.server.access.roles import Role, Visitor
from orchestrator_celery.dashboard.server.access.sessions import COOKIE, Sessions, is_loopback_host
from orchestrator_celery.dashboard.server.context import Served
from orchestrator_celery.dashboard.server.paths import base_of
from orchestrator_celery.dashboard.server.problems import RefusedByAccess, problem

__all__ = ("CHANNEL", "Guard", "Logins")

CHANNEL = "dashboard"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Largest body of a request, in bytes.
_LARGEST = 4 * 1024 * 1024
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Logins:
    """Logs people in, and limits wrong attempts.

    Args:
        auth: the way to log in; None without one.
        attempts: counts wrong attempts.
        client: the address of the client.
    """

    def __init__(self, auth: Auth | None, attempts: Attempts, client: str) -> None:
        self._auth = auth
        self._attempts = attempts
        self._client = client

    def check(self, token: str | None, user: str | None, password: str | None) -> Visitor:
        """Return the visitor.

        Raises:
            RefusedByAccess: the token, or the name and the password, are wrong, or too many attempts failed.
        """
        if self._auth is None:
            raise RefusedByAccess(409, "This dashboard has no login: it answers programs on this machine only.")
        keys = [f"client {self._client}", *([f"user {user}"] if user else [])]
        self._attempts.check(*keys)
        found = self._auth.visitor(token, user, password)
        if found is None:
            raise WrongLogin(user or "", is_worth_a_note=self._attempts.fail(*keys))
        return found


class WrongLogin(RefusedByAccess):
    """The token, or the name and the password, are wrong.

    Args:
        user: the name that was given; '' without one.
        is_worth_a_note: whether few attempts have failed so far.
    """

    def __init__(self, user: str, *, is_worth_a_note: bool) -> None:
        super().__init__(401, "The token, or the name and the password, are wrong.")
        self.user = user
        self.is_worth_a_note = is_worth_a_note


class Guard:
    """Lets requests through that may come in.

    Args:
        app: the application inside.
        served: what is served.
        auth: the way to log in; None to answer programs on this machine only.
        sessions: signs sessions.
        hosts: the host names under which it is served; empty for any, or without `auth` for this machine.
        base_path: the path under which browsers see the dashboard.
    """

    def __init__(
        self,
        app: ASGIApp,
        served: Served,
        auth: Auth | None,
        sessions: Sessions,
        hosts: Iterable[str] = (),
        base_path: str = "",
    ) -> None:
        self._app = app
        self._served = served
        self._auth = auth
        self._sessions = sessions
        self._hosts = {host.lower() for host in hosts}
        self._base = base_path
        self._attempts = Attempts()
        #: Limits notes about requests that no login was part of.
        self._notes = Attempts()
        self._local = Visitor(actor=f"{_user()}@localhost", role=Role.ADMIN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await (self._app if scope["type"] == "lifespan" else _close)(scope, receive, send)
            return
        scope["state"] = dict(scope.get("state") or {})
        request, client = Request(scope, receive), (scope.get("client") or ("unknown",))[0]
        request.state.base = base_of(scope, self._base)
        request.state.refused = None
        request.state.logins = Logins(self._auth, self._attempts, client)
        request.state.is_known = partial(self._is_known, request)
        try:
            visitor = request.state.visitor = await self._admitted(request, client)
        except RefusedByAccess as exc:
            await self._note(request, client, exc)
            await problem(exc.status_code, exc.detail, headers=exc.headers)(scope, receive, _with_headers(send))
            return
        with acting(visitor.actor if visitor else f"anonymous@{client}", CHANNEL):
            await self._app(scope, _bounded(receive), _with_headers(send))

    async def _admitted(self, request: Request, client: str) -> Visitor | None:
        """Return who asks; None for a page, or a login, that needs nobody."""
        self._check_host(request, client)
        try:
            visitor, csrf = await self._known(request)
        except NoRole as exc:
            if _is_api(request):
                raise
            await self._note(request, client, exc)
            request.state.refused, visitor, csrf = exc, None, None
        if visitor is None and _needs_login(request):
            raise RefusedByAccess(401, "Log in first: the session has ended, or there was none.")
        if request.method not in _SAFE:
            self._check_origin(request)
            if csrf is not None and not _is_same(request.headers.get("x-csrf-token", ""), csrf):
                raise RefusedByAccess(403, "The header X-CSRF-Token is missing or old. `GET /api/session` returns it.")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _LARGEST:
            raise RefusedByAccess(413, f"The body is larger than {_LARGEST} bytes.")
        return visitor

    def _check_host(self, request: Request, client: str) -> None:
        host = request.headers.get("host", "")
        if self._auth is None and not _is_loopback(client):
            raise RefusedByAccess(
                403,
                "This dashboard has no login, so it answers programs on this machine only. Configure a login: "
                "`create_dashboard(app, auth=...)`.",
            )
        named = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if not (is_loopback_host(host) or named.lower() in self._hosts or (self._auth and not self._hosts)):
            raise RefusedByAccess(421, "This host name is not served. Add it to the hosts of the dashboard.")

    async def _known(self, request: Request) -> tuple[Visitor | None, str | None]:
        """Return who asks, and the CSRF token that a request needs that changes something."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._auth is not None and scheme.lower() == "bearer":
            return await run_in_threadpool(request.state.logins.check, token.strip(), None, None), None
        found = self._sessions.visitor(request.cookies.get(COOKIE, ""))
        if isinstance(self._auth, SiteAuth):
            visitor = await run_in_threadpool(self._auth.signed_in, request)
            if visitor is None:
                return None, None
            return visitor, found[1] if found is not None and found[0] == visitor else ""
        if found is not None and (self._auth.knows(found[0]) if self._auth else found[0] == self._local):
            return found
        if self._auth is None:
            return self._local, None if request.method in _SAFE else ""
        return None, None

    async def _is_known(self, request: Request) -> bool:
        """Whether the visitor of a long answer may still come in: sessions end, and tokens are taken away."""
        try:
            return (await self._known(request))[0] is not None
        except RefusedByAccess:
            return False

    def _check_origin(self, request: Request) -> None:
        """Refuse requests that pages of other sites send."""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
        same = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
        if not same or site not in ("same-origin", "none"):
            raise RefusedByAccess(403, "The request comes from a page of another site.")

    async def _note(self, request: Request, client: str, exc: RefusedByAccess) -> None:
        """Note a refused attempt in the audit trail. A visitor without a session is no attempt."""
        if isinstance(exc, NoRole):
            worth, verb, actor = self._notes.fail(f"user {exc.user}"), "login", exc.user
        elif isinstance(exc, WrongLogin):
            worth, verb, actor = exc.is_worth_a_note, "login", exc.user
        elif exc.status_code in (403, 421):
            worth, verb, actor = self._notes.fail(f"client {client}"), "request", ""
        else:
            return
        if worth:
            reason = f"{exc.detail} ({request.method} {request.url.path[:200]})"
            try:
                with acting(f"{actor or 'anonymous'}@{client}", CHANNEL):
                    await run_in_threadpool(self._served.orchestrator.note_refusal, verb, reason)
            except OrchestratorError:
                return  # the store is away; the request is refused all the same


def _path(request: Request) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def _is_api(request: Request) -> bool:
    return _path(request).startswith("/api/")


def _needs_login(request: Request) -> bool:
    return _is_api(request) and _path(request) not in ("/api/session", "/api/login", "/api/login/callback")


def _is_same(given: str, csrf: str) -> bool:
    """Whether a CSRF token is right; the time says nothing. '' is the token of nobody."""
    return bool(csrf) and hmac.compare_digest(given.encode(), csrf.encode())


def _is_loopback(client: str) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _with_headers(send: Send) -> Send:
    """Add the headers that protect the page."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message.get("headers", ())}
            more = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
            more.append((b"cache-control", b"no-store"))
            kept = [(name, value) for name, value in more if name not in own]
            message = {**message, "headers": [*message.get("headers", ()), *kept]}
        await send(message)

    return sending


def _bounded(receive: Receive) -> Receive:
    """End a body that is too large, whatever its header said."""
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > _LARGEST:
            raise RefusedByAccess(413, f"The body is larger than {_LARGEST} bytes.")
        return message

    return receiving


async def _close(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a web socket: the dashboard has none."""
    await send({"type": "websocket.close", "code": 1008})


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no user with this number
        return "unknown"
