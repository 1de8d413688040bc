"""The execution options of signatures: which of them go to tasks, and to which tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ("AT_START", "own_options", "without_delay")

#: The `eta` of the first tasks of a run with a delay: it stands for the planned start of the run.
AT_START = object()

#: Options that belong to one application of a signature, not to the tasks that it runs.
_APPLICATION_OPTIONS = frozenset(
    "task_id group_id group_index chord chain link link_error root_id parent_id reply_to replaced_task_nesting "
    "producer publisher connection add_to_parent app ignore_result task_type any_definition".split()
)


def own_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a signature passes to its tasks."""
    return {name: value for name, value in options.items() if name not in _APPLICATION_OPTIONS}


def without_delay(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for later tasks: a delay is only for the first tasks."""
    return {name: value for name, value in options.items() if name not in ("countdown", "eta")}
