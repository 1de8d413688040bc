"""What a test has started: swarms, graphs and other workflows, with their items and nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple

from celery.canvas import Signature

from orchestrator_celery.canvas import ComplexSignature, ConditionalGraph, Primitive, Swarm
from orchestrator_celery.engine.task_names import task_names

__all__ = ("Call", "Dispatched", "Started", "recorded")


class Call(NamedTuple):
    """One call of a task in a workflow.

    Args:
        task: the name of the task.
        args: its own positional arguments.
        kwargs: its own keyword arguments.
    """

    task: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012  a field of a NamedTuple, which nobody changes


class Started(NamedTuple):
    """One workflow that was started.

    Args:
        primitive: the swarm, graph or complex signature.
        args: the positional arguments of the application.
        kwargs: its keyword arguments.
        run: the `Run`.
    """

    primitive: Primitive
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    run: Any

    @property
    def name(self) -> str:
        """The name of the workflow; '' without one."""
        return self.primitive.label or ""

    @property
    def tasks(self) -> list[str]:
        """The names of all tasks in it, callbacks included, in alphabetical order."""
        return sorted(task_names([self.primitive]))

    @property
    def items(self) -> list[Call]:
        """The items of a swarm, in order; those that were added later are not in it."""
        assert isinstance(self.primitive, Swarm), f"{self} is no swarm, so it has no items"
        return [_call(item) for item in self.primitive.tasks]

    @property
    def nodes(self) -> list[str]:
        """The names of a graph's nodes, in order."""
        assert isinstance(self.primitive, ConditionalGraph), f"{self} is no graph, so it has no nodes"
        return [node["name"] for node in self.primitive.kwargs["nodes"]]

    def __str__(self) -> str:
        return f"{type(self.primitive).__name__} {self.name or 'without a name'}"


class Dispatched:
    """The workflows that were started in this process since the test began, in order.

    >>> Dispatched([]).swarm("photos")
    Traceback (most recent call last):
    ...
    AssertionError: no Swarm 'photos' was started; nothing was
    """

    def __init__(self, started: list[Started]) -> None:
        self._started = started

    def __iter__(self) -> Iterator[Started]:
        return iter(self._started)

    def __len__(self) -> int:
        return len(self._started)

    def __getitem__(self, index: int) -> Started:
        return self._started[index]

    @property
    def swarms(self) -> list[Started]:
        """The swarms."""
        return self._of(Swarm)

    @property
    def graphs(self) -> list[Started]:
        """The graphs."""
        return self._of(ConditionalGraph)

    def swarm(self, name: str | None = None) -> Started:
        """Return the only swarm, or the only one of a name; fail the test if there is none or several."""
        return self._one(Swarm, name)

    def graph(self, name: str | None = None) -> Started:
        """Return the only graph, or the only one of a name; fail the test if there is none or several."""
        return self._one(ConditionalGraph, name)

    def complex(self, name: str | None = None) -> Started:
        """Return the only complex signature, or the only one of a name; fail the test if there is none or several."""
        return self._one(ComplexSignature, name)

    def _of(self, kind: type[Primitive]) -> list[Started]:
        return [started for started in self._started if isinstance(started.primitive, kind)]

    def _one(self, kind: type[Primitive], name: str | None) -> Started:
        found = [started for started in self._of(kind) if name is None or started.name == name]
        if len(found) == 1:
            return found[0]
        wanted = kind.__name__ + ("" if name is None else f" {name!r}")
        others = ", ".join(map(str, self._started))
        told = f"these were: {others}" if others else "nothing was"
        count = f"{len(found)} times {wanted}" if found else f"no {wanted}"
        raise AssertionError(f"{count} was started; {told}")


def _call(item: Any) -> Call:
    signature = Signature.from_dict(dict(item)) if not isinstance(item, Signature) else item
    return Call(str(signature.task), tuple(signature.args or ()), dict(signature.kwargs or {}))


def recorded(started: list[Started], apply_async: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `apply_async` that notes what it has started."""

    @wraps(apply_async)
    def noting(self: Primitive, args: Any = None, kwargs: Any = None, *more: Any, **options: Any) -> Any:
        run = apply_async(self, args, kwargs, *more, **options)
        started.append(Started(self, tuple(args or ()), dict(kwargs or {}), run))
        return run

    return noting
