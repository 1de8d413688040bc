"""Chooses the next nodes of a graph from a node's definition and the data of the run.

A definition names other nodes by their number in the graph, and END as `$`. Its declarations stand in the
order in which the user made them:

    {"to": "3"}                                                          always taken
    {"when": [[condition, "3"], ...], "otherwise": "4", "mode": "first"}  taken if the condition is true
    {"keys": [["high", "3"], ...], "otherwise": "4", "mode": "all"}       taken if the key equals the result
    {"keys": ..., "asked": "5"}                                           taken if the key equals the answer of router 5
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from orchestrator_celery.canvas.conditions.language import Facts
from orchestrator_celery.canvas.graphs.edge_selection import select_targets
from orchestrator_celery.canvas.retry import matches_error

__all__ = ("after_error", "pause", "targets")


def targets(declarations: Iterable[Mapping[str, Any]], facts: Facts, answer: Callable[[str], Any] | None = None) -> str:
    """Return the targets after a success, in the order of their declaration, without repetitions; '' for none.

    Args:
        declarations: the declarations of the node.
        facts: the values that conditions may read.
        answer: returns the answer of a router, by the router's number.

    Raises:
        ConditionError: a strict condition reads a missing value.

    >>> routes = [{"keys": [["high", "0"], ["low", "1"]], "otherwise": "2"}, {"to": "3"}]
    >>> targets(routes, Facts("low", None, None, 1, lambda name: None))
    '1,3'
    """
    found = (target for item in declarations for target in select_targets(item, facts, _key(item, facts, answer)))
    return ",".join(dict.fromkeys(found))


def after_error(
    policy: Mapping[str, Any] | None,
    edges: Sequence[tuple[Sequence[str] | None, str]],
    names: Sequence[str],
    tries: int,
) -> str | None:
    """Decide the consequence of a failure: `again` for a retry, the target of an error edge, or None for failure.

    Args:
        policy: the retry policy of the node.
        edges: the error edges in order: the names of errors (None for any) and the target.
        names: the names of the error's class and base classes, with and without their module.
        tries: how often the node was retried so far.
    """
    if policy is not None and tries + 1 < policy["attempts"] and matches_error(policy.get("on"), names):
        return "again"
    return next((target for on, target in edges if matches_error(on, names)), None)


def pause(policy: Mapping[str, Any], tries: int, seed: str) -> int:
    """Return the milliseconds before the next retry. The random part depends only on `seed` and `tries`.

    >>> pause({"backoff": 1.0, "factor": 2.0, "longest": 300.0, "jitter": False}, 3, "r:0.1.0")
    8000
    """
    try:
        seconds = min(policy["longest"], policy["backoff"] * policy["factor"] ** tries)
    except OverflowError:
        seconds = policy["longest"]
    if policy.get("jitter", True):
        fraction = int.from_bytes(sha256(f"{seed}:{tries}".encode()).digest()[:4], "big") / 2**32
        seconds *= 0.5 + fraction / 2
    return int(seconds * 1000)


def _key(declaration: Mapping[str, Any], facts: Facts, answer: Callable[[str], Any] | None) -> Any:
    """Return the key to look up in a mapping: a router's answer, an approval's decision, or the result."""
    if "asked" in declaration and answer is not None:
        return answer(declaration["asked"])
    return facts.result["decision"] if declaration.get("decision") else facts.result
