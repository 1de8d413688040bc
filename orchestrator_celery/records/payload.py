"""Arguments, results and errors as bytes, through kombu's serializers.

JSON is stored as it is; any other serializer is named in front (`\\0name\\n`),
so that an app that uses pickle, YAML or msgpack gets back what it put in, and
only what its `accept_content` allows.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.utils.serialization import (
    UnpickleableExceptionWrapper,
    create_exception_cls,
    get_pickleable_exception,
)
from kombu.serialization import dumps, loads, prepare_accept_content, registry  # type: ignore[attr-defined, unused-ignore]

from orchestrator_celery.canvas.retry import class_names
from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.model.printing.safe_text import safe_str, safe_traceback

if TYPE_CHECKING:
    from celery import Celery

__all__ = ("Codec",)

_JSON = "json"


class Codec:
    """Encodes what an app's tasks take and give, by the app's own settings.

    Args:
        app: the Celery app, for `task_serializer`, `result_serializer` and what it accepts.
        max_bytes: limit of one payload.
    """

    def __init__(self, app: Celery, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes
        self._arguments = app.conf.task_serializer
        self._results = app.conf.result_serializer
        accept = {_JSON, *app.conf.accept_content, *(app.conf.result_accept_content or ())}  # our own records are JSON
        self._accept = prepare_accept_content(accept)

    def dump(self, value: Any, serializer: str | None = None) -> bytes:
        """Encode arguments.

        Raises:
            kombu.exceptions.EncodeError: a value cannot be serialised.
            PayloadTooLarge: over the limit.
        """
        return self._dump(value, serializer or self._arguments)

    def dump_result(self, value: Any) -> bytes:
        """Encode a task's return value; raises as `dump` does."""
        return self._dump(self._app.backend.prepare_value(value), self._results)

    def dump_error(self, exc: BaseException, trace: str | None = None, message: str | None = None) -> bytes:
        """Encode an exception as Celery's own backend would, with type, words and traceback beside it.

        Args:
            exc: the exception.
            trace: its traceback as text; None to take that of the exception.
            message: the words about it; None for those of the exception.
        """
        words = {
            "type": type(exc).__name__,
            "message": safe_str(exc) if message is None else message,
            "bases": class_names(exc)[1:],
            "traceback": trace if trace is not None else safe_traceback(exc),
            "exc": self._app.backend.prepare_exception(get_pickleable_exception(exc), self._results),  # type: ignore[arg-type, unused-ignore]
        }
        try:
            return self._dump(words, self._results)
        except PayloadTooLarge:
            # A character may take six bytes.
            short = {**words, "exc": None, "message": words["message"][: min(1000, self._max // 16)], "traceback": ""}
            return self._dump(short, self._results)

    def load(self, blob: bytes) -> Any:
        """Decode what `dump` or `dump_result` made.

        Raises:
            kombu.exceptions.ContentDisallowed: the app does not accept this serializer.
        """
        if blob[:1] != b"\0":
            return loads(blob.decode(), "application/json", "utf-8", accept=self._accept)
        name, _, data = blob[1:].partition(b"\n")
        encoder = registry._encoders[name.decode()]
        return loads(data, encoder.content_type, encoder.content_encoding, accept=self._accept)

    def load_error(self, blob: bytes) -> BaseException:
        """Decode an error into the exception Celery's backend would give back."""
        words = self.load(blob)
        if words["exc"] is None:
            return PayloadTooLarge(f"{words['type']}: {words['message']}")
        stored = words["exc"]
        wrapped = isinstance(stored, UnpickleableExceptionWrapper)  # by pickle
        exc = stored if wrapped else self._app.backend.exception_to_python(stored)
        if isinstance(exc, UnpickleableExceptionWrapper):
            exc = _unwrapped(exc)
        return _with_traceback(exc, words["traceback"])

    def load_error_words(self, blob: bytes) -> dict[str, str]:
        """Type, message and traceback of an error, as a plain dict."""
        words = self.load(blob)
        return {key: words[key] for key in ("type", "message", "traceback")}

    def load_error_names(self, blob: bytes) -> list[str]:
        """Names of an error's class and of its bases, with and without their module."""
        words = self.load(blob)
        return [words["type"], *words.get("bases", ())]

    def _dump(self, value: Any, serializer: str) -> bytes:
        _, _, data = dumps(value, serializer=serializer)
        blob = data.encode() if isinstance(data, str) else data
        if len(blob) > self._max:
            raise PayloadTooLarge(
                f"A payload of {len(blob):,} bytes is over orchestrator_max_payload ({self._max:,}): "
                "pass a reference (a path, a key) instead, or raise the limit."
            )
        return blob if serializer == _JSON else b"\0" + serializer.encode() + b"\n" + blob


class RemoteTraceback(Exception):
    """Where an error happened, as text: the cause of an exception that was raised in another process."""


def _unwrapped(wrapper: Any) -> BaseException:
    """Return an exception of the class whose instances cannot be pickled, so that `except` finds it.

    Such a class usually takes other arguments than it hands to `Exception`. Its constructor therefore does not run: the
    exception has its `args` and no other attributes. As in Celery, only a class of a module that this process has
    imported counts; otherwise a class of that name is made.
    """
    module, name, args = wrapper.exc_module, wrapper.exc_cls_name, tuple(wrapper.exc_args)
    cls = getattr(sys.modules.get(module), name, None)
    if not (isinstance(cls, type) and issubclass(cls, Exception)):
        cls = create_exception_cls(name, module)
    exc: BaseException = wrapper
    with suppress(Exception):  # raised by a `__new__` of the project
        found = cls.__new__(cls, *args)
        found.args = args
        exc = found
    return exc


def _with_traceback(exc: BaseException, trace: str) -> BaseException:
    if trace and exc.__cause__ is None:
        exc.__cause__ = RemoteTraceback("\n" + trace)
    return exc
