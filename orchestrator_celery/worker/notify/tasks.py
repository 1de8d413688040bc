"""Registers the tasks of `notify.webhook` and `notify.email`, which try again after growing pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator_celery.canvas.notify_tasks import EMAIL_TASK, WEBHOOK_TASK
from orchestrator_celery.errors import NotificationFailed, NotificationRefused
from orchestrator_celery.worker.notify.email import send
from orchestrator_celery.worker.notify.webhook import post

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("register_notify",)

Answer = TypeVar("Answer")

#: Seconds until the second try; each further pause is twice as long, up to the longest.
_FIRST, _LONGEST = 1.0, 600.0


def register_notify(container: Container) -> None:
    """Register the tasks with the app."""
    options: dict[str, Any] = {
        "bind": True,
        "shared": False,
        "typing": False,
        "throws": (NotificationRefused, NotificationFailed),
    }

    @container.app.task(name=WEBHOOK_TASK, **options)
    def webhook(self: Any, notice: Any, *, url: str, secret: str | None, retries: int, timeout: float) -> int:
        """Post the notice to a URL and return the status of the answer."""
        allowed = container.settings.notify_private
        return _try(self, retries, lambda: post(notice, url, secret, timeout, allowed))

    @container.app.task(name=EMAIL_TASK, **options)
    def email(self: Any, notice: Any, *, to: list[str], retries: int, timeout: float) -> int:
        """Send the notice as an email and return how many addresses it was sent to by this try."""
        left = _try(self, retries, lambda: send(notice, to, timeout, container.settings))
        if left:
            why = NotificationFailed(f"The mail server refused {len(left)} addresses for the moment.")
            raise _again(self, retries, why, kwargs={"to": left, "retries": retries, "timeout": timeout})
        return len(to)


def _try(task: Any, retries: int, call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except NotificationFailed as exc:
        raise _again(task, retries, exc) from None


def _again(task: Any, retries: int, exc: NotificationFailed, **changed: Any) -> BaseException:
    """Return the exception with which Celery tries a task again; raises the error after the last try."""
    pause = min(_FIRST * 2**task.request.retries, _LONGEST)
    again: BaseException = task.retry(exc=exc, countdown=pause, max_retries=retries, throw=False, **changed)
    return again
