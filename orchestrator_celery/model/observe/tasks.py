"""What is known of a task: its documentation, its parameters, and which workers have it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ("TaskInfo", "TaskParameter")


class TaskParameter(BaseModel):
    """One parameter of a task.

    Args:
        name: its name.
        required: whether it has no default.
        default: the default as text; '' without one.
        keyword: whether it can only be given by its name.
        json_schema: the JSON Schema of its type hint; empty if nothing is known of it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    required: bool
    default: str = ""
    keyword: bool = False
    json_schema: dict[str, Any] = {}


class TaskInfo(BaseModel):
    """A task of the project.

    Args:
        name: its name.
        doc: the first paragraph of its docstring.
        category: its option `category`, as in `@app.task(category="payments")`, under which editors list it; '' without
            one.
        parameters: its parameters, without `*args` and `**kwargs`; None if neither this process nor a worker told them.
        any_args: whether it takes any positional arguments (`*args`).
        any_kwargs: whether it takes any keyword arguments (`**kwargs`).
        policy: the fields of its `TaskPolicy` that are set.
        workers: the node names of the live workers that have it.
        lacking: the node names of the live workers that lack it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    doc: str = ""
    category: str = ""
    parameters: tuple[TaskParameter, ...] | None = None
    any_args: bool = False
    any_kwargs: bool = False
    policy: dict[str, Any] = {}
    workers: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
