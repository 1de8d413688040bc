"""What one process counts: added up, bounded, written once, and begun anew after a fork."""

import os
import threading

import pytest

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.records.statistics import Counted, Kind, Timed, bucket_of
from orchestrator_celery.store.buffers.statistics_buffer import StatisticsBuffer

ADD, MUL = Kind("add"), Kind("mul", "import")


class Written:
    """Where counts are written to; it may be away."""

    def __init__(self):
        self.hour, self.away, self.broken, self.writes = 7, False, False, []
        self.runs = []

    def ask(self):
        if self.away:
            raise StoreUnavailable("away")
        return self.hour

    def write(self, hour, counts):
        if self.broken:
            raise StoreUnavailable("the answer is lost")
        self.writes.append((hour, {kind: dict(found) for kind, found in counts.items()}))

    def tally(self, run, durations):
        self.runs.append((run, durations))


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def buffer(written):
    return StatisticsBuffer(written.ask, written.write, written.tally)


def test_counts_are_added_up_by_task_and_category(buffer, written):
    for _ in range(3):
        buffer.add(ADD, Counted.STARTED, Timed.WAIT, 0.02)
    buffer.add(ADD, Counted.SUCCEEDED, Timed.DURATION, 1.5)
    buffer.add(MUL, Counted.FAILED)
    assert buffer.flush()
    add = {"s": 3, "W": 60, f"w{bucket_of(0.02)}": 3, "o": 1, "D": 1500, f"d{bucket_of(1.5)}": 1}
    assert written.writes == [(7, {ADD: add, MUL: {"f": 1}})]
    assert buffer.flush()
    assert len(written.writes) == 1


def test_counts_wait_for_a_store_that_is_away(buffer, written):
    written.away = True
    buffer.add(ADD, Counted.STARTED)
    assert not buffer.flush()
    buffer.add(ADD, Counted.STARTED)
    written.away = False
    assert buffer.flush()
    assert written.writes == [(7, {ADD: {"s": 2}})]


def test_counts_are_never_written_twice(buffer, written, caplog):
    """Given a write whose answer is lost, then its counts are given up, because they may have been added."""
    written.broken = True
    buffer.add(ADD, Counted.STARTED)
    assert buffer.flush()
    written.broken = False
    assert buffer.flush()
    assert written.writes == []
    assert "statistics of some seconds are lost" in caplog.text


def test_too_many_categories_are_counted_together(buffer, written):
    for number in range(600):
        buffer.add(Kind("add", f"invoice {number}"), Counted.STARTED)
    buffer.flush()
    [(_, counts)] = written.writes
    assert len(counts) == 501
    assert counts[Kind("add", "(other)")] == {"s": 100}
    written.hour = 8
    buffer.add(Kind("add", "invoice 599"), Counted.STARTED)
    buffer.flush()
    assert written.writes[1] == (8, {Kind("add", "invoice 599"): {"s": 1}})


def test_threads_lose_nothing(buffer, written):
    def count():
        for _ in range(500):
            buffer.add(ADD, Counted.STARTED)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        buffer.flush()
    buffer.flush()
    assert sum(counts[ADD]["s"] for _, counts in written.writes) == 4000


def test_a_forked_process_begins_anew(buffer, written):
    """Given counts of a parent, then its child writes its own only."""
    buffer.add(ADD, Counted.STARTED)
    child = os.fork()
    if child == 0:
        buffer.add(MUL, Counted.STARTED)
        buffer.flush()
        os._exit(0 if written.writes == [(7, {MUL: {"s": 1}})] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    buffer.flush()
    assert written.writes == [(7, {ADD: {"s": 1}})]
