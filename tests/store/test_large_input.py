"""Whoever asks how a run stands does not read its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from orchestrator_celery import ComplexSignature, Orchestrator, Run
from orchestrator_celery.records.head.fields import STATUS_FIELDS, HeadField
from orchestrator_celery.store.embedded import EmbeddedRedis

SIZE = 4_000_000
#: Far below the arguments, far above any answer.
LIMIT = 100_000

ASKED: dict[str, Callable[[Orchestrator, Run], Any]] = {
    "progress": lambda orchestrator, run: run.progress(),
    "view": lambda orchestrator, run: run.view,
    "status message": lambda orchestrator, run: run.status_message,
    "tree": lambda orchestrator, run: run.tree(),
    "signature": lambda orchestrator, run: run.signature.name,
    "list of runs": lambda orchestrator, run: list(orchestrator.runs()),
    "list of signatures": lambda orchestrator, run: [each.name for each in orchestrator.signatures()],
    "suspend": lambda orchestrator, run: (run.suspend(), run.status),
}


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def orchestrator(broker: EmbeddedRedis) -> Iterator[Orchestrator]:
    with broker.client() as client:
        client.flushall()
    app = Celery("large", broker=broker.url(0), backend=broker.url(1), set_as_current=False)
    app.task(name="large.first")(first)
    yield Orchestrator(app)
    app.close()


def first(text: str) -> int:
    """Takes the input of the run."""
    return len(text)


def started(orchestrator: Orchestrator) -> Run:
    task = orchestrator.container.app.tasks["large.first"]
    run: Run = ComplexSignature(task.s(), app=task.app).apply_async(("x" * SIZE,))
    return run


def sent_by(client: Redis) -> int:
    """Bytes that a Redis has sent."""
    return int(client.info("stats")["total_net_output_bytes"])


@pytest.mark.parametrize("question", ASKED)
def test_a_question_reads_no_arguments(orchestrator: Orchestrator, broker: EmbeddedRedis, question: str) -> None:
    """Given a run with 4 MB of input, when somebody asks how it stands, then Redis sends a fraction of that."""
    run = started(orchestrator)
    with broker.client() as client:
        before = sent_by(client)
        assert ASKED[question](orchestrator, run) not in (None, [])
        assert sent_by(client) - before < LIMIT


def test_the_view_is_complete(orchestrator: Orchestrator) -> None:
    """Given a head that was read in part, then the view has the names of the tasks and all else."""
    run = started(orchestrator)
    reader = orchestrator.container.reader
    whole, part = reader.head(run.id), reader.status_head(run.id)
    assert part.tasks == ("large.first",) == run.view.tasks
    missing = {name for name in whole if name not in part}
    assert missing <= {field.value for field in HeadField} - set(STATUS_FIELDS)
    assert HeadField.INPUT.value in missing
    assert {name: whole[name] for name in part if name in STATUS_FIELDS} == {
        name: value for name, value in part.items() if name in STATUS_FIELDS
    }
    assert not reader.status_head("nobody")


def test_a_rerun_has_the_input(orchestrator: Orchestrator) -> None:
    """Given a run with an input, when it is rerun, then the new run has it."""
    run = started(orchestrator)
    again = run.signature.rerun()
    reader = orchestrator.container.reader
    assert reader.head_field(again.id, HeadField.INPUT) == reader.head_field(run.id, HeadField.INPUT)
