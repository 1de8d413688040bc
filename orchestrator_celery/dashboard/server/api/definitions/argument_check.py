"""Compares the arguments in a graph's document with the parameters of the tasks, which workers have told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from orchestrator_celery import START, TaskInfo

__all__ = ("ArgumentWarning", "argument_warnings")

_NOT_OF_THE_PROJECT = ("celery.", "orchestrator.")
_GRAPH = "orchestrator.graph"


class ArgumentWarning(NamedTuple):
    """What may be wrong with the call of a task.

    Args:
        node: the name of the node, with the names of the nodes around it.
        edge: the position of the declaration whose router it is; None for the body of a node.
        text: what may be wrong, and what to do.
    """

    node: str
    edge: int | None
    text: str


class _Call(NamedTuple):
    """A task as a graph calls it: how many values come before its own arguments, None if that is not known."""

    node: str
    edge: int | None
    signature: Mapping[str, Any]
    before: int | None
    inputs: Iterable[str] = ()


def argument_warnings(document: Mapping[str, Any], tasks: Iterable[TaskInfo]) -> list[ArgumentWarning]:
    """Return the calls of a valid document that do not fit the tasks, and the tasks that nobody has.

    Args:
        document: the document.
        tasks: the tasks of this process and of the live workers.
    """
    known = {task.name: task for task in tasks}
    found = [
        ArgumentWarning(call.node, call.edge, text) for call in _calls(document, "") for text in _texts(call, known)
    ]
    return list(dict.fromkeys(found))


def _calls(graph: Mapping[str, Any], path: str) -> Iterator[_Call]:
    edges = graph.get("edges", ())
    first = {target for edge in edges if edge["from"] == START for target in _targets(edge)}
    for entry in graph.get("nodes", ()):
        if "signature" not in entry:
            continue
        name, signature = path + entry["name"], entry["signature"]
        if signature.get("subtask_type") == _GRAPH:
            yield from _calls(signature.get("kwargs", {}), f"{name}/")
            continue
        before = 0 if signature.get("immutable") else None if entry["name"] in first and "map_over" not in entry else 1
        for inside, part in _tasks(signature):
            yield _Call(name, None, part, None if inside else before, () if inside else entry.get("inputs", ()))
    for place, edge in enumerate(edges):
        if "router" in edge:
            before = None if edge["from"] == START else 0 if edge["router"].get("immutable") else 1
            for inside, part in _tasks(edge["router"]):
                yield _Call(path + edge["from"], place, part, None if inside else before)


def _targets(edge: Mapping[str, Any]) -> Iterator[str]:
    yield from (edge[field] for field in ("to", "otherwise") if field in edge)
    yield from (target for _, target in edge.get("when", edge.get("keys", ())))


def _tasks(signature: Any) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    """Yield the tasks in a signature, and whether they are inside of a canvas."""
    if not str(signature["task"]).startswith(_NOT_OF_THE_PROJECT):
        yield False, signature
        return
    waiting = list(signature.get("kwargs", {}).values())
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping) and isinstance(part.get("task"), str):
            if part["task"].startswith(_NOT_OF_THE_PROJECT):
                waiting += part.get("kwargs", {}).values()
            else:
                yield True, part
        elif isinstance(part, list | tuple):
            waiting += part


def _texts(call: _Call, known: Mapping[str, TaskInfo]) -> Iterator[str]:
    name = call.signature["task"]
    if name not in known:
        near = next(iter(get_close_matches(name, known, 1)), None)
        hint = f"did you mean {near!r}?" if near else "start a worker that has it, or correct the name"
        yield f"no live worker has the task {name!r}; {hint}"
        return
    task = known[name]
    if task.lacking and not task.workers:
        yield f"no live worker has the task {name!r}; start a worker that has it"
    if task.parameters is not None:
        yield from _misfits(call, task)


def _misfits(call: _Call, task: TaskInfo) -> Iterator[str]:
    parameters = task.parameters or ()
    by_place = [one for one in parameters if not one.keyword]
    by_name = {*call.signature.get("kwargs", {}), *call.inputs}
    takes = ", ".join(one.name for one in parameters) or "none"
    if not task.any_kwargs:
        for name in sorted(by_name - {one.name for one in parameters}):
            yield f"the task {task.name!r} has no parameter {name!r}; its parameters are: {takes}"
    given = len(call.signature.get("args", ())) + (call.before or 0)
    if given > len(by_place) and not task.any_args:
        yield (
            f"the task {task.name!r} gets {given} positional arguments and takes {len(by_place)}; its parameters are: "
            f"{takes}"
        )
    for one in by_place[:given] if call.before is not None else ():
        if one.name in by_name:
            yield f"the task {task.name!r} gets {one.name!r} twice, by place and by name; give it once"
    needed = [one for one in parameters if one.keyword] + (by_place[given:] if call.before is not None else [])
    for one in needed:
        if one.required and one.name not in by_name:
            yield f"the task {task.name!r} needs {one.name!r}; give it as an argument or in inputs"
