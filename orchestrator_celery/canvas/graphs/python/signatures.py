"""Signatures as Python code: tasks, native canvas and the primitives.

A form is used if it builds exactly the given signature. Otherwise the code is `Signature.from_dict({...})`, which
builds every signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from celery import chain, chord, chunks, group, signature, xmap, xstarmap
from celery.canvas import Signature

from orchestrator_celery.canvas.complex import ComplexSignature
from orchestrator_celery.canvas.graphs.equality import GRAPH, filled, same
from orchestrator_celery.canvas.graphs.python.layout import Atom, Bracket, Pair, Path
from orchestrator_celery.canvas.graphs.python.literals import name
from orchestrator_celery.canvas.graphs.python.spelled import Spelled, built, constant, listed, mapped
from orchestrator_celery.canvas.swarm import Swarm
from orchestrator_celery.model.states import Priority

__all__ = ("Variables", "seconds", "signature_code", "spelled_options")

#: The options that hold signatures.
_LINKS = ("link", "link_error")
#: The order in which Celery writes the fields of a signature.
_ORDER = ("task", "args", "kwargs", "options", "subtask_type", "immutable")
#: Celery's composites without a `subtask_type`.
_MAPS = ("celery.map", "celery.starmap", "celery.chunks")
_CALLBACKS = {"on_success": "on_task_success", "on_error": "on_task_error", "on_cleanup": "on_task_cleanup"}


class Variables(Protocol):
    """The variables of the module that is being written."""

    def graph(self, graph: Any, hint: str) -> Spelled:
        """Write a nested graph as a variable of its own."""

    def reserve(self, hint: str) -> str:
        """Return a new name for a variable."""

    def block(self, statements: list[Any]) -> None:
        """Write statements before the graph that uses them."""

    def mark(self) -> Any:
        """Return what is written so far, for `back_to`."""

    def back_to(self, mark: Any) -> None:
        """Take back what was written since."""


def signature_code(sig: Any, variables: Variables, hint: str) -> Spelled:
    """Spell a signature.

    Args:
        sig: the signature.
        variables: the variables of the module.
        hint: the name of the node, for the names of variables.

    Raises:
        InvalidWorkflow: it contains a value that cannot be written as Python.
    """
    return _Writer(variables, hint).spelled(sig)


def seconds(value: Any) -> Spelled:
    """Spell a number of seconds without the `.0` of a whole number."""
    whole = isinstance(value, float) and value.is_integer()
    return constant(int(value) if whole else value)


def spelled_options(options: Mapping[str, Any], variables: Variables, hint: str) -> dict[str, Spelled]:
    """Spell the execution options of a signature; callbacks are signatures."""
    writer = _Writer(variables, hint)
    return {option: writer.option(option, value) for option, value in options.items()}


class _Writer:
    """Spells one signature and all signatures inside."""

    def __init__(self, variables: Variables, hint: str) -> None:
        self._variables = variables
        self._hint = hint

    def spelled(self, sig: Any) -> Spelled:
        mark = self._variables.mark()
        try:
            found = self._form(sig)
        except Exception:  # a form that does not take this signature
            found = None
        if found is not None and same(filled(found.value), filled(sig)):
            return found
        self._variables.back_to(mark)
        return built("Signature.from_dict", Signature.from_dict, constant(_plain(sig)))

    def option(self, option: str, value: Any) -> Spelled:
        if option in _LINKS and value and all(map(_is_signature, value if isinstance(value, list) else [value])):
            return listed([self.spelled(sig) for sig in value]) if isinstance(value, list) else self.spelled(value)
        return constant(_plain(value))

    # -- forms ----------------------------------------------------------------------------------------

    def _form(self, sig: Any) -> Spelled | None:
        forms = {
            None: self._task,
            "chain": self._chain,
            "group": self._group,
            "chord": self._chord,
            "celery.map": self._map,
            "celery.starmap": self._map,
            "celery.chunks": self._chunks,
            Swarm._task_name: self._swarm,
            ComplexSignature._task_name: self._complex,
            GRAPH: self._graph,
        }
        kind = sig.get("subtask_type")
        form = forms.get(sig.get("task") if kind is None and sig.get("task") in _MAPS else kind)
        return None if form is None else form(sig)

    def _graph(self, sig: Any) -> Spelled:
        # Celery leaves callbacks from messages as dicts.
        graph = sig if isinstance(sig, Signature) else Signature.from_dict(_plain(sig))
        return self._variables.graph(graph, self._hint)

    def _task(self, sig: Any) -> Spelled:
        more: dict[str, Spelled] = {}
        if sig["args"]:
            more["args"] = constant(tuple(_plain(sig["args"])))
        if sig["kwargs"]:
            more["kwargs"] = constant(_plain(sig["kwargs"]))
        if sig["immutable"]:
            more["immutable"] = constant(True)
        if sig["options"]:
            more["options"] = mapped({option: self.option(option, value) for option, value in sig["options"].items()})
        return built("signature", signature, constant(sig["task"]), **more)

    def _chain(self, sig: Any) -> Spelled:
        tasks = [self.spelled(task) for task in sig["kwargs"]["tasks"]]
        return built("chain", chain, *tasks, **self._options(sig))

    def _group(self, sig: Any) -> Spelled:
        tasks = [self.spelled(task) for task in sig["kwargs"]["tasks"]]
        # A group of one signature would take it for the list of its members.
        members = [listed(tasks)] if len(tasks) == 1 else tasks
        return built("group", group, *members, **self._options(sig))

    def _chord(self, sig: Any) -> Spelled:
        header, body = sig["kwargs"]["header"], self.spelled(sig["kwargs"]["body"])
        tasks = header["kwargs"]["tasks"] if _is_signature(header) else header
        return built("chord", chord, listed([self.spelled(task) for task in tasks]), body, **self._options(sig))

    def _map(self, sig: Any) -> Spelled:
        word, function = ("xmap", xmap) if sig["task"] == "celery.map" else ("xstarmap", xstarmap)
        task = self.spelled(sig["kwargs"]["task"])
        return built(word, function, task, constant(_plain(sig["kwargs"]["it"])), **self._without_immutable(sig))

    def _chunks(self, sig: Any) -> Spelled:
        kwargs = sig["kwargs"]
        rest = (constant(_plain(kwargs["it"])), constant(kwargs["n"]))
        return built("chunks", chunks, self.spelled(kwargs["task"]), *rest, **self._without_immutable(sig))

    def _complex(self, sig: Any) -> Spelled:
        kwargs = sig["kwargs"]
        more = {key: self._handlers(kwargs[key]) for key in ("on_success", "on_error") if key in kwargs}
        workflow = self.spelled(kwargs["workflow"])
        return built("ComplexSignature", ComplexSignature, workflow, **self._fields(sig, ("name",)), **more)

    def _swarm(self, sig: Any) -> Spelled | None:
        kwargs = sig["kwargs"]
        counts = ("name", "max_concurrency", "open", "stop_after_n_failures", "max_failures", "max_items", "batch")
        more = {field: self._handlers(kwargs[field]) for field in _CALLBACKS.values() if field in kwargs}
        if "slots" in kwargs:
            more["slots"] = _slots(kwargs["slots"])
        more = {**self._fields(sig, counts), **more}
        tasks = [self.spelled(task) for task in kwargs["tasks"]]
        if "levels" not in kwargs and "own_callbacks" not in kwargs:
            return built("Swarm", Swarm, *([listed(tasks)] if tasks else []), **more)
        return self._swarm_by_item(sig, tasks, built("Swarm", Swarm, **more))

    def _swarm_by_item(self, sig: Any, tasks: list[Spelled], swarm: Spelled) -> Spelled:
        """Spell a swarm whose items have priorities or callbacks of their own, as a variable."""
        variable = self._variables.reserve(self._hint)
        statements: list[Any] = [(variable, swarm.code)]
        levels = {first: level for level, first, _ in sig["kwargs"].get("levels", ())}
        for place, task in enumerate(tasks):
            own = sig["kwargs"].get("own_callbacks", {}).get(str(place), {})
            more = {"priority": _priority(levels[place])} if place in levels else {}
            more.update({kind: self._handlers(callbacks) for kind, callbacks in own.items()})
            added = built(f"{variable}.add_task", swarm.value.add_task, task, **more)
            statements.append((None, added.code))
        self._variables.block(statements)
        return Spelled(name(variable), swarm.value)

    # -- parts ----------------------------------------------------------------------------------------

    def _without_immutable(self, sig: Any) -> dict[str, Spelled]:
        return {option: self.option(option, value) for option, value in sig["options"].items()}

    def _options(self, sig: Any) -> dict[str, Spelled]:
        return {**self._without_immutable(sig), **({"immutable": constant(True)} if sig["immutable"] else {})}

    def _fields(self, sig: Any, counts: tuple[str, ...]) -> dict[str, Spelled]:
        """Spell the arguments of a primitive that hold no signatures, and its execution options."""
        kwargs = sig["kwargs"]
        found = {field: constant(_plain(kwargs[field])) for field in counts if field in kwargs}
        if "deadline" in kwargs:
            found["deadline"] = seconds(kwargs["deadline"])
        found.update({field: constant(_plain(kwargs[field])) for field in ("category", "tags") if field in kwargs})
        if sig["immutable"]:
            found["immutable"] = constant(True)
        return {**found, **{option: self.option(option, value) for option, value in sig["options"].items()}}

    def _handlers(self, handlers: list[Any]) -> Spelled:
        spelled = [self.spelled(sig) for sig in handlers]
        return spelled[0] if len(spelled) == 1 else listed(spelled)


def _plain(value: Any) -> Any:
    """Return a copy in which signatures are plain dicts and every sequence is a list, as in a document."""
    if isinstance(value, dict):
        first = _ORDER if _is_signature(value) else ()
        return {key: _plain(value[key]) for key in dict.fromkeys([*first, *value.keys()]) if key in value}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _is_signature(value: Any) -> bool:
    return isinstance(value, dict) and {"task", "args", "kwargs", "options"} <= value.keys()


def _priority(level: int) -> Spelled:
    priority = Priority(level)
    return Spelled(Path((name("Priority"), Atom(f".{priority.name}"))), priority)


def _slots(slots: Mapping[str, int]) -> Spelled:
    places = [(_priority(Priority[level]), constant(count)) for level, count in slots.items()]
    code = Bracket(tuple(Pair(level.code, count.code) for level, count in places), "{}")
    return Spelled(code, {level.value: count.value for level, count in places})
