"""Lists the project's tasks: those of this process, and those that only workers have, which are asked about them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kombu.exceptions import KombuError
from pydantic import ValidationError

from orchestrator_celery.model.observe.tasks import TaskInfo
from orchestrator_celery.model.observe.workers import WorkerView
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.views.task_description import COMMAND, describe, project_tasks
from orchestrator_celery.views.workers import list_workers

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("list_tasks",)

logger = safe_logger(__name__)

#: Most seconds to wait for the answers of workers.
_ASK = 1.0
#: Seconds for which an answer, or that there was none, is remembered.
_FRESH = 10.0
#: Most workers that are asked.
_MOST_WORKERS = 10


def list_tasks(container: Container) -> list[TaskInfo]:
    """Return the tasks that this process or a live worker has, by name."""
    workers = [worker for worker in list_workers(container) if worker.alive]
    own = project_tasks(container.app.tasks)
    names = own | {name for worker in workers for name in project_tasks(worker.tasks)}
    described = {name: describe(container.app.tasks[name]) for name in own}
    described |= _told(container, names - own, workers)
    return [
        described.get(name, TaskInfo(name=name)).model_copy(
            update={
                "workers": tuple(sorted({worker.name for worker in workers if name in worker.tasks})),
                "lacking": tuple(sorted({worker.name for worker in workers if name not in worker.tasks})),
            }
        )
        for name in sorted(names)
    ]


def _told(container: Container, names: Iterable[str], workers: Sequence[WorkerView]) -> Mapping[str, TaskInfo]:
    """Return what workers tell of tasks that this process lacks. Answers are remembered for some seconds."""
    now, known = time.monotonic(), container.told_tasks
    unknown = {name for name in names if name not in known or now - known[name][0] >= _FRESH}
    if unknown:
        answers = _ask(container, unknown, workers)
        known.update({name: (time.monotonic(), answers.get(name)) for name in unknown})
    return {name: info for name in names if (info := known[name][1]) is not None}


def _ask(container: Container, names: set[str], workers: Sequence[WorkerView]) -> dict[str, TaskInfo]:
    asked = _those_that_have(names, workers)
    if not asked:
        return {}
    try:
        answers = container.app.control.broadcast(
            COMMAND,
            arguments={"names": sorted(names)},
            destination=asked,
            reply=True,
            timeout=_ASK,
            limit=len(asked),
        )
    except (KombuError, OSError) as exc:
        logger.info("Workers cannot be asked about their tasks: %s", exc, extra={"action": "describe"})
        return {}
    found: dict[str, TaskInfo] = {}
    for answer in answers or ():
        for told in answer.values():  # an earlier release answers with an error, as a mapping
            found |= {
                info.name: info for info in map(_read, told if isinstance(told, list) else ()) if info is not None
            }
    return found


def _those_that_have(names: set[str], workers: Sequence[WorkerView]) -> list[str]:
    """Return few workers that have the tasks between them."""
    found: list[str] = []
    left = set(names)
    while left and len(found) < _MOST_WORKERS:
        best = max(workers, key=lambda worker: len(left.intersection(worker.tasks)), default=None)
        if best is None or not left.intersection(best.tasks):
            break
        found.append(best.name)
        left -= set(best.tasks)
    return found


def _read(facts: object) -> TaskInfo | None:
    try:
        return TaskInfo.model_validate(facts)
    except ValidationError:  # of a later release
        return None
