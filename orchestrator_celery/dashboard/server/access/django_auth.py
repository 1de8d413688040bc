"""Django's own login: who is logged in to the site is logged in to the dashboard.

Django's session decides at each request. The dashboard's session adds the CSRF token and holds for that Django session
alone. Django is imported when a `DjangoAuth` is made.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.access.logins import NoRole, role_of
from orchestrator_celery.dashboard.server.access.roles import Role, Visitor
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("DjangoAuth",)

#: Session engines that keep sessions in a table of the app `django.contrib.sessions`.
_IN_TABLE = frozenset({"django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db"})


class DjangoAuth:
    """People log in at Django's login page, and are the same person in the dashboard.

    Superusers come in as `admin`. Nobody else comes in, unless `permissions` or `groups` gives them a role. Of several
    roles the highest counts. Make it after `get_asgi_application()` or `django.setup()`, in a process whose browsers
    send Django's session cookie: mounted in `asgi.py`, or under the same host name as Django.

    Args:
        permissions: for each permission, such as `orders.view_runs`, the role: `viewer`, `operator` or `admin`.
        groups: for each name of a group, the role.
        login_url: the login page, as an address or the name of a URL pattern; by default Django's `LOGIN_URL`.

    Raises:
        InvalidSettings: Django is not installed, configured or set up, an app of it is missing, or a role or a
            permission is not valid.
    """

    kind: Literal["django"] = "django"

    def __init__(
        self,
        *,
        permissions: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
        login_url: str | None = None,
    ) -> None:
        self._permissions = {name: role_of(role) for name, role in (permissions or {}).items()}
        self._groups = {name: role_of(role) for name, role in (groups or {}).items()}
        wrong = next((name for name in self._permissions if not all(name.partition("."))), None)
        if wrong is not None:
            raise InvalidSettings(
                f"permissions={wrong!r} names no app. Write `app.codename`, such as `orders.view_runs`."
            )
        _check_django()
        _check_users(bool(self._permissions), bool(self._groups))
        self._login_url = login_url

    def visitor(self, token: str | None, user: str | None, password: str | None) -> Visitor | None:
        """Return None: people log in at Django's login page only."""
        return None

    def knows(self, visitor: Visitor) -> bool:
        """Return False: a session of the dashboard lets nobody in without Django's session."""
        return False

    @property
    def secret(self) -> str:
        """The key of sessions, made from Django's `SECRET_KEY`: it is the same in all processes of the project."""
        from django.conf import settings
        from django.utils.encoding import force_bytes

        return hmac.new(force_bytes(settings.SECRET_KEY), b"orchestrator dashboard", hashlib.sha256).hexdigest()

    def signed_in(self, request: Request) -> Visitor | None:
        """Return the visitor of the request's Django session; None if nobody is logged in. It blocks.

        Raises:
            RefusedByAccess: the person has no role (`NoRole`), or Django cannot read the session.
        """
        from django.db import close_old_connections

        close_old_connections()  # as Django does before and after each request of its own
        try:
            session, user = _session_and_user(request)
            if not user.is_authenticated or not user.is_active:
                return None
            role, name = self._role(user), user.get_username()
        except Exception as exc:  # databases and caches of any kind raise errors of any kind
            raise RefusedByAccess(
                503, f"Django's sessions or users cannot be read ({type(exc).__name__}). Pages of the site tell why."
            ) from exc
        finally:
            close_old_connections()
        if role is None:
            raise NoRole(name)
        return Visitor(actor=name, role=role, stamp=hashlib.sha256(session.session_key.encode()).hexdigest()[:16])

    def sign_out(self, request: Request, response: Response) -> None:
        """End the request's Django session, and have the browser forget it. It blocks."""
        from django.conf import settings
        from django.contrib.auth import logout
        from django.db import close_old_connections
        from django.http import HttpRequest

        samesite: Any = (settings.SESSION_COOKIE_SAMESITE or "lax").lower()
        close_old_connections()
        try:
            ours = HttpRequest()
            ours.session, ours.user = _session_and_user(request)
            ours.META = {"REMOTE_ADDR": request.client.host if request.client else ""}  # for receivers of the signal
            logout(ours)
        finally:
            close_old_connections()
        response.delete_cookie(
            settings.SESSION_COOKIE_NAME,
            path=settings.SESSION_COOKIE_PATH,
            domain=settings.SESSION_COOKIE_DOMAIN,
            samesite=samesite,
            secure=bool(settings.SESSION_COOKIE_SECURE),
            httponly=bool(settings.SESSION_COOKIE_HTTPONLY),
        )

    def login_address(self, next: str) -> str:
        """Return the address of the login page.

        Args:
            next: the page to which the browser comes back, as a path.

        Raises:
            RefusedByAccess: `login_url` or `LOGIN_URL` names no URL pattern.
        """
        from django.contrib.auth.views import redirect_to_login
        from django.urls import NoReverseMatch

        try:
            return str(redirect_to_login(next, self._login_url)["Location"])
        except NoReverseMatch:
            raise RefusedByAccess(
                500,
                "The login page is not known: Django's `LOGIN_URL`, or `login_url` of `DjangoAuth`, is no address and "
                "no name of a URL pattern.",
            ) from None

    def _role(self, user: Any) -> Role | None:
        if getattr(user, "is_superuser", False):
            return Role.ADMIN
        found = [role for name, role in self._permissions.items() if user.has_perm(name)]
        if self._groups:
            names = user.groups.filter(name__in=self._groups).values_list("name", flat=True)
            found += [self._groups[name] for name in names]
        return max(found, default=None)


class _Read(dict[str, Any]):
    """The content of a session, for `get_user`, which would change the session itself after a change of keys.

    No answer of the dashboard carries Django's cookie, so a changed session would log the person out of the site.
    """

    def cycle_key(self) -> None:
        """Keep the key."""

    def flush(self) -> None:
        """Keep the session: the person's next request to Django ends it."""


def _session_and_user(request: Request) -> tuple[Any, Any]:
    """Return the Django session of a request, and its user."""
    from django.conf import settings
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    session = import_module(settings.SESSION_ENGINE).SessionStore(request.cookies.get(settings.SESSION_COOKIE_NAME))
    ours = HttpRequest()
    ours.session = _Read(session.items())
    return session, get_user(ours)


def _check_django() -> None:
    """Refuse a Django that cannot say who is logged in."""
    if find_spec("django") is None:
        raise InvalidSettings("DjangoAuth needs Django: pip install django.")
    from django.apps import apps
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        engine = settings.SESSION_ENGINE
    except ImproperlyConfigured as exc:
        raise InvalidSettings(
            "Django is not configured. Set DJANGO_SETTINGS_MODULE before DjangoAuth is made."
        ) from exc
    if not apps.ready:
        raise InvalidSettings(
            "Django is not set up yet. Make DjangoAuth below `get_asgi_application()`, or call `django.setup()` before."
        )
    needed = ["django.contrib.auth", *(["django.contrib.sessions"] if engine in _IN_TABLE else [])]
    missing = [name for name in needed if not apps.is_installed(name)]
    if missing:
        raise InvalidSettings(f"DjangoAuth needs {' and '.join(missing)} in INSTALLED_APPS. Add and migrate.")
    try:
        import_module(engine).SessionStore  # noqa: B018
    except (ImportError, AttributeError) as exc:
        raise InvalidSettings(f"SESSION_ENGINE={engine!r} cannot be used: {exc}.") from exc


def _check_users(with_permissions: bool, with_groups: bool) -> None:
    """Refuse rules that the project's users cannot follow."""
    from django.contrib.auth import get_user_model

    model = get_user_model()
    for given, part, argument in ((with_permissions, "has_perm", "permissions"), (with_groups, "groups", "groups")):
        if given and not hasattr(model, part):
            raise InvalidSettings(
                f"{argument}=... needs users with `{part}`, and {model.__name__} has none. Let it inherit from "
                "`PermissionsMixin`."
            )
