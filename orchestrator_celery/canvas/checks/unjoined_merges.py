"""Finds nodes without a join at which two tokens of one pass could arrive separately.

Tokens that leave a fork together merge at a join if both pass it. Two of them arrive separately at a node exactly
if two paths from the fork to the node share no join, and begin with targets that one decision can take together.
By Menger's theorem no such two paths exist if and only if every path passes one bottleneck: a place that two tokens
cannot pass separately. A bottleneck is a join, a target (which is taken once, however often it is chosen), or a
declaration that takes only one of its targets. A place on every path is on any single path, so the search tries the
places of one shortest path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.edges import Edge, adjacency

__all__ = ("UnjoinedMerge", "unjoined_merges")

#: A place that tokens pass: a node, or a part of a fork's decision.
_Place = tuple[str, str]
_Steps = Mapping[_Place, Iterable[_Place]]

#: The begin of a fork's paths. It has its own kind, so that a loop may lead back to the fork's node.
_BEGIN: _Place = ("fork", "")

#: The fewest targets that make a decision a fork.
_TWO = 2


class UnjoinedMerge(NamedTuple):
    """A node at which two tokens could arrive separately, and the decision that sends them out."""

    node: str
    fork: str
    first: str
    second: str


def unjoined_merges(
    nodes: Mapping[str, Mapping[str, Any]], edges: Iterable[Edge], single: Container[str]
) -> list[UnjoinedMerge]:
    """Return each node at which two tokens could arrive separately, with one decision that causes it.

    Args:
        nodes: the nodes by name.
        edges: all edges between known nodes.
        single: nodes whose result is always one key, whatever the mode of their mappings: approvals.
    """
    known = list(edges)
    sources: dict[str, set[str]] = {}
    for edge in known:
        sources.setdefault(edge.target, set()).add(edge.source)
    merging = [name for name in nodes if "join" not in nodes[name] and len(sources.get(name, ())) > 1]
    joins = {("node", name) for name in nodes if "join" in nodes[name]}
    forks: dict[str, list[Edge]] = {}
    for edge in known if merging else ():
        forks.setdefault(edge.source, []).append(edge)
    views = [view for fork, own in forks.items() for view in _fork_views(fork, own, known, joins, fork in single)]
    found = [name for name in merging if any(view.is_unjoined(name) for view in views)]
    # The tokens also arrive separately at every later merge. Only the first merges are reported.
    around = {name: frozenset(("node", other) for other in found if other != name) for name in found}
    first = [name for name in found if any(view.is_unjoined(name, around[name]) for view in views)]
    if not first:  # in a loop, each merge comes after the others
        first, around = found, dict.fromkeys(found, frozenset())
    return [next(view.merge_at(name) for view in views if view.is_unjoined(name, around[name])) for name in first]


class _ForkView(NamedTuple):
    """All paths that begin at a fork, for one combination of branches that can be taken together."""

    fork: str
    targets: list[str]
    steps: dict[_Place, list[_Place]]
    joins: set[_Place]

    def is_unjoined(self, name: str, without: frozenset[_Place] = frozenset()) -> bool:
        """Whether two tokens could arrive separately at a node without passing the places in `without`."""
        end = ("node", name)
        path = _shortest(self.steps, end, without)
        bottlenecks = [place for place in path[:-1] if place in self.joins or place[0] in ("target", "alternatives")]
        return bool(path) and all(_shortest(self.steps, end, without | {place}) for place in bottlenecks)

    def merge_at(self, name: str) -> UnjoinedMerge:
        """Return the merge at a node, with the first two targets of the fork that reachable it separately."""
        for pair in combinations(self.targets, 2):
            if self.is_unjoined(name, frozenset(("target", target) for target in self.targets if target not in pair)):
                return UnjoinedMerge(name, self.fork, *pair)
        raise AssertionError(f"Two tokens of {self.fork} reachable {name} separately by fewer than two targets.")


def _fork_views(fork: str, own: list[Edge], edges: list[Edge], joins: set[_Place], single: bool) -> Iterator[_ForkView]:
    """Yield the views of a fork with its own edges; none if its decisions take only one target each."""
    plain = list(dict.fromkeys(edge.target for edge in own if edge.kind == "edge"))
    declared = list({edge.position: edge for edge in own if edge.kind in ("branch", "otherwise")})
    outcomes = [_outcomes([edge for edge in own if edge.position == index], single) for index in declared]
    if len(plain) + len(outcomes) < _TWO and not any(kind == "together" for options in outcomes for kind, _ in options):
        return
    behind: dict[_Place, list[_Place]] = {
        ("node", source): [("node", target) for target in targets]
        for source, targets in adjacency(edges).items()
        if source != fork  # a token that returns to the fork gets a new decision
    }
    for chosen in product(*outcomes):
        targets = list(dict.fromkeys([*plain, *(target for _, several in chosen for target in several)]))
        steps = {**behind, **{("target", target): [("node", target)] for target in targets}}
        steps[_BEGIN] = [("target", target) for target in plain]
        for index, (kind, several) in enumerate(chosen):
            steps[_BEGIN].append((kind, str(index)))
            steps[kind, str(index)] = [("target", target) for target in several]
        yield _ForkView(fork, targets, steps, joins)


def _outcomes(branches: list[Edge], single: bool) -> list[tuple[str, list[str]]]:
    """Return the targets that one declaration can take: as alternatives, or together."""
    declaration = branches[0].declaration
    taken = [edge.target for edge in branches if edge.kind == "branch"]
    otherwise = [edge.target for edge in branches if edge.kind == "otherwise"]
    if declaration.get("mode") != "all" or (single and "router" not in declaration and "keys" in declaration):
        return [("alternatives", taken + otherwise)]
    return [("together", taken), *([("alternatives", otherwise)] if otherwise else [])]


def _shortest(steps: _Steps, end: _Place, without: Container[_Place]) -> list[_Place]:
    """Return a shortest path to a place that avoids the places in `without`; an empty list if none exists."""
    came: dict[_Place, _Place] = {_BEGIN: _BEGIN}
    waiting = deque([_BEGIN])
    while waiting and end not in came:
        here = waiting.popleft()
        for there in steps.get(here, ()):
            if there not in came and there not in without:
                came[there] = here
                waiting.append(there)
    path = [end] if end in came else []
    while path and path[-1] != _BEGIN:
        path.append(came[path[-1]])
    return path[::-1]
