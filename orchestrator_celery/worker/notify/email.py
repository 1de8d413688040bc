"""Sends a notice as an email through the project's server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from orchestrator_celery.errors import NotificationFailed, NotificationRefused
from orchestrator_celery.model.observe.subscriptions import Notice
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.settings import OrchestratorSettings

__all__ = ("send",)

logger = safe_logger(__name__)

#: First digit of the codes with which a server refuses for the moment.
_FOR_NOW = 4
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def send(notice: dict[str, Any], to: list[str], timeout: float, settings: OrchestratorSettings) -> list[str]:
    """Send a notice and return the addresses that the server refused for the moment.

    Args:
        notice: the notice.
        to: the addresses.
        timeout: seconds that an answer of the server may take.
        settings: the settings, with the server and the sender.

    Raises:
        NotificationFailed: it may succeed later.
        NotificationRefused: it will never succeed.
    """
    if settings.smtp_url is None or settings.email_from is None:
        raise NotificationRefused(
            "No email can be sent: set orchestrator_smtp_url and orchestrator_email_from, start the workers again, and "
            "retry the run."
        )
    message = _message(Notice.model_validate(notice), to, settings.email_from)
    try:
        with _server(urlsplit(settings.smtp_url), timeout) as server:
            return _refused_for_now(server.send_message(message))
    except smtplib.SMTPRecipientsRefused as exc:
        if left := _refused_for_now(exc.recipients):
            return left
        raise _of(False, "it refused all addresses") from None
    except smtplib.SMTPResponseException as exc:
        raise _of(_may_pass(exc.smtp_code), f"it answered with status {exc.smtp_code}") from None
    except ssl.SSLCertVerificationError as exc:
        raise _of(False, f"its certificate is not valid: {exc.verify_message}") from None
    except smtplib.SMTPServerDisconnected as exc:
        raise _of(True, f"{type(exc).__name__}: {exc}") from None
    except smtplib.SMTPException as exc:  # for example, it does not offer STARTTLS
        raise _of(False, type(exc).__name__) from None
    except OSError as exc:
        raise _of(True, f"{type(exc).__name__}: {exc}") from None


def _refused_for_now(refused: Mapping[str, tuple[int, bytes]]) -> list[str]:
    """Return the addresses that the server may take later, and log how many it will never take."""
    later = [address for address, (code, _) in refused.items() if _may_pass(code)]
    if len(later) < len(refused):
        logger.warning("A mail server refused %d addresses.", len(refused) - len(later), extra={"action": "email"})
    return later


def _may_pass(code: int) -> bool:
    return code // 100 == _FOR_NOW


def _of(later: bool, why: str) -> NotificationFailed | NotificationRefused:
    kind = NotificationFailed if later else NotificationRefused
    return kind(f"The server of orchestrator_smtp_url did not take the email: {why}.")


def _server(url: SplitResult, timeout: float) -> smtplib.SMTP:
    host, port = str(url.hostname), url.port or _PORTS[url.scheme]
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=context)
        if url.username is not None:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _message(notice: Notice, to: list[str], sender: str) -> EmailMessage:
    run = notice.run
    name = printable(run.name or ", ".join(run.tasks) or run.id)
    facts = {
        "Run": run.id,
        "Name": run.name,
        "Status": notice.status.value,
        "Since": f"{notice.time:%Y-%m-%d %H:%M:%S} UTC",
        "Tasks": f"{run.done} of {run.total} succeeded, {run.failed} failed",
        "Category": run.category or "",
        "Tags": ", ".join(run.tags),
        "Created": f"{run.created:%Y-%m-%d %H:%M:%S} UTC",
        "Subscription": notice.subscription,
    }
    message = EmailMessage()
    message["Subject"] = f"{name[:200]} is {notice.status.value}"
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = format_datetime(notice.time)
    message["Message-ID"] = f"<{notice.key}@orchestrator-celery>"  # the same if it is sent twice
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"{label}: {printable(value)}" for label, value in facts.items() if value]
    message.set_content(
        "\n".join([*lines, "", f"To find out why: celery orchestrator show {printable(run.id)}"]) + "\n"
    )
    return message
