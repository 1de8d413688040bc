"""Ready-made signatures for subscriptions: `notify.webhook` and `notify.email`; the tasks run in any worker."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from urllib.parse import SplitResult, urlsplit

from celery.canvas import Signature

from orchestrator_celery.errors import InvalidSubscription, NotificationRefused
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("EMAIL_TASK", "SIGNATURE", "TIMESTAMP", "WEBHOOK_TASK", "email", "split_url", "verify", "webhook")

WEBHOOK_TASK = "orchestrator.webhook"  #: the name of the task that posts a notice
EMAIL_TASK = "orchestrator.email"  #: the name of the task that sends a notice as an email
TIMESTAMP = "Orchestrator-Timestamp"  #: the header of a webhook's request with the time of sending
SIGNATURE = "Orchestrator-Signature"  #: the header of a webhook's request with the signature of its body
#: The name of an environment variable, as distinct from a secret or a URL.
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_DAY = 24 * 3600
_MOST_RETRIES = 100


def webhook(url: str, *, secret: str | None = None, retries: int = 8, timeout: float = 10.0) -> Signature:
    """Return a signature that posts the notice to a URL, as JSON.

    It is tried again, after growing pauses, if the server cannot be reached, is slow, or answers 408, 425, 429 or 5xx.
    Any other answer than 2xx fails the task. Redirects are not followed. Addresses that are not public are refused,
    unless `orchestrator_notify_private` allows them.

    Args:
        url: where to post to; or the name of an environment variable of the workers that holds the URL, such as
            `CHAT_URL`, if the URL is secret itself.
        secret: the name of an environment variable of the workers, such as `HOOK_SECRET`, that holds the secret with
            which the body is signed. The secret itself never gets into Redis, into a message or into a log.
        retries: how often it is tried again.
        timeout: seconds that one try may take.

    Raises:
        InvalidSubscription: an argument is not allowed.
    """
    if not (isinstance(url, str) and (_NAME.fullmatch(url) or split_url(url))):
        raise InvalidSubscription(
            "url= is no URL: give one such as https://example.com/hook, without a user and a password, or the name "
            "of an environment variable."
        )
    if secret is not None and not (isinstance(secret, str) and _NAME.fullmatch(secret)):
        raise InvalidSubscription(
            "secret= is not the name of an environment variable, such as HOOK_SECRET: put the secret into one of the "
            "workers, and give its name. Then the secret gets into no record and no message."
        )
    _check_tries(retries, timeout)
    kwargs = {"url": url, "secret": secret, "retries": retries, "timeout": timeout}
    return Signature(WEBHOOK_TASK, kwargs=kwargs)


def email(to: str | Iterable[str], *, retries: int = 8, timeout: float = 30.0) -> Signature:
    """Return a signature that sends the notice as an email, through the server of `orchestrator_smtp_url`.

    It is tried again, after growing pauses, if the server cannot be reached or refuses for the moment.

    Args:
        to: one or more addresses.
        retries: how often it is tried again.
        timeout: seconds that an answer of the server may take.

    Raises:
        InvalidSubscription: an argument is not allowed.
    """
    addresses = [to] if isinstance(to, str) else list(to)
    for address in addresses:
        _check_address(address)
    if not addresses:
        raise InvalidSubscription("to=() names nobody: give an address.")
    _check_tries(retries, timeout)
    return Signature(EMAIL_TASK, kwargs={"to": addresses, "retries": retries, "timeout": timeout})


def verify(body: bytes, headers: Mapping[str, str], secret: str, *, tolerance: float = 300.0) -> None:
    """Check that a request was made by `webhook`, with your secret, and lately. Call it in your server.

    Args:
        body: the body as it came, before it is parsed.
        headers: the headers of the request.
        secret: the secret itself.
        tolerance: seconds for which a request is valid, so that nobody can send it again later.

    Raises:
        NotificationRefused: the signature is missing or wrong, or the request is too old.
    """
    found = {name.lower(): value for name, value in headers.items()}
    moment, signature = found.get(TIMESTAMP.lower(), ""), found.get(SIGNATURE.lower(), "")
    if not re.fullmatch(r"\d{1,12}", moment) or not hmac.compare_digest(
        signed(body, moment, secret).encode(), signature.encode("utf-8", "replace")
    ):
        raise NotificationRefused("The signature of the request is missing or wrong: answer with status 401.")
    if abs(time.time() - int(moment)) > tolerance:
        raise NotificationRefused(
            f"The request is older than {tolerance:g} s, or the clocks differ: answer with status 401."
        )


def signed(body: bytes, moment: str, secret: str) -> str:
    """Return the signature of a body.

    Args:
        body: the body.
        moment: seconds since the epoch.
        secret: the secret.

    >>> signed(b"{}", "1700000000", "s")[:14]
    'sha256=e9232c9'
    """
    return "sha256=" + hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL to which notices may be posted; None if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or port == 0 or not is_plain:
        return None
    return parts


def _check_tries(retries: int, timeout: float) -> None:
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= _MOST_RETRIES:
        raise InvalidSubscription(
            f"retries={safe_repr(retries)} is not allowed: give a number from 0 to {_MOST_RETRIES}."
        )
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout <= _DAY:
        raise InvalidSubscription(f"timeout={safe_repr(timeout)} is not allowed: give seconds, more than 0.")


def _check_address(address: object) -> None:
    try:
        found = Address(addr_spec=address) if isinstance(address, str) and address.isprintable() else None
    except (MessageError, ValueError, IndexError):
        found = None
    if found is None or not found.username or not found.domain:
        raise InvalidSubscription(f"to={safe_repr(address)} is no address: give one such as ada@example.com.")
