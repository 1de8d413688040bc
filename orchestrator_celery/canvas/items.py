"""The items of a swarm's definition: what the constructor takes for them, and the swarm as their container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from celery import Task, group
from celery.canvas import Signature

from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import printable

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ("Items", "items_of")


def items_of(tasks: Any) -> list[Any]:
    """Return the items that the first argument of `Swarm` names; the members of a group are items.

    Raises:
        InvalidWorkflow: the value is a single signature, a task, or no iterable at all.
    """
    if isinstance(tasks, group):
        return list(tasks.tasks)
    hint = "Swarm takes an iterable of signatures"
    if isinstance(tasks, Signature):
        raise InvalidWorkflow(f"{hint}: put the single signature {safe_repr(tasks)} in a list.")
    if isinstance(tasks, Task):
        raise InvalidWorkflow(f"{hint}, but got the task {safe_repr(tasks.name)}: write Swarm([task.s(...)]).")
    if isinstance(tasks, (str, bytes, Mapping)) or not isinstance(tasks, Iterable):
        raise InvalidWorkflow(f"{hint}, but got {safe_repr(tasks)}: write Swarm([task.s(1), task.s(2)]).")
    return list(tasks)


class Items(dict[str, Any]):
    """A swarm as the container of its items, as a group of Celery is one.

    A signature is a dict only to travel in messages: `swarm["task"]`, `keys()` and `items()` stay those of the dict.
    """

    def __new__(cls, *tasks: Any, **_: Any) -> Self:
        """Refuse several positional arguments, which would be a `TypeError` that does not tell what to do."""
        if len(tasks) > 1:
            raise InvalidWorkflow(
                f"Swarm takes one iterable of signatures, but got {len(tasks)} positional arguments: put the "
                "signatures in a list. Options have names, such as max_concurrency=8."
            )
        return super().__new__(cls)

    @property
    def tasks(self) -> list[Signature]:
        """The items of the definition, without the items added to a running swarm."""
        tasks: list[Signature] = self["kwargs"]["tasks"]
        return tasks

    def __len__(self) -> int:
        """Return the number of items of the definition."""
        return len(self.tasks)

    def __bool__(self) -> bool:
        """Return True: a swarm without items is a workflow too."""
        return True

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the items of the definition."""
        return iter(self.tasks)

    def __repr__(self) -> str:
        name, items = printable(self["kwargs"].get("name") or ""), "1 item" if len(self) == 1 else f"{len(self)} items"
        return f"Swarm({name}: {items})" if name else f"Swarm({items})"
