"""Lists the workers that have the extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.observe.workers import WorkerView
from orchestrator_celery.store.worker_registry import Skills

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("list_workers",)


def list_workers(container: Container) -> list[WorkerView]:
    """Return the workers of this app by name: those whose lease holds, and those whose tasks were not resumed yet."""
    registry, now = container.registry, container.store.now() * 1000
    alive, skills, lives = set(registry.alive(now)), registry.skills(now), registry.lives()
    found = []
    for member in sorted({*registry.members(), *alive}):
        life, known = lives.get(member), skills.get(member, Skills())
        found.append(
            WorkerView(
                id=member,
                name=member.rsplit("/", 3)[0],
                alive=member in alive,
                seen=None if life is None else from_ms(life.seen),
                tasks=tuple(sorted(known.tasks)),
                queues=tuple(sorted(known.queues)),
                running=() if life is None else tuple(sorted(life.active)),
            )
        )
    return found
