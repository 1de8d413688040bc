"""Retry: how often a node of a graph is tried, after which pauses, and on which errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, TypeAlias

from orchestrator_celery.canvas.options import spelled
from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("Errors", "Retry", "class_names", "error_names", "is_meant", "retry_flaws", "retry_json")

#: How errors may be named: a class or its name, or several of them.
Errors: TypeAlias = str | type[BaseException] | Iterable[str | type[BaseException]]


#: An attempt and one more.
_FEWEST = 2


@spelled("__init__")
@dataclass(frozen=True)
class Retry:
    """A retry policy of a node, or of all nodes of a graph; each attempt is a fresh run of the node's body.

    The pause before an attempt is `backoff` seconds before the second, and `factor` times the one before
    from then on, never more than `longest`.

    Args:
        attempts: most attempts, the first included; at least 2.
        backoff: seconds before the second attempt.
        factor: by how much the pause grows from one attempt to the next; at least 1.
        longest: seconds that no pause exceeds.
        jitter: take a random part of each pause, so that many that failed together do not come back together.
        on: names of error classes, or the classes; their subclasses count, too. None: any error.
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
        """As it stands in a graph's definition."""
        found = asdict(self)
        return {name: value for name, value in found.items() if name != "on" or value is not None}


def retry_json(value: Any) -> dict[str, Any] | None:
    """A retry policy as it may be written: a `Retry`, a number of attempts, a mapping of its arguments, None.

    Raises:
        InvalidWorkflow: it is none of them, or makes no sense.
    """
    if value is None:
        return None
    if isinstance(value, Retry):
        return value.json
    try:
        return (Retry(**value) if isinstance(value, Mapping) else Retry(value)).json
    except TypeError as error:
        raise InvalidWorkflow(f"retry={value!r} is not allowed ({error}): give Retry(attempts=3).") from None


def retry_flaws(policy: Any) -> Iterator[tuple[str, str]]:
    """What makes no sense in a policy: message and hint of each flaw."""
    if not isinstance(policy, Mapping):
        yield f"retry={policy!r} is not allowed", "give Retry(attempts=3)"
        return
    attempts = policy.get("attempts")
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < _FEWEST:
        yield f"retry with attempts={attempts!r} tries nothing again", "the first attempt counts: give at least 2"
    for name, least in (("backoff", 0), ("factor", 1), ("longest", 0)):
        value = policy.get(name, least)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < inf:
            yield f"retry with {name}={value!r} is not allowed", f"give a number of at least {least}"
    names = policy.get("on", ["Exception"])
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) and name for name in names):
        yield f"retry with on={names!r} is not allowed", "give names of error classes, such as on=['TimeoutError']"


def error_names(on: Errors | None) -> list[str] | None:
    """Names of the error classes that are meant; None for any.

    Raises:
        InvalidWorkflow: something else than a class of errors or its name, or none at all.
    """
    if on is None:
        return None
    given = [on] if isinstance(on, (str, type)) else list(on) if isinstance(on, Iterable) else [on]
    names = [one.__name__ if isinstance(one, type) and issubclass(one, BaseException) else one for one in given]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise InvalidWorkflow(
            f"on={on!r} is not allowed: give an error class or its name, such as on=['CardDeclined'], or None for any."
        )
    return list(dict.fromkeys(names))


def class_names(error: BaseException) -> list[str]:
    """Names by which an error can be asked for: its class and the bases of that, with and without their module.

    >>> class_names(KeyError())[:4]
    ['KeyError', 'builtins.KeyError', 'LookupError', 'builtins.LookupError']
    """
    kinds = [kind for kind in type(error).__mro__ if kind is not object]
    return [name for kind in kinds for name in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}")]


def is_meant(on: Iterable[str] | None, names: Iterable[str]) -> bool:
    """Whether an error with these names is one of those that are asked for; None for any."""
    return on is None or not {*on}.isdisjoint(names)
