"""The nodes and edges of a graph's definition: plain JSON, except for the signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from celery.canvas import Signature, maybe_signature

from orchestrator_celery.canvas.approval import Approval, approval_flaws
from orchestrator_celery.canvas.children import rebuilt
from orchestrator_celery.canvas.conditions.language import Branch, Otherwise, as_json, expression
from orchestrator_celery.canvas.retry import Errors, error_names, retry_flaws, retry_json
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

if TYPE_CHECKING:
    from celery import Celery

__all__ = (
    "END",
    "MAX_VISITS",
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

#: Begin and end of a graph. They are not nodes: nothing runs there.
START: Final = "__start__"
END: Final = "__end__"

#: The visit limit of a node if neither the node nor its graph sets one.
MAX_VISITS: Final = 25

_JOINS = ("all", "any")
_MODES = ("first", "all")
_KEYS = (str, int, bool, type(None))

#: The fields that Celery writes into every signature and other writers may leave out.
_SIGNATURE: Mapping[str, Any] = {"args": (), "kwargs": {}, "options": {}, "subtask_type": None, "immutable": False}

#: A flaw: a message and a hint.
Flaw = tuple[str, str]


def node_entry(name: Any, body: Any, app: Celery | None = None, **options: Any) -> dict[str, Any]:
    """Build the entry of a node in `nodes`; absent options are left out.

    Raises:
        InvalidWorkflow: the body is neither a signature nor an approval, or an option is not allowed.
    """
    if not isinstance(name, str) or not name:
        raise InvalidWorkflow(f"{safe_repr(name)} is not allowed as a node's name: give a string, such as 'charge'.")
    entry = {"name": name, **_body(name, body, app)}
    options["retry"] = retry_json(options.get("retry"))
    options["inputs"] = _inputs(name, options.get("inputs"))
    if options.get("map_over") is not None:
        options["map_over"] = as_json(options["map_over"])
    entry.update((option, value) for option, value in options.items() if value is not None)
    _refuse(f"Node {safe_repr(name)}: ", node_flaws(entry))
    return entry


def edge_entry(source: Any, target: Any) -> dict[str, Any]:
    """Build the entry of a plain edge in `edges`.

    Raises:
        InvalidWorkflow: an end is not a name.
    """
    return {"from": _name(source), "to": _name(target)}


def error_entry(source: Any, target: Any, on: Errors | None) -> dict[str, Any]:
    """Build the entry of an error edge in `edges`.

    Raises:
        InvalidWorkflow: an end is not a name, or `on` names no errors.
    """
    return {"from": _name(source), "error": error_names(on), "to": _name(target)}


def branch_entry(
    source: Any, rule: Any, path_map: Any, *, mode: str, default: Any, strict: bool, app: Celery | None = None
) -> dict[str, Any]:
    """Build the entry of a declaration of conditional edges in `edges`.

    Raises:
        InvalidWorkflow: the rule is neither a list of conditions, nor a mapping, nor a router with a mapping.
    """
    entry: dict[str, Any] = {"from": _name(source)}
    if _is_signature(rule):
        entry.update(router=_bound(rule, app), keys=_keys(path_map, "a router"))
    elif path_map is not None:
        raise InvalidWorkflow(f"path_map={safe_repr(path_map)} belongs to a router: pass task.s(...) before it.")
    elif isinstance(rule, Mapping):
        entry["keys"] = _keys(rule, "a mapping")
    else:
        entry["when"], default = _branches(rule, default)
    if default is not None:
        entry["otherwise"] = _name(default)
    entry["mode"] = mode
    if strict:
        entry["strict"] = True
    _refuse(f"Edges out of {source!r}: ", edge_flaws(entry))
    return entry


def node_flaws(entry: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the flaws of a node that do not depend on the rest of the graph."""
    if entry.get("join", "all") not in _JOINS:
        yield (
            f"join={safe_repr(entry['join'])} is not allowed",
            "give 'all' or 'any', or leave it out where alternatives merge",
        )
    for option in ("max_visits", "max_concurrency"):
        value = entry.get(option, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            yield f"{option}={safe_repr(value)} is not allowed", "give a whole number of at least 1"
    if "max_concurrency" in entry and "map_over" not in entry:
        yield "max_concurrency needs map_over: it limits the elements of map_over", "give map_over too"
    if "retry" in entry:
        yield from retry_flaws(entry["retry"])
    if "map_over" in entry:
        yield from _expression_flaws("map_over", entry["map_over"])
    for name, value in entry.get("inputs", {}).items():
        yield from _expression_flaws(f"inputs[{safe_repr(name)}]", value)
    if "approval" in entry:
        yield from approval_flaws(entry["approval"])
        for option in sorted({"inputs", "map_over", "max_concurrency", "retry"} & entry.keys()):
            yield f"{option} is not allowed with an Approval", "an approval runs no task: give it to a node with a task"


def edge_flaws(entry: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield the flaws of a declaration of edges that do not depend on the rest of the graph."""
    if entry.get("mode", "first") not in _MODES:
        yield f"mode={safe_repr(entry['mode'])} is not allowed", "give 'first' or 'all'"
    if entry.get("strict") and "when" not in entry:
        yield "strict=True needs conditions", "leave it out: give default= for unknown keys"
    if not entry.get("when", entry.get("keys", True)):
        yield "it has no branch", "give at least one condition or key, or use add_edge() for an unconditional edge"
    for condition, _ in entry.get("when", ()):
        yield from _expression_flaws("the condition", condition)
    for key, _ in entry.get("keys", ()):
        if not isinstance(key, _KEYS):
            yield f"{safe_repr(key)} is not allowed as a key", "give a str, an int, a bool or None"


def check_shape(definition: Mapping[str, Any]) -> None:
    """Refuse a malformed definition. A definition from a message or a document has not passed the builder's checks.

    Raises:
        InvalidWorkflow: an entry is neither a node nor an edge.
    """
    for kind, known in (("nodes", _is_node), ("edges", _is_edge)):
        entries = definition.get(kind, [])
        for entry in entries if isinstance(entries, (list, tuple)) else [entries]:
            if not known(entry):
                raise InvalidWorkflow(
                    f"{safe_repr(entry)} is not allowed in {kind!r} of a graph: its JSON Schema lists the allowed "
                    "entries, "
                    "see ConditionalGraph.json_schema()."
                )


def restored(entry: Mapping[str, Any], app: Celery | None) -> dict[str, Any]:
    """Copy a node or an edge from a message and turn its dict back into a signature."""
    copy = dict(entry)
    for field in ("signature", "router"):
        if field in copy:
            try:
                signature = copy[field] if isinstance(copy[field], Signature) else _full(copy[field])
                copy[field] = rebuilt(signature, app)
            except (AttributeError, LookupError, TypeError, ValueError) as exc:  # of the classes of Celery's canvas
                where = (
                    f"node {safe_repr(copy['name'])}" if "name" in copy else f"the edges of {safe_repr(copy['from'])}"
                )
                raise InvalidWorkflow(
                    f"The {field} of {where} cannot be read as a signature ({exc!r:.200}): write it as "
                    "ConditionalGraph.to_dict() does."
                ) from exc
    return copy


def _full(signature: Mapping[str, Any]) -> dict[str, Any]:
    """Return a signature with all fields that Celery writes, in Celery's order."""
    first = {"task": signature["task"]} if "task" in signature else {}
    return {**first, **_SIGNATURE, **signature}


# -- converting arguments of the builder -------------------------------------------------------------


def _body(name: str, body: Any, app: Celery | None) -> dict[str, Any]:
    if isinstance(body, Approval):
        return {"approval": body.json}
    if not _is_signature(body):
        raise InvalidWorkflow(
            f"Node {safe_repr(name)}: {safe_repr(body)} is neither a signature nor an Approval: pass task.s(...), "
            "a canvas of "
            "signatures, another graph, or Approval()."
        )
    return {"signature": _bound(body, app)}


def _bound(signature: Any, app: Celery | None) -> Signature:
    """A signature of the graph's app; one of another app stays bound to that, so that it is refused."""
    own = None if getattr(signature, "_app", None) is not None else app
    return cast("Signature[Any]", maybe_signature(signature, app=own))


def _is_signature(value: Any) -> bool:
    # A mapping of keys to targets is a dict too, and one of its keys may be "task".
    return isinstance(value, Signature) or (isinstance(value, dict) and {"task", "args", "kwargs"} <= value.keys())


def _inputs(name: str, inputs: Any) -> dict[str, Any] | None:
    if not inputs:
        return None
    if not isinstance(inputs, Mapping) or not all(isinstance(key, str) for key in inputs):
        raise InvalidWorkflow(
            f"Node {safe_repr(name)}: inputs={safe_repr(inputs)} is not allowed: give expressions by keyword argument."
        )
    return {key: as_json(value) for key, value in inputs.items()}


def _branches(rule: Any, default: Any) -> tuple[list[list[Any]], Any]:
    """Return the conditions with their targets, and the target if no condition holds."""
    found = [rule] if isinstance(rule, (str, Branch, Otherwise)) or not isinstance(rule, Iterable) else list(rule)
    branches = [[branch.condition, branch.target] for branch in found if isinstance(branch, Branch)]
    last = [branch for branch in found if isinstance(branch, Otherwise)]
    if len(branches) + len(last) < len(found):
        raise InvalidWorkflow(
            f"{safe_repr(rule)} is no rule for edges: give [when(condition, target), otherwise(target)], a "
            "mapping of keys to "
            "targets, or a router task.s(...) with such a mapping."
        )
    if len(last) + (default is not None) > 1:
        raise InvalidWorkflow("There is more than one otherwise(): keep one, the target for when no condition holds.")
    return branches, last[0].target if last else default


def _keys(mapping: Any, owner: str) -> list[list[Any]]:
    if isinstance(mapping, (list, tuple)):
        mapping = {target: target for target in mapping}
    if not isinstance(mapping, Mapping):
        raise InvalidWorkflow(
            f"{safe_repr(mapping)} is not allowed as targets of {owner}: give a mapping of keys to targets."
        )
    return [[key, _name(target)] for key, target in mapping.items()]


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidWorkflow(
            f"{safe_repr(value)} is not allowed as an end of an edge: give a node's name, START or END."
        )
    return value


# -- checking entries from messages ------------------------------------------------------------------


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
        errors = entry.get("error") or []
        named = isinstance(errors, list) and all(isinstance(name, str) for name in errors)
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
