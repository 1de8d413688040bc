"""Ways to log in: tokens, or names and passwords. `oidc.py` has a provider's login, `django_auth.py` Django's."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Literal, Protocol, runtime_checkable

from starlette.requests import Request
from starlette.responses import Response

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.access.roles import Role, Visitor
from orchestrator_celery.dashboard.server.problems import RefusedByAccess

__all__ = ("Auth", "BasicAuth", "NoRole", "SiteAuth", "TokenAuth", "hashed_password", "role_of")

_SCHEME = "scrypt"
#: Shortest token; a shorter one can be guessed.
_SHORTEST = 16


class Auth(Protocol):
    """A way to log in."""

    @property
    def kind(self) -> Literal["token", "basic", "oidc", "django"]:
        """What the login page asks for."""

    def visitor(self, token: str | None, user: str | None, password: str | None) -> Visitor | None:
        """Return the visitor of a token, or of a name and a password; None if they are wrong."""

    def knows(self, visitor: Visitor) -> bool:
        """Whether the visitor of an older session may still come in, with the same role."""


@runtime_checkable
class SiteAuth(Auth, Protocol):
    """The login of the site around the dashboard, which decides at each request who asks. All calls may block."""

    @property
    def secret(self) -> str:
        """The key of sessions, the same in all processes of the site."""

    def signed_in(self, request: Request) -> Visitor | None:
        """Return the visitor of a request; None if nobody is logged in to the site."""

    def sign_out(self, request: Request, response: Response) -> None:
        """Log the visitor out of the site."""

    def login_address(self, next: str) -> str:
        """Return the address of the site's login page, which sends the browser back to a path."""


class NoRole(RefusedByAccess):
    """Somebody is logged in to the site, and has no role in the dashboard.

    Args:
        user: the name.
    """

    def __init__(self, user: str) -> None:
        super().__init__(
            403, f"{user!r} has no role in this dashboard. Ask who runs it for one, or log in as somebody else."
        )
        self.user = user


class TokenAuth:
    """People and programs log in with a token: in the login page, or as `Authorization: Bearer <token>`.

    Args:
        tokens: for each token the name for the audit trail and the role: `viewer`, `operator` or `admin`.

    Raises:
        InvalidSettings: there is no token, a token is shorter than 16 characters, or a role is not known.
    """

    kind: Literal["token"] = "token"

    def __init__(self, tokens: Mapping[str, tuple[str, str]]) -> None:
        if not tokens or any(len(token) < _SHORTEST for token in tokens):
            raise InvalidSettings(
                f"Tokens of the dashboard need at least {_SHORTEST} characters. Make one with "
                "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
            )
        self._visitors = {
            _digest(token): Visitor(actor=actor, role=role_of(role), stamp=_digest(token)[:16])
            for token, (actor, role) in tokens.items()
        }

    def visitor(self, token: str | None, user: str | None, password: str | None) -> Visitor | None:
        """Return the visitor of a token; None if it is wrong."""
        given, found = _digest(token or ""), None
        for digest, visitor in self._visitors.items():  # all of them, so that the time says nothing
            if hmac.compare_digest(digest, given):
                found = visitor
        return found

    def knows(self, visitor: Visitor) -> bool:
        """Whether the token of an older session is still there, with the same role."""
        return visitor in self._visitors.values()


class BasicAuth:
    """People log in with a name and a password.

    Args:
        users: for each name the password and the role. A password is text, or what `hashed_password` returned.

    Raises:
        InvalidSettings: there is no user, or a role is not known.
    """

    kind: Literal["basic"] = "basic"

    def __init__(self, users: Mapping[str, tuple[str, str]]) -> None:
        if not users or not all(password for password, _ in users.values()):
            raise InvalidSettings("The dashboard needs at least one user, and each user a password.")
        self._users = {
            name: (password if password.startswith(f"{_SCHEME}:") else hashed_password(password), role_of(role))
            for name, (password, role) in users.items()
        }
        self._stranger = hashed_password(secrets.token_hex(16))

    def visitor(self, token: str | None, user: str | None, password: str | None) -> Visitor | None:
        """Return the visitor of a name and a password; None if they are wrong."""
        kept, role = self._users.get(user or "", (self._stranger, Role.VIEWER))
        if not _fits(password or "", kept) or kept == self._stranger:
            return None
        return Visitor(actor=user or "", role=role, stamp=_digest(kept)[:16])

    def knows(self, visitor: Visitor) -> bool:
        """Whether the user of an older session is still there, with the same password and role."""
        kept = self._users.get(visitor.actor)
        return kept is not None and kept[1] == visitor.role and _digest(kept[0])[:16] == visitor.stamp


def role_of(name: str) -> Role:
    """Return a role by its name.

    Raises:
        InvalidSettings: there is no such role.
    """
    try:
        return Role[name.upper()]
    except KeyError:
        known = ", ".join(role.word for role in Role)
        raise InvalidSettings(f"{name!r} is no role of the dashboard. Use one of {known}.") from None


def hashed_password(password: str) -> str:
    """Return a password as `scrypt:<salt>:<hash>`, for the file of users."""
    salt = secrets.token_hex(16)
    return f"{_SCHEME}:{salt}:{_scrypt(password, salt)}"


def _fits(password: str, kept: str) -> bool:
    _, salt, digest = kept.split(":", 2)
    return hmac.compare_digest(_scrypt(password, salt), digest)


def _scrypt(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
