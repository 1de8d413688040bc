"""Components of a graph: single nodes, and all nodes on one loop. Tokens leave a component for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

__all__ = ("Components", "components")


class Components(NamedTuple):
    """The components of a graph, each named by its first node.

    Args:
        first: the name of each node's component.
        members: the nodes of each component, in order.
        after: the components that lead on from each component, without repetitions.
        before: how many components lead to each component.
        order: the components, each one behind all that lead to it.
    """

    first: dict[str, str]
    members: dict[str, list[str]]
    after: dict[str, list[str]]
    before: dict[str, int]
    order: list[str]


def components(edges: Mapping[str, Sequence[str]]) -> Components:
    """Find the components of a graph.

    Args:
        edges: targets of each node and of START; a target that is no key of it, such as END, does not count.

    >>> found = components({"S": ["0"], "0": ["1"], "1": ["0", "2"], "2": ["$"]})
    >>> found.first, found.after, found.before
    ({'S': 'S', '0': '0', '1': '0', '2': '2'}, {'S': ['0'], '0': ['2'], '2': []}, {'S': 0, '0': 1, '2': 1})
    """
    known = {source: [target for target in targets if target in edges] for source, targets in edges.items()}
    groups = [sorted(group, key=_place) for group in _loops(known)]
    first = {node: group[0] for group in groups for node in group}
    after: dict[str, dict[str, None]] = {group[0]: {} for group in groups}
    for source, targets in known.items():
        after[first[source]].update((first[target], None) for target in targets if first[target] != first[source])
    before = dict.fromkeys(after, 0)
    for following in after.values():
        for name in following:
            before[name] += 1
    names = [node for node in known if first[node] == node]
    return Components(
        {node: first[node] for node in known},
        {group[0]: group for group in groups},
        {name: list(after[name]) for name in names},
        {name: before[name] for name in names},
        [group[0] for group in reversed(groups)],
    )


def _place(node: str) -> int:
    return int(node) if node.isdigit() else -1


def _loops(edges: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components, each one before those that lead to it (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in edges:
        if root in index:
            continue
        index[root] = lowest[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        path = [(root, iter(edges[root]))]
        while path:
            node, targets = path[-1]
            target = next((target for target in targets if target not in index or target in on_stack), None)
            if target is not None and target not in index:
                index[target] = lowest[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                path.append((target, iter(edges[target])))
            elif target is not None:
                lowest[node] = min(lowest[node], index[target])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == index[node]:
                    start = stack.index(node) if stack[-1] != node else len(stack) - 1
                    found, stack[start:] = stack[start:], []
                    on_stack.difference_update(found)
                    yield found
