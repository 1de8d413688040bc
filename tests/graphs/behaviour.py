"""What the bodies of random graphs do: a pure function of what is drawn for them and what they are given.

A body is plain data, so a real task that gets it as an argument does the same as the interpreter. It need not know visit or
attempt: another visit is given something else, mostly. One that is to come out otherwise the next time (`"flaky"`) counts its calls;
whoever runs it counts, so it is for where calls come in one order.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from zlib import crc32

from .declarations import Fail

__all__ = ("ERRORS", "Bodies", "Late", "Lost", "Wrong", "behave", "plain")

#: Of a body that fails: one in how many calls it does.
SOMETIMES = 3


class Lost(Exception):
    """Something is not there."""


class Late(Lost):
    """It is not there yet."""


class Wrong(Exception):
    """Something is there, and is wrong."""


ERRORS: dict[str, type[Exception]] = {kind.__name__: kind for kind in (Lost, Late, Wrong)}


def behave(body: dict[str, Any], given: Any, inputs: dict[str, Any], turn: int = 0) -> Any:
    """A body's value, or its error.

    Args:
        body: `name` and `seed`; `gives`, a kind of values; `fails`: "never", "sometimes" or "always"; `error`: its class.
        given: what was prepended, None if nothing was.
        inputs: keyword arguments of the node.
        turn: which call this is, for a flaky one.
    """
    at = [body["name"], body["seed"], plain(given), plain(inputs), turn if body.get("flaky") else 0]
    drawn = crc32(json.dumps(at, sort_keys=True).encode())
    if body["fails"] == "always" or (body["fails"] == "sometimes" and drawn % SOMETIMES == 0):
        raise ERRORS[body["error"]](body["name"])
    number = drawn // SOMETIMES % 4
    return {
        "number": number,
        "list": [drawn // 16**i % 4 for i in range(1, number + 1)],
        "dict": {"x": drawn // 64 % 4} if number else {},
        "decision": {"decision": "approved" if number % 2 else "rejected"},
        "key": [drawn // 64 % 4, number] if number > 1 else "x" if number else True,
    }[body["gives"]]


def plain(value: Any) -> Any:
    """The same without what two runs may tell differently: texts of errors."""
    if isinstance(value, dict) and {"type", "message"} <= value.keys():
        return {"type": value["type"].rpartition(".")[2]}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


class Bodies:
    """Bodies that are called, by the interpreter or by tasks."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        #: Who was called with what, in order.
        self.calls: list[tuple[str, Any, Any]] = []
        self.turns: Counter[str] = Counter()

    def __call__(self, body: dict[str, Any], visit: int, attempt: int, given: Any, **inputs: Any) -> Any:
        try:
            return self.real(body, given, inputs)
        except Exception as error:
            raise Fail(*(kind.__name__ for kind in type(error).__mro__[:-2]), message=str(error)) from None

    def real(self, body: dict[str, Any], given: Any, inputs: dict[str, Any]) -> Any:
        """As a task does it."""
        self.calls.append((body["name"], plain(given), plain(inputs)))
        self.turns[body["name"]] += 1
        return behave(body, given, inputs, self.turns[body["name"]])
