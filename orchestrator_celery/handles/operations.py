"""The part of `Orchestrator` for those who operate it: workers, checks of the set-up, refusals by an application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.lifecycle.doctor import Doctor
from orchestrator_celery.model.checks import Check
from orchestrator_celery.model.ids import HasId, id_of
from orchestrator_celery.views.task_infos import list_tasks
from orchestrator_celery.views.workers import list_workers

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.model.observe.tasks import TaskInfo
    from orchestrator_celery.model.observe.workers import WorkerView

__all__ = ("Operations",)


class Operations:
    """Workers, checks and refusals; part of `Orchestrator`."""

    #: The parts that handles and workers use; not part of the public interface.
    container: Container

    def workers(self) -> list[WorkerView]:
        """List the workers that have the extension, by name.

        A worker whose lease is over is listed, with `alive` False, until its tasks were resumed.
        """
        return list_workers(self.container)

    def tasks(self) -> list[TaskInfo]:
        """List the project's tasks that this process or a live worker has, by name, with their parameters.

        A worker is asked about tasks that this process lacks; answers are remembered for ten seconds. If no worker
        answers within a second, such tasks have no parameters.
        """
        return list_tasks(self.container)

    def doctor(self) -> Iterator[Check]:
        """Check the set-up: the store and its durability, the broker, the workers, the clocks. Nothing is changed.

        Each outcome is yielded when it is known; all of them take a few seconds. No outcome is raised as an error.
        """
        yield from Doctor(self.container).checks()

    def note_refusal(
        self, verb: str, reason: str, *, run: HasId | str = "", signature: HasId | str = "", node: str = ""
    ) -> None:
        """Write to the audit trail that your application refused a call, so that it did not reach the orchestrator.

        Args:
            verb: the verb, such as `cancel`.
            reason: why it was refused.
            run: the run, or its id.
            signature: the stored signature, or its id.
            node: id of the node.
        """
        entry = record(verb, id_of(run), signature=id_of(signature), node=node, outcome=reason)
        self.container.audit_stream.append(entry.model_dump_json())

    def note_done(
        self,
        verb: str,
        *,
        run: HasId | str = "",
        signature: HasId | str = "",
        node: str = "",
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """Write to the audit trail what your application did, if the orchestrator writes no entry for it.

        Verbs of runs, signatures and views have their entries. Adding items to a swarm, and closing it, have none,
        because tasks do so too, and often.

        Args:
            verb: the verb, such as `add_tasks`.
            run: the run, or its id.
            signature: the stored signature, or its id.
            node: id of the node.
            counts: numbers of changed objects, such as `{"added": 3}`.
        """
        entry = record(verb, id_of(run), signature=id_of(signature), node=node, counts=dict(counts or {}))
        self.container.audit_stream.append(entry.model_dump_json())
