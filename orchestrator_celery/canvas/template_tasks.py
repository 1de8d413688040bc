"""The functions behind the three tasks that templates run on workers."""

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
    """Choose the variant of a value.

    Args:
        split: `weights` by variant, `salt`, and optionally `key`. Equal values of the expression `key` always get the
            same variant.
        value: the value from which `key` is read.
        draw: the key to use if `split` has no `key`.

    Raises:
        ConditionError: the value does not have the key.

    >>> variant({"weights": {"a": 1, "b": 0}, "salt": ""}, None, "any")
    'a'
    """
    key = draw if split.get("key") is None else value_of(split["key"], Facts(value, None, None, 0, _no_node_results))
    # Sorted by name, because the order of keys in a JSON object is not guaranteed.
    weights: list[tuple[str, float]] = sorted(pair for pair in split["weights"].items() if pair[1] > 0)
    left = share(split["salt"], key) * sum(weight for _, weight in weights)
    for name, weight in weights:
        left -= weight
        if left < 0:
            return name
    return weights[-1][0]  # rounding errors can leave the sum of the weights slightly too small


def share(salt: str, key: Any) -> float:
    """Map a key to a fraction from 0 to 1 that is the same in every process and never changes.

    >>> share("colours", "ada") == share("colours", "ada") != share("prices", "ada")
    True
    """
    text = key if isinstance(key, str) else json.dumps(key, sort_keys=True, default=str)
    digest = sha256(f"{len(salt)}:{salt}:{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def rejection(reason: Any, *, given: Any, stage: str) -> dict[str, Any]:
    """Build the input of the rejection path: the rejected value, the stage and the reason.

    Args:
        reason: the result of a check, the error of a failed check, or a person's answer.
        given: the rejected value.
        stage: the name of the stage that rejected the value.
    """
    return {"stage": stage, "reason": reason, "given": given}


def _no_node_results(name: str) -> Any:
    raise LookupError(name)
