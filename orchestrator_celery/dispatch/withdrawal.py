"""Withdraws what is queued below the failing composites of a run, and the nested runs of the tasks there.

A pass goes over the nodes of the run in slices. The store keeps the place, so any process can go on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator_celery.engine.outcome import Outcome
from orchestrator_celery.model.effects import Effect
from orchestrator_celery.records.payload import Codec
from orchestrator_celery.store import Store

__all__ = ("withdraw",)


def withdraw(
    store: Store, codec: Codec, outcome: Callable[[str], Outcome], run: str, error: bytes = b""
) -> Iterator[Effect]:
    """Finish the pending pass of a run, and yield the effects.

    Args:
        store: the runs.
        codec: encodes the error of a nested run.
        outcome: returns the results and errors of a run.
        run: the run's id.
        error: the encoded error with which the run fails; empty if only parts of the run fail.
    """
    place = ""
    while True:
        effects = store.withdraw(run, place, error)
        yield from effects.todo
        if effects.refused is not None:
            return
        [inner] = effects.more
        for nested, reference in zip(inner[::2], inner[1::2], strict=True):
            cause = codec.dump_error(outcome(run).error(reference.decode()))
            yield from withdraw(store, codec, outcome, nested.decode(), cause)
        if not effects.detail:
            return
        place = effects.detail.decode()
