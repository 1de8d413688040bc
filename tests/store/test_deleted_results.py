"""A run that is deleted while its outcome is read: the reader is told so, and takes no missing value for a result."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator_celery.dispatch.run_results import RunResults
from orchestrator_celery.errors import RunNotFound
from orchestrator_celery.store.reader import Reader

from .play import Play
from .trees import CODEC, Tree, chain, chord, graph, group, leaf, swarm, unit


class Deleting(Reader):
    """Deletes the run at one of its reads of records: with the first, the head has been read, and nothing else."""

    after = 0

    def terminal(self, run, nodes):
        if self.after == 0:
            self._client.flushall()
        self.after -= 1
        return super().terminal(run, nodes)


WORKFLOWS: dict[str, Callable[[], Tree]] = {
    "task": lambda: unit(leaf()),
    "chain": lambda: unit(chain(leaf(), leaf())),
    "group": lambda: unit(group(leaf(), leaf())),
    "chord": lambda: unit(chord([leaf(), leaf()], leaf())),
    "swarm": lambda: swarm(leaf(), leaf()),
    "graph": lambda: graph("START>a a>END"),
    "graph with two ends": lambda: graph("START>a START>b a>END b>END"),
}


def run_out(play: Play, fails: bool) -> int:
    """Run to the end, and answer how many reads of records the outcome takes."""
    while waiting := [node for node in play.queued() if node != "$"]:
        for node in waiting:
            if play.status not in ("PENDING", "RUNNING"):
                break
            if fails:
                play.claim(node)
                play.fail(node, error=CODEC.dump_error(ValueError("no good")))
            else:
                play.succeed(node)
    assert play.status == ("FAILED" if fails else "SUCCEEDED")
    reader = Deleting(play.redis, play.store.keys)
    reader.after = 1000
    RunResults(reader, CODEC).result_or_error("r", own=True)
    return 1000 - reader.after


@pytest.mark.parametrize("fails", [False, True], ids=["succeeded", "failed"])
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_run_that_is_deleted_meanwhile(play, workflow, fails):
    """Given a deletion at any read, then the run is not found; nothing is returned, and no other error is raised."""
    play.start(WORKFLOWS[workflow]())
    reads = run_out(play, fails)
    kept = {key: play.redis.dump(key) for key in play.redis.keys()}
    for read in range(reads):
        for key, value in kept.items():
            play.redis.restore(key, 0, value, replace=True)
        reader = Deleting(play.redis, play.store.keys)
        reader.after = read
        with pytest.raises(RunNotFound):
            RunResults(reader, CODEC).result_or_error("r", own=True)
