"""Posts a notice to a URL: signed, within a time, to allowed addresses only, and without following redirects."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult

from orchestrator_celery.canvas.notify_tasks import SIGNATURE, TIMESTAMP, signed, split_url
from orchestrator_celery.errors import NotificationFailed, NotificationRefused
from orchestrator_celery.worker.notify.addresses import connect_to_allowed

__all__ = ("post",)

#: Answers after which the same request may succeed later, beside all of 500 and above.
_LATER = frozenset({408, 425, 429})


def post(notice: Mapping[str, Any], url: str, secret: str | None, timeout: float, allowed: Sequence[str]) -> int:
    """Post a notice and return the status of the answer.

    Args:
        notice: the body.
        url: the URL, or the environment variable with it.
        secret: the environment variable with the secret; None for no signature.
        timeout: seconds that all of it may take.
        allowed: networks that are allowed beside public addresses.

    Raises:
        NotificationFailed: it may succeed later.
        NotificationRefused: it will never succeed.
    """
    parts = _parts(url)
    body = json.dumps(notice).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "orchestrator-celery", **_signature(body, secret)}
    headers["Idempotency-Key"] = str(notice.get("key", ""))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = (_Https if parts.scheme == "https" else _Http)(parts, timeout, allowed)
    try:
        with closing(connection), _limited(connection, timeout):
            connection.request("POST", target, body, headers)
            status = connection.getresponse().status
    except ssl.SSLCertVerificationError as exc:
        raise NotificationRefused(
            f"The certificate of {parts.hostname!r} is not valid: {exc.verify_message}."
        ) from None
    except (OSError, HTTPException) as exc:
        raise NotificationFailed(f"{parts.hostname!r} cannot be reached now: {type(exc).__name__}: {exc}") from None
    _check(status, str(parts.hostname))
    return status


def _parts(url: str) -> SplitResult:
    found = split_url(url) or split_url(_variable(url, "URL"))
    if found is None:
        raise NotificationRefused(f"The environment variable {url} of this worker holds no URL: give it one.")
    return found


def _signature(body: bytes, secret: str | None) -> dict[str, str]:
    if secret is None:
        return {}
    moment = str(int(time.time()))
    return {TIMESTAMP: moment, SIGNATURE: signed(body, moment, _variable(secret, "secret"))}


def _variable(name: str, what: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise NotificationRefused(
            f"This worker has no environment variable {name} with the {what} of a webhook: set it for all workers, and "
            "retry the run."
        )
    return found


def _check(status: int, host: str) -> None:
    kind = status // 100 * 100
    if kind == HTTPStatus.OK:
        return
    if status in _LATER or kind == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotificationFailed(f"{host!r} answered with status {status}.")
    if kind == HTTPStatus.MULTIPLE_CHOICES:
        raise NotificationRefused(
            f"{host!r} answered with status {status}, a redirect, which is not followed: give the URL that it names."
        )
    raise NotificationRefused(f"{host!r} answered with status {status}, so it will not take the notice.")


class _Http(HTTPConnection):
    """A connection to an allowed address."""

    def __init__(self, parts: SplitResult, timeout: float, allowed: Sequence[str]) -> None:
        super().__init__(str(parts.hostname), parts.port or 80, timeout=timeout)
        self._reach = (timeout, allowed)

    def connect(self) -> None:
        """Connect; `HTTPConnection` calls this."""
        self.sock = connect_to_allowed(self.host, self.port, *self._reach)


class _Https(HTTPSConnection):
    """An encrypted connection to an allowed address."""

    def __init__(self, parts: SplitResult, timeout: float, allowed: Sequence[str]) -> None:
        self._encryption = ssl.create_default_context()
        super().__init__(str(parts.hostname), parts.port or 443, timeout=timeout, context=self._encryption)
        self._reach = (timeout, allowed)

    def connect(self) -> None:
        """Connect; `HTTPSConnection` calls this."""
        connection = connect_to_allowed(self.host, self.port, *self._reach)
        self.sock = self._encryption.wrap_socket(connection, server_hostname=self.host)


@contextmanager
def _limited(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """End a connection after a time: the time-out of a socket begins anew with each byte of a slow answer.

    Raises:
        TimeoutError: the time is over. An answer that was cut is no answer.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise TimeoutError(f"it took longer than {seconds:g} s")
