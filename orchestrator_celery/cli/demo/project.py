"""The demo's Celery project: an app, two tasks and the workflow over them.

Celery itself reads the broker and the result backend from `CELERY_BROKER_URL` and `CELERY_RESULT_BACKEND`, both in
the demo's process and in its worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from celery import Celery, chain

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm
from orchestrator_celery.cli.demo.measure import Measure, Unreadable, measure_file
from orchestrator_celery.cli.demo.summary import Summary, summarise

__all__ = ("app", "measure", "orchestrator", "report", "workflow")

app = Celery("stdlib_report")
orchestrator = Orchestrator(app)

#: How many files may be queued or running at once.
IN_FLIGHT = 64
#: Share of the files that may be unreadable. The library contains a few broken files for its own tests.
TOLERATED = 0.05


@app.task(name="measure", throws=(Unreadable,))
def measure(root: str, name: str) -> Measure:
    """Measure one file of the library."""
    return measure_file(Path(root) / name, name)


@app.task(name="report")
def report(measures: list[Measure | None], names: list[str]) -> Summary:
    """Join the measures of all files."""
    return summarise(measures, names)


def workflow(root: Path, names: Sequence[str]) -> ComplexSignature:
    """Return the whole job as one durable unit: measure every file, then join the measures."""
    swarm = Swarm(
        [measure.s(str(root), name) for name in names],
        name="files",
        max_concurrency=IN_FLIGHT,
        max_failures=TOLERATED,
    )
    return ComplexSignature(chain(swarm, report.s(list(names))), name="stdlib_report")
