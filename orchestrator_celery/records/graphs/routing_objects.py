"""Queues and exchanges of kombu as options: in a record each is a dict, from which the sender makes it again.

Celery takes `queue=Queue(...)` because it declares the queue when it sends. A run sends later, from other processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kombu.common import Broadcast
from kombu.entity import Exchange, Queue, binding

__all__ = ("from_plain", "to_plain")

#: The key of such a dict that holds the name of the class.
_CLASS = "kombu"
_NAMES = ("queue", "exchange")


def to_plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The same options with nothing in them that a serializer does not take; twice is as good as once.

    >>> to_plain({"exchange": Exchange("orders", type="topic"), "priority": 3})["exchange"]["name"]
    'orders'
    """
    return {name: _as_dict(value) if name in _NAMES else value for name, value in options.items()}


def from_plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that `to_plain` was given.

    >>> from_plain(to_plain({"queue": Queue("orders", max_priority=9)}))["queue"].max_priority
    9
    """
    return {name: _restored(value) if name in _NAMES else value for name, value in options.items()}


def _as_dict(value: Any) -> Any:
    if not isinstance(value, (Queue, Exchange)):
        return value
    kind = Broadcast if isinstance(value, Broadcast) else Queue if isinstance(value, Queue) else Exchange
    known = {name: one for name, one in value.as_dict(recurse=True).items() if one is not None and one != []}
    return {_CLASS: kind.__name__, **known}


def _restored(value: Any) -> Any:
    if not isinstance(value, Mapping) or _CLASS not in value:
        return value
    known = {name: one for name, one in value.items() if name != _CLASS}
    if value[_CLASS] == "Exchange":
        return Exchange(**known)
    if isinstance(known.get("exchange"), Mapping):
        known["exchange"] = Exchange(**known["exchange"])
    if "bindings" in known:
        known["bindings"] = [binding(**{**one, "exchange": Exchange(**one["exchange"])}) for one in known["bindings"]]
    if value[_CLASS] == "Broadcast":
        return Broadcast(known.pop("alias"), queue=known.pop("queue"), exchange=known.pop("exchange"))
    return Queue(**known)
