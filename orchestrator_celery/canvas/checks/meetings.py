"""Where two tokens could arrive at a node that joins nothing, without having met before.

Tokens that leave a fork together meet at a join if both come by it. So two of them arrive apart at a node exactly
if there are two paths from the fork to it that share no join, and begin with targets that one decision can take
together. By Menger's theorem there are none if and only if something lies on every path that no two tokens can
pass apart: a join, a target (which is taken once, however often it is chosen), or a declaration that takes one of
its targets. Whatever lies on every path lies on any one of them, so it is looked for on a shortest one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any, NamedTuple

from orchestrator_celery.canvas.checks.ways import Way, map_of

__all__ = ("Meeting", "meetings")

#: A place that tokens come by: a node, or a part of a fork's decision.
_Place = tuple[str, str]
_Steps = Mapping[_Place, Iterable[_Place]]

#: Where the paths of a fork begin; of its own kind, so that a loop may lead back to the fork itself.
_BEGIN: _Place = ("fork", "")

#: A decision that takes fewer targets parts nothing.
_TWO = 2


class Meeting(NamedTuple):
    """A node where two tokens could arrive apart, and the decision that parts them."""

    node: str
    fork: str
    first: str
    second: str


def meetings(nodes: Mapping[str, Mapping[str, Any]], ways: Iterable[Way], single: Container[str]) -> list[Meeting]:
    """Each node where two tokens could arrive apart, with one decision that brings it about.

    Args:
        nodes: by name.
        ways: all edges between known nodes.
        single: nodes whose result is one key, whatever the mode of their mappings: approvals.
    """
    known = list(ways)
    sources: dict[str, set[str]] = {}
    for way in known:
        sources.setdefault(way.target, set()).add(way.source)
    merging = [name for name in nodes if "join" not in nodes[name] and len(sources.get(name, ())) > 1]
    joins = {("node", name) for name in nodes if "join" in nodes[name]}
    views = [view for fork in map_of(known) for view in _views(fork, known, joins, fork in single)] if merging else []
    found = [name for name in merging if any(view.parted(name) for view in views)]
    # Behind a node where tokens arrive apart they do so again; only the first are told of.
    around = {name: frozenset(("node", other) for other in found if other != name) for name in found}
    first = [name for name in found if any(view.parted(name, around[name]) for view in views)]
    if not first:  # around a loop, each is behind the others
        first, around = found, dict.fromkeys(found, frozenset())
    return [next(view.meeting(name) for view in views if view.parted(name, around[name])) for name in first]


class _View(NamedTuple):
    """All paths behind a fork, for one combination of branches that can be taken together."""

    fork: str
    targets: list[str]
    steps: dict[_Place, list[_Place]]
    joins: set[_Place]

    def parted(self, name: str, without: frozenset[_Place] = frozenset()) -> bool:
        """Whether two tokens could arrive apart at a node, neither by way of some places."""
        end = ("node", name)
        path = _shortest(self.steps, end, without)
        narrow = [place for place in path[:-1] if place in self.joins or place[0] in ("target", "alternatives")]
        return bool(path) and all(_shortest(self.steps, end, without | {place}) for place in narrow)

    def meeting(self, name: str) -> Meeting:
        """The first two targets of the fork that come to a node apart."""
        for pair in combinations(self.targets, 2):
            if self.parted(name, frozenset(("target", target) for target in self.targets if target not in pair)):
                return Meeting(name, self.fork, *pair)
        raise AssertionError(f"Two tokens of {self.fork} came apart to {name} by fewer than two targets.")


def _views(fork: str, ways: list[Way], joins: set[_Place], single: bool) -> Iterator[_View]:
    """The paths behind a fork; none if its decisions take one target each."""
    own = [way for way in ways if way.source == fork]
    plain = list(dict.fromkeys(way.target for way in own if way.kind == "edge"))
    declared = list({way.place: way for way in own if way.kind in ("branch", "otherwise")})
    outcomes = [_outcomes([way for way in own if way.place == place], single) for place in declared]
    if len(plain) + len(outcomes) < _TWO and not any(kind == "together" for options in outcomes for kind, _ in options):
        return
    behind: dict[_Place, list[_Place]] = {
        ("node", source): [("node", target) for target in targets]
        for source, targets in map_of(ways).items()
        if source != fork  # who comes back to the fork is decided about anew
    }
    for chosen in product(*outcomes):
        targets = list(dict.fromkeys([*plain, *(target for _, several in chosen for target in several)]))
        steps = {**behind, **{("target", target): [("node", target)] for target in targets}}
        steps[_BEGIN] = [("target", target) for target in plain]
        for place, (kind, several) in enumerate(chosen):
            steps[_BEGIN].append((kind, str(place)))
            steps[kind, str(place)] = [("target", target) for target in several]
        yield _View(fork, targets, steps, joins)


def _outcomes(branches: list[Way], single: bool) -> list[tuple[str, list[str]]]:
    """What one declaration can take: targets that are alternatives, or may be taken together."""
    edge = branches[0].edge
    taken = [way.target for way in branches if way.kind == "branch"]
    otherwise = [way.target for way in branches if way.kind == "otherwise"]
    if edge.get("mode") != "all" or (single and "router" not in edge and "keys" in edge):
        return [("alternatives", taken + otherwise)]
    return [("together", taken), *([("alternatives", otherwise)] if otherwise else [])]


def _shortest(steps: _Steps, end: _Place, without: Container[_Place]) -> list[_Place]:
    """A shortest path to a place, none of some places on it; empty if there is none."""
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
