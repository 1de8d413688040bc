"""Makes values safe to show: plain JSON, without secrets, and not longer than a person reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from orchestrator_celery import (
    ApprovalView,
    InvalidSettings,
    ItemView,
    LogLine,
    NodeView,
    Orchestrator,
    redacted,
)

__all__ = ("Redaction", "Shown")

#: Most characters of a value that are shown, and most levels of nesting.
_LONGEST, _DEEPEST = 200_000, 40
_HIDDEN = "**"
#: Whole numbers above are not exact in a browser.
_EXACT = 2**53
#: Fields of views that hold texts of tasks and people.
_TEXTS = frozenset({"message", "traceback", "note"})


class Shown(BaseModel):
    """A value of a task: its arguments, its result, its checkpoint.

    Args:
        value: the value as JSON; what JSON does not know is text.
        exact: whether the value is JSON as it stands, and no part was hidden or left out.
        cut: whether parts were left out because the value is long.
    """

    value: Any = None
    exact: bool = True
    cut: bool = False


class Redaction:
    """Hides secrets in texts and values that the dashboard shows.

    Args:
        hook: a function (text) -> text; by default `orchestrator_redact`, or else the function that removes the values
            of keys such as password, token or api_key.
    """

    def __init__(self, hook: Callable[[str], str]) -> None:
        self._hook = hook

    @classmethod
    def of(cls, found: Orchestrator, hook: Callable[[str], str] | None) -> Redaction:
        """Return the redaction of a project.

        Raises:
            InvalidSettings: `orchestrator_redact` cannot be imported.
        """
        path = found.settings.redact
        if hook is None and path is not None:
            module, _, name = path.replace(":", ".").rpartition(".")
            try:
                hook = getattr(import_module(module), name)
            except (ImportError, AttributeError, ValueError) as exc:
                raise InvalidSettings(f"orchestrator_redact={path!r} cannot be imported: {exc}") from exc
        return cls(hook or redacted)

    def text(self, text: str) -> str:
        """Return a text without secrets. If the hook fails, nothing of the text is shown."""
        try:
            return str(self._hook(text))
        except Exception:  # a hook of the project may raise anything; a secret must not be shown
            return _HIDDEN

    def shown(self, value: Any) -> Shown:
        """Return a value as plain JSON without secrets."""
        walk = _Walk(self)
        return Shown(value=walk.plain(value, 0), exact=walk.exact, cut=walk.cut)

    def node(self, view: NodeView) -> NodeView:
        """Return a node, and the nodes below it, without secrets in their errors, messages and answers."""
        return NodeView.model_validate(self._errors(view.model_dump()))

    def item(self, view: ItemView) -> ItemView:
        """Return an item without secrets in its error and messages."""
        return ItemView.model_validate(self._errors(view.model_dump()))

    def line(self, line: LogLine) -> LogLine:
        """Return a log line without secrets."""
        return line.model_copy(update={"message": self.text(line.message), "exception": self.text(line.exception)})

    def approval(self, view: ApprovalView) -> ApprovalView:
        """Return a waiting approval without secrets in its message and its input."""
        return view.model_copy(update={"message": self.text(view.message), "given": self.shown(view.given).value})

    def _errors(self, facts: Any) -> Any:
        """Return the fields of a view with its texts redacted, at every level."""
        if isinstance(facts, dict):
            return {
                name: self.text(value) if name in _TEXTS and isinstance(value, str) else self._errors(value)
                for name, value in facts.items()
            }
        return type(facts)(self._errors(part) for part in facts) if isinstance(facts, list | tuple) else facts

    def hides(self, key: str) -> bool:
        """Whether the value of a key is a secret."""
        return self.text(f"{key}=x1y2z3") != f"{key}=x1y2z3"


class _Walk:
    """One walk through a value, with what is left of its budget."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._left = _LONGEST
        self.exact = True
        self.cut = False

    def plain(self, value: Any, depth: int) -> Any:
        self._left -= 4
        if self._left < 0 or depth > _DEEPEST:
            self.exact, self.cut = False, True
            return "..."
        if _is_exact(value):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {self._key(key): self._of_key(key, value[key], depth) for key in self._some(value)}
        if isinstance(value, list | tuple):
            self.exact = self.exact and isinstance(value, list)
            return [self.plain(part, depth + 1) for part in self._some(value)]
        return self._other(value)

    def _some(self, values: Any) -> Any:
        """Yield values as long as there is budget left."""
        for value in values:
            if self._left < 0:
                self.exact, self.cut = False, True
                return
            yield value

    def _key(self, key: Any) -> str:
        return self._text(key) if isinstance(key, str) else str(self._other(key))

    def _of_key(self, key: Any, value: Any, depth: int) -> Any:
        if isinstance(key, str) and value is not None and self._redaction.hides(key):
            self.exact = False
            return _HIDDEN
        return self.plain(value, depth + 1)

    def _text(self, text: str) -> str:
        if len(text) > self._left:
            text, self.exact, self.cut = text[: self._left] + "...", False, True
        self._left -= len(text)
        shown = self._redaction.text(text)
        self.exact = self.exact and shown == text
        return shown.encode("utf-8", "replace").decode()

    def _other(self, value: Any) -> str:
        """Return a value that JSON does not know as text."""
        self.exact = False
        try:
            return self._text(str(value))
        except Exception:  # the value is an object of the project, whose `__str__` may raise anything
            return f"<{type(value).__name__}>"


def _is_exact(value: Any) -> bool:
    """Whether JSON and a browser keep a number, a bool or None as it is."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < _EXACT)
