"""Retry: the retry policy of a graph's node: attempts, pauses and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, TypeAlias

from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("Errors", "Retry", "class_names", "error_names", "matches_error", "retry_flaws", "retry_json")

#: The ways to name errors: a class, its name, or several of them.
Errors: TypeAlias = str | type[BaseException] | Iterable[str | type[BaseException]]


#: The fewest attempts that make a retry: the first attempt and one more.
_MIN_ATTEMPTS = 2


@spelled("__init__")
@dataclass(frozen=True)
class Retry:
    """The retry policy of one node, or of all nodes of a graph; each attempt runs the node's whole body again.

    The pause before the second attempt is `backoff` seconds. Each further pause is `factor` times the previous pause,
    and never longer than `longest`.

    Args:
        attempts: the most attempts, the first one included; at least 2.
        backoff: seconds before the second attempt.
        factor: the growth of the pause from one attempt to the next; at least 1.
        longest: the longest pause in seconds.
        jitter: wait a random part of each pause, so that nodes that failed together do not retry together.
        on: error classes or their names; subclasses are included. None: any error.
    """

    attempts: int
    backoff: float = 1.0
    factor: float = 2.0
    longest: float = 300.0
    jitter: bool = True
    on: Errors | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", error_names(self.on))
        for message, hint in retry_flaws(self.json):
            raise InvalidWorkflow(f"{message}: {hint}.")

    @property
    def json(self) -> dict[str, Any]:
        """The policy as a graph's definition holds it."""
        found = asdict(self)
        return {name: value for name, value in found.items() if name != "on" or value is not None}


def retry_json(value: Any) -> dict[str, Any] | None:
    """Convert a retry policy to JSON: a `Retry`, a number of attempts, a mapping of `Retry` arguments, or None.

    Raises:
        InvalidWorkflow: the value is of another kind, or an argument is not allowed.
    """
    if value is None:
        return None
    if isinstance(value, Retry):
        return value.json
    try:
        return (Retry(**value) if isinstance(value, Mapping) else Retry(value)).json
    except TypeError as error:
        raise InvalidWorkflow(f"retry={safe_repr(value)} is not allowed ({error}): give Retry(attempts=3).") from None


def retry_flaws(policy: Any) -> Iterator[tuple[str, str]]:
    """Yield the message and the hint of each invalid value in a policy."""
    if not isinstance(policy, Mapping):
        yield f"retry={safe_repr(policy)} is not allowed", "give Retry(attempts=3)"
        return
    attempts = policy.get("attempts")
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < _MIN_ATTEMPTS:
        yield f"retry with attempts={safe_repr(attempts)} never retries", "give at least 2: the first attempt counts"
    for name, least in (("backoff", 0), ("factor", 1), ("longest", 0)):
        value = policy.get(name, least)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < inf:
            yield f"retry with {name}={safe_repr(value)} is not allowed", f"give a number of at least {least}"
    names = policy.get("on", ["Exception"])
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) and name for name in names):
        yield (
            f"retry with on={safe_repr(names)} is not allowed",
            "give names of error classes, such as on=['TimeoutError']",
        )


def error_names(on: Errors | None) -> list[str] | None:
    """Return the names of the given error classes; None for any error.

    Raises:
        InvalidWorkflow: a value is neither an error class nor its name, or the list is empty.
    """
    if on is None:
        return None
    errors = [on] if isinstance(on, (str, type)) else list(on) if isinstance(on, Iterable) else [on]
    names = [
        error.__name__ if isinstance(error, type) and issubclass(error, BaseException) else error for error in errors
    ]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise InvalidWorkflow(
            f"on={safe_repr(on)} is not allowed: give an error class or its name, such as on=['CardDeclined'], or "
            "None for any."
        )
    return list(dict.fromkeys(names))


def class_names(error: BaseException) -> list[str]:
    """Return the names that match an error: its class and base classes, each with and without the module.

    >>> class_names(KeyError())[:4]
    ['KeyError', 'builtins.KeyError', 'LookupError', 'builtins.LookupError']
    """
    kinds = [kind for kind in type(error).__mro__ if kind is not object]
    return [name for kind in kinds for name in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}")]


def matches_error(on: Iterable[str] | None, names: Iterable[str]) -> bool:
    """Whether an error with these names is among the errors `on`; None matches any error."""
    return on is None or not {*on}.isdisjoint(names)
