"""Logging in at an OpenID Connect provider: the authorization code flow with PKCE, and roles by a claim.

Sources: OpenID Connect Core 1.0, sections 3.1.2 (the request), 3.1.3.7 (checks of the ID token) and 5.3.2 (the subject
of user info); RFC 7636 (PKCE). Authlib makes and sends the requests, joserfc checks signatures and claims.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Literal
from urllib.parse import urlsplit

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.access.logins import role_of
from orchestrator_celery.dashboard.server.access.roles import Role, Visitor
from orchestrator_celery.dashboard.server.access.sessions import is_loopback_host

__all__ = ("LoginFailed", "OIDCAuth", "PendingLogin")

#: Seconds for which the addresses and keys of the provider are kept, and that it may take to answer.
_KEPT, _PATIENCE = 3600.0, 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
#: Seconds that clocks of the provider and of this machine may differ.
_LEEWAY = 60
#: Claims that name a person, the first that is there.
_NAMES = ("preferred_username", "email", "name", "sub")

#: Facts of a login between its two requests; the browser keeps them in a signed cookie.
PendingLogin = dict[str, str]


class LoginFailed(Exception):
    """A login at the provider did not succeed.

    Args:
        code: what the login page explains: `denied`, `expired`, `unreachable` or `no_role`.
        reason: the reason, for the audit trail.
    """

    def __init__(self, code: Literal["denied", "expired", "unreachable", "no_role"], reason: str) -> None:
        super().__init__(reason)
        self.code = code


class OIDCAuth:
    """People log in at an OpenID Connect provider, such as Keycloak, Entra ID, Okta or Google.

    Register `<address of the dashboard>/api/login/callback` as redirect address at the provider.

    Args:
        issuer: the address of the provider, without `/.well-known/openid-configuration`.
        client_id: the id of the dashboard at the provider.
        client_secret: its secret.
        roles: for each value of the claim, the role: `viewer`, `operator` or `admin`. The highest counts.
        role_claim: the claim with the roles or groups of a person, in the ID token or in user info.
        default_role: the role of people without a value that `roles` names; None to refuse them.
        scope: what the provider is asked for.

    Raises:
        InvalidSettings: the libraries are not installed, the address is not HTTPS, a role is not known, or nobody
            could come in.
    """

    kind: Literal["oidc"] = "oidc"

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        roles: Mapping[str, str] | None = None,
        role_claim: str = "groups",
        default_role: str | None = None,
        scope: str = "openid profile email",
    ) -> None:
        _check(issuer, scope, roles, default_role)
        self._issuer = issuer.rstrip("/")
        self._client = client_id
        self._secret = client_secret
        self._roles = {value: role_of(role) for value, role in (roles or {}).items()}
        self._claim = role_claim
        self._default = None if default_role is None else role_of(default_role)
        self._scope = scope
        rules = repr((self._issuer, client_id, sorted(self._roles.items()), role_claim, self._default))
        self._stamp = hashlib.sha256(rules.encode()).hexdigest()[:16]
        self._provider = _Provider(self._issuer)

    def visitor(self, token: str | None, user: str | None, password: str | None) -> Visitor | None:
        """Return None: people log in at the provider only."""
        return None

    def knows(self, visitor: Visitor) -> bool:
        """Whether an older session was begun under the same rules about roles."""
        return visitor.stamp == self._stamp

    def start(self, callback: str) -> tuple[str, PendingLogin]:
        """Return the address of the provider's login page, and the facts that `finish` needs.

        Args:
            callback: the address to which the provider sends the browser back.

        Raises:
            LoginFailed: the provider does not answer.
        """
        facts = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._requests(callback) as client:
            address, _ = client.create_authorization_url(
                self._provider.address("authorization_endpoint"),
                state=facts["state"], nonce=facts["nonce"], code_verifier=facts["verifier"],
            )  # fmt: skip
        return str(address), facts

    def finish(self, callback: str, pending: PendingLogin | None, answer: Mapping[str, str]) -> Visitor:
        """Return who has logged in at the provider.

        Args:
            callback: the address to which the provider sent the browser back.
            pending: the facts from `start`; None if the browser has lost them.
            answer: the query of the callback: `code` and `state`, or `error`.

        Raises:
            LoginFailed: the provider refused, it does not answer, the login took too long or is not of this browser,
                or the person has no role.
        """
        if pending is None or not secrets.compare_digest(answer.get("state", "").encode(), pending["state"].encode()):
            raise LoginFailed("expired", "The login took too long, or was begun in another browser.")
        if "code" not in answer:
            raise LoginFailed("denied", f"The provider refused: {answer.get('error', 'no code')[:100]}")
        claims = self._claims(callback, pending, answer["code"])
        actor = next(str(claims[name]) for name in _NAMES if claims.get(name))[:200]
        role = self._role(claims.get(self._claim))
        if role is None:
            raise LoginFailed("no_role", f"{actor!r} has no role: no value of the claim {self._claim!r} is known.")
        return Visitor(actor=actor, role=role, stamp=self._stamp)

    def _claims(self, callback: str, pending: PendingLogin, code: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError
        from requests import RequestException

        try:
            with self._requests(callback) as client:
                token = client.fetch_token(
                    self._provider.address("token_endpoint"), code=code, code_verifier=pending["verifier"]
                )
                claims = self._provider.verified(token["id_token"], self._client, pending["nonce"])
                if self._claim not in claims and (address := self._provider.known().get("userinfo_endpoint")):
                    more = _json(client.get(address))
                    if more.get("sub") == claims["sub"]:
                        claims = {**more, **claims}
        except RequestException as exc:
            raise LoginFailed("unreachable", f"The provider does not answer: {type(exc).__name__}") from exc
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as exc:
            raise LoginFailed("denied", f"The provider's answer does not hold: {type(exc).__name__}") from exc
        return claims

    def _role(self, claim: object) -> Role | None:
        values: Sequence[object] = claim if isinstance(claim, list) else [claim]
        found = [self._roles[value] for value in values if isinstance(value, str) and value in self._roles]
        return max(found, default=self._default)

    def _requests(self, callback: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._client, self._secret, scope=self._scope, redirect_uri=callback,
            code_challenge_method="S256", default_timeout=_PATIENCE,
        )  # fmt: skip


class _Provider:
    """What the provider publishes: its addresses and keys.

    Args:
        issuer: its address.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._known: dict[str, Any] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def address(self, name: str) -> str:
        """Return one of its addresses."""
        return str(self.known()[name])

    def known(self, *, anew: bool = False) -> dict[str, Any]:
        """Return what it publishes, with its keys.

        Raises:
            LoginFailed: it does not answer, or answers for another issuer.
        """
        with self._lock:
            if anew or time.monotonic() > self._until:
                self._known = self._read()
                self._until = time.monotonic() + _KEPT
            return self._known

    def verified(self, token: str, client: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token, if its signature and its claims hold.

        Raises:
            JoseError: they do not.
        """
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jwk import KeySet

        try:
            read = jwt.decode(token, KeySet.import_key_set(self.known()["keys"]), algorithms=_ALGORITHMS)
        except (InvalidKeyIdError, ValueError):  # it has made a new key meanwhile
            read = jwt.decode(token, KeySet.import_key_set(self.known(anew=True)["keys"]), algorithms=_ALGORITHMS)
        rules = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.known()["issuer"]},
            aud={"essential": True, "value": client},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(read.claims)
        if read.claims.get("azp", client) != client:
            raise ValueError("the token was made for another client")
        return dict(read.claims)

    def _read(self) -> dict[str, Any]:
        import requests

        try:
            with requests.Session() as client:
                found = _json(client.get(f"{self._issuer}/.well-known/openid-configuration", timeout=_PATIENCE))
                if str(found["issuer"]).rstrip("/") != self._issuer:
                    raise LoginFailed("denied", f"{self._issuer} answers for {str(found['issuer'])[:100]!r}.")
                return {**found, "keys": _json(client.get(found["jwks_uri"], timeout=_PATIENCE))}
        except (requests.RequestException, ValueError, KeyError) as exc:
            raise LoginFailed("unreachable", f"The provider does not answer: {type(exc).__name__}") from exc


def _json(answer: Any) -> dict[str, Any]:
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")
    return found


def _check(issuer: str, scope: str, roles: Mapping[str, str] | None, default_role: str | None) -> None:
    missing = [name for name in ("authlib", "joserfc", "requests") if find_spec(name) is None]
    if missing:
        raise InvalidSettings(
            f"OIDCAuth needs {' and '.join(missing)}: pip install 'orchestrator-celery[dashboard,oidc]'."
        )
    address = urlsplit(issuer)
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback_host(address.netloc)):
        raise InvalidSettings(f"issuer={issuer!r} is no HTTPS address: secrets and tokens would travel in the open.")
    if "openid" not in scope.split():
        raise InvalidSettings(f"scope={scope!r} lacks `openid`: the provider would not say who logged in.")
    if not roles and default_role is None:
        raise InvalidSettings("Nobody could come in: give `roles`, `default_role`, or both.")
