"""What templates do on workers: three small tasks of our own, as plain functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts, value_of

__all__ = ("AB_SPLIT_TASK", "OWN_TASKS", "PASS_ON_TASK", "REJECTION_TASK", "rejection", "share", "variant")

AB_SPLIT_TASK = "orchestrator.ab_split"
PASS_ON_TASK = "orchestrator.pass_on"
REJECTION_TASK = "orchestrator.rejection"
OWN_TASKS = frozenset({AB_SPLIT_TASK, PASS_ON_TASK, REJECTION_TASK})


def variant(split: Mapping[str, Any], value: Any, draw: str) -> str:
    """The variant that a value belongs to.

    Args:
        split: `weights` by variant, `salt`, and perhaps `key`, an expression for what sticks to its variant.
        value: what the key is in.
        draw: what decides if there is no key.

    Raises:
        ConditionError: the value has no such key.

    >>> variant({"weights": {"a": 1, "b": 0}, "salt": ""}, None, "any")
    'a'
    """
    key = draw if split.get("key") is None else value_of(split["key"], Facts(value, None, None, 0, _nothing))
    # By name: the order of a JSON object is nobody's promise.
    weights: list[tuple[str, float]] = sorted(pair for pair in split["weights"].items() if pair[1] > 0)
    left = share(split["salt"], key) * sum(weight for _, weight in weights)
    for name, weight in weights:
        left -= weight
        if left < 0:
            return name
    return weights[-1][0]  # sums of floats may miss their end


def share(salt: str, key: Any) -> float:
    """Where a key lies between 0 and 1: the same in every process and for ever.

    >>> share("colours", "ada") == share("colours", "ada") != share("prices", "ada")
    True
    """
    text = key if isinstance(key, str) else json.dumps(key, sort_keys=True, default=str)
    digest = sha256(f"{len(salt)}:{salt}:{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def rejection(reason: Any, *, given: Any, stage: str) -> dict[str, Any]:
    """What a way out is told: what was rejected, where and why.

    Args:
        reason: what a check said, the error it failed with, or the answer of a person.
        given: what was rejected.
        stage: where.
    """
    return {"stage": stage, "reason": reason, "given": given}


def _nothing(name: str) -> Any:
    raise LookupError(name)
