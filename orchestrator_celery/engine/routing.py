"""Where a token goes: from what a node's definition says and what is known, to a verdict.

A definition speaks of other nodes by their number in the graph, and of END as `$`. Its declarations stand in the
order in which the user made them:

    {"to": "3"}                                                          always
    {"when": [[condition, "3"], ...], "otherwise": "4", "mode": "first"}  those whose condition holds
    {"keys": [["high", "3"], ...], "otherwise": "4", "mode": "all"}       those whose key is the result
    {"keys": ..., "asked": "5"}                                           those whose key is the answer of router 5
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.canvas.edge_selection import select_targets
from orchestrator_celery.canvas.retry import matches_error

__all__ = ("after_error", "pause", "targets")


def targets(declarations: Iterable[Mapping[str, Any]], facts: Facts, answer: Callable[[str], Any] | None = None) -> str:
    """The targets that are taken after a good end, in the order of their declaration, each once; '' for none.

    Args:
        declarations: of the node.
        facts: what is known.
        answer: of a router, by its number.

    Raises:
        ConditionError: a strict condition looks at what is not there.

    >>> routes = [{"keys": [["high", "0"], ["low", "1"]], "otherwise": "2"}, {"to": "3"}]
    >>> targets(routes, Facts("low", None, None, 1, lambda name: None))
    '1,3'
    """
    found = (target for one in declarations for target in select_targets(one, facts, _key(one, facts, answer)))
    return ",".join(dict.fromkeys(found))


def after_error(
    policy: Mapping[str, Any] | None,
    edges: Sequence[tuple[Sequence[str] | None, str]],
    names: Sequence[str],
    tries: int,
) -> str | None:
    """What becomes of a failure: `again`, the target of an error edge, or None for the graph's failure.

    Args:
        policy: of its retries.
        edges: error edges in their order: names of errors, None for any, and the target.
        names: of the error's class and its bases, with and without their module.
        tries: how often it was tried again so far.
    """
    if policy is not None and tries + 1 < policy["attempts"] and matches_error(policy.get("on"), names):
        return "again"
    return next((target for on, target in edges if matches_error(on, names)), None)


def pause(policy: Mapping[str, Any], tries: int, seed: str) -> int:
    """Milliseconds before the next try; the random part of it is the same whoever asks, and differs by `seed`.

    >>> pause({"backoff": 1.0, "factor": 2.0, "longest": 300.0, "jitter": False}, 3, "r:0.1.0")
    8000
    """
    try:
        seconds = min(policy["longest"], policy["backoff"] * policy["factor"] ** tries)
    except OverflowError:
        seconds = policy["longest"]
    if policy.get("jitter", True):
        share = int.from_bytes(sha256(f"{seed}:{tries}".encode()).digest()[:4], "big") / 2**32
        seconds *= 0.5 + share / 2
    return int(seconds * 1000)


def _key(declaration: Mapping[str, Any], facts: Facts, answer: Callable[[str], Any] | None) -> Any:
    """What is looked up in a mapping: a router's answer, an approval's decision, or the result."""
    if "asked" in declaration and answer is not None:
        return answer(declaration["asked"])
    return facts.result["decision"] if declaration.get("decision") else facts.result
