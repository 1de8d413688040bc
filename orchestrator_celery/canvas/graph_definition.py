"""What a graph is made of: nodes and edges as they stand in its definition, plain JSON but for signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from celery.canvas import Signature, maybe_signature

from orchestrator_celery.canvas.approval import Approval, approval_flaws
from orchestrator_celery.canvas.conditions.language import Branch, Otherwise, as_json, expression
from orchestrator_celery.canvas.retry import Errors, error_names, retry_flaws, retry_json
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from celery import Celery

__all__ = (
    "END",
    "START",
    "branch_entry",
    "check_shape",
    "edge_entry",
    "edge_flaws",
    "error_entry",
    "node_entry",
    "node_flaws",
    "restored",
)

#: Where a graph begins and where it ends; no nodes, so that nothing runs there.
START: Final = "__start__"
END: Final = "__end__"

_JOINS = ("all", "any")
_MODES = ("first", "all")
_KEYS = (str, int, bool, type(None))

#: What Celery writes into every signature, and others may leave out.
_SIGNATURE: Mapping[str, Any] = {"args": (), "kwargs": {}, "options": {}, "subtask_type": None, "immutable": False}

#: A flaw: what is wrong, and what to do about it.
Flaw = tuple[str, str]


def node_entry(name: Any, body: Any, app: Celery | None = None, **options: Any) -> dict[str, Any]:
    """A node as it stands in `nodes`; options that were not given are left out.

    Raises:
        InvalidWorkflow: the body is none, or an option makes no sense.
    """
    if not isinstance(name, str) or not name:
        raise InvalidWorkflow(f"{name!r} is not allowed as a node's name: give a word, such as 'charge'.")
    entry = {"name": name, **_body(name, body, app)}
    options["retry"] = retry_json(options.get("retry"))
    options["inputs"] = _inputs(name, options.get("inputs"))
    if options.get("map_over") is not None:
        options["map_over"] = as_json(options["map_over"])
    entry.update((option, value) for option, value in options.items() if value is not None)
    _refuse(f"Node {name!r}: ", node_flaws(entry))
    return entry


def edge_entry(source: Any, target: Any) -> dict[str, Any]:
    """A plain edge as it stands in `edges`.

    Raises:
        InvalidWorkflow: an end of it is no name.
    """
    return {"from": _name(source), "to": _name(target)}


def error_entry(source: Any, target: Any, on: Errors | None) -> dict[str, Any]:
    """An error edge as it stands in `edges`.

    Raises:
        InvalidWorkflow: an end of it is no name, or `on` names no errors.
    """
    return {"from": _name(source), "error": error_names(on), "to": _name(target)}


def branch_entry(
    source: Any, what: Any, path_map: Any, *, mode: str, default: Any, strict: bool, app: Celery | None = None
) -> dict[str, Any]:
    """A declaration of conditional edges as it stands in `edges`.

    Raises:
        InvalidWorkflow: it is neither conditions, nor a mapping, nor a router with a mapping.
    """
    entry: dict[str, Any] = {"from": _name(source)}
    if _is_signature(what):
        entry.update(router=maybe_signature(what, app=app), keys=_keys(path_map, "a router"))
    elif path_map is not None:
        raise InvalidWorkflow(f"path_map={path_map!r} belongs to a router: pass task.s(...) before it.")
    elif isinstance(what, Mapping):
        entry["keys"] = _keys(what, "a mapping")
    else:
        entry["when"], default = _branches(what, default)
    if default is not None:
        entry["otherwise"] = _name(default)
    entry["mode"] = mode
    if strict:
        entry["strict"] = True
    _refuse(f"Edges out of {source!r}: ", edge_flaws(entry))
    return entry


def node_flaws(entry: Mapping[str, Any]) -> Iterator[Flaw]:
    """What makes no sense in a node, whatever the graph around it is."""
    if entry.get("join", "all") not in _JOINS:
        yield f"join={entry['join']!r} is not allowed", "give 'all' or 'any', or none where alternatives merge"
    for option in ("max_visits", "max_concurrency"):
        value = entry.get(option, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            yield f"{option}={value!r} is not allowed", "give a whole number of at least 1"
    if "max_concurrency" in entry and "map_over" not in entry:
        yield "max_concurrency bounds the elements of map_over, and there is none", "give map_over as well"
    if "retry" in entry:
        yield from retry_flaws(entry["retry"])
    if "map_over" in entry:
        yield from _expression_flaws("map_over", entry["map_over"])
    for name, value in entry.get("inputs", {}).items():
        yield from _expression_flaws(f"inputs[{name!r}]", value)
    if "approval" in entry:
        yield from approval_flaws(entry["approval"])
        for option in sorted({"inputs", "map_over", "max_concurrency", "retry"} & entry.keys()):
            yield f"{option} is not allowed with an Approval", "an approval runs no task: give it to a node that does"


def edge_flaws(entry: Mapping[str, Any]) -> Iterator[Flaw]:
    """What makes no sense in a declaration of edges, whatever the graph around it is."""
    if entry.get("mode", "first") not in _MODES:
        yield f"mode={entry['mode']!r} is not allowed", "give 'first' or 'all'"
    if entry.get("strict") and "when" not in entry:
        yield "strict=True is about conditions, and there are none", "leave it out: give default= for unknown keys"
    if not entry.get("when", entry.get("keys", True)):
        yield "it holds no branch", "give at least one condition or key, or add_edge() if there is nothing to decide"
    for condition, _ in entry.get("when", ()):
        yield from _expression_flaws("the condition", condition)
    for key, _ in entry.get("keys", ()):
        if not isinstance(key, _KEYS):
            yield f"{key!r} is not allowed as a key", "give a str, an int, a bool or None"


def check_shape(definition: Mapping[str, Any]) -> None:
    """Refuse what is no definition; what comes by message or as a document has met no builder.

    Raises:
        InvalidWorkflow: something in it is neither a node nor an edge.
    """
    for kind, known in (("nodes", _is_node), ("edges", _is_edge)):
        entries = definition.get(kind, [])
        for entry in entries if isinstance(entries, (list, tuple)) else [entries]:
            if not known(entry):
                raise InvalidWorkflow(
                    f"{entry!r} is not allowed in {kind!r} of a graph: its JSON Schema says what is, "
                    "see ConditionalGraph.json_schema()."
                )


def restored(entry: Mapping[str, Any], app: Celery | None) -> dict[str, Any]:
    """Our own copy of a node or edge, its signature one again."""
    copy = dict(entry)
    for field in ("signature", "router"):
        if field in copy:
            given = copy[field] if isinstance(copy[field], Signature) else {**_SIGNATURE, **copy[field]}
            copy[field] = maybe_signature(given, app=app, clone=True)
    return copy


# -- reading what was given --------------------------------------------------------------------------


def _body(name: str, body: Any, app: Celery | None) -> dict[str, Any]:
    if isinstance(body, Approval):
        return {"approval": body.json}
    if not _is_signature(body):
        raise InvalidWorkflow(
            f"Node {name!r}: {body!r} is neither a signature nor an Approval: pass task.s(...), a canvas of "
            "signatures, another graph, or Approval()."
        )
    return {"signature": maybe_signature(body, app=app)}


def _is_signature(value: Any) -> bool:
    # A mapping of keys to targets is a dict as well, and one of the keys may be "task".
    return isinstance(value, Signature) or (isinstance(value, dict) and {"task", "args", "kwargs"} <= value.keys())


def _inputs(name: str, inputs: Any) -> dict[str, Any] | None:
    if not inputs:
        return None
    if not isinstance(inputs, Mapping) or not all(isinstance(key, str) for key in inputs):
        raise InvalidWorkflow(f"Node {name!r}: inputs={inputs!r} is not allowed: give expressions by keyword argument.")
    return {key: as_json(value) for key, value in inputs.items()}


def _branches(what: Any, default: Any) -> tuple[list[list[Any]], Any]:
    """Conditions with their targets, and where to go if none holds."""
    found = [what] if isinstance(what, (str, Branch, Otherwise)) or not isinstance(what, Iterable) else list(what)
    branches = [[branch.condition, branch.target] for branch in found if isinstance(branch, Branch)]
    last = [branch for branch in found if isinstance(branch, Otherwise)]
    if len(branches) + len(last) < len(found):
        raise InvalidWorkflow(
            f"{what!r} decides nothing: give [when(condition, target), otherwise(target)], a mapping of keys to "
            "targets, or a router, task.s(...), with one."
        )
    if len(last) + (default is not None) > 1:
        raise InvalidWorkflow("There is more than one otherwise(): it is where to go if nothing holds, so give one.")
    return branches, last[0].target if last else default


def _keys(mapping: Any, whose: str) -> list[list[Any]]:
    if isinstance(mapping, (list, tuple)):
        mapping = {target: target for target in mapping}
    if not isinstance(mapping, Mapping):
        raise InvalidWorkflow(f"{mapping!r} is not allowed as targets of {whose}: give a mapping of keys to targets.")
    return [[key, _name(target)] for key, target in mapping.items()]


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidWorkflow(f"{value!r} is not allowed as an end of an edge: give a node's name, START or END.")
    return value


# -- recognising it again ----------------------------------------------------------------------------


def _is_node(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        return False
    bodies = [entry[field] for field in ("signature", "approval") if field in entry]
    return len(bodies) == 1 and isinstance(bodies[0], dict) and isinstance(entry.get("inputs", {}), dict)


def _is_edge(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("from"), str):
        return False
    if not isinstance(entry.get("otherwise", ""), str) or not isinstance(entry.get("router", {}), dict):
        return False
    if "to" in entry:
        named = isinstance(entry.get("error"), (list, type(None)))
        return named and isinstance(entry["to"], str) and not {"when", "keys", "router"} & entry.keys()
    branches = entry.get("when", entry.get("keys"))
    return isinstance(branches, list) and all(map(_is_branch, branches)) and ("when" in entry) != ("keys" in entry)


def _is_branch(pair: Any) -> bool:
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[1], str)  # noqa: PLR2004 - a pair


def _expression_flaws(where: str, json: Any) -> Iterator[Flaw]:
    try:
        expression(json)
    except InvalidWorkflow as error:
        yield f"{where} cannot be read", str(error)


def _refuse(where: str, flaws: Iterable[Flaw]) -> None:
    for message, hint in flaws:
        raise InvalidWorkflow(f"{where}{message}: {hint}.")
