"""The mechanism of buffers: it writes what it was given, in a forked process too, and leaves nothing behind."""

import gc
import os
import threading
import weakref

from orchestrator_celery.store.buffers.process_buffer import ProcessBuffer
from tests.kit.waiting import wait_for


class Words(ProcessBuffer):
    """Writes words to a list, if it can."""

    _name, _every, _later = "words", 0.001, 0.001

    def __init__(self, written, is_away=lambda: False):
        self._written, self._is_away = written, is_away
        super().__init__()

    def add(self, word, **options):
        self._adopt()
        self._words.append(word)
        self._wake(**options)

    def flush(self):
        self._adopt()
        if self._is_away():
            return False
        with self._writing:
            while self._words:
                self._written.append(self._words.pop(0))
        return True

    def _clear(self):
        self._words = []


def test_what_is_added_is_written_in_order():
    written = []
    buffer = Words(written)
    for number in range(500):
        buffer.add(number)
    wait_for(lambda: written == list(range(500)), what="the words")


def test_a_write_that_does_not_reach_the_store_is_repeated():
    written, away = [], [True]
    buffer = Words(written, lambda: away[0])
    buffer.add("one")
    buffer.add("two", at_once=True)
    assert not buffer.flush()
    away[0] = False
    wait_for(lambda: written == ["one", "two"], what="the words")


def test_a_buffer_that_nobody_has_is_written_and_takes_its_thread_along():
    """Given a buffer with words, when it is dropped, then the words are written, and neither buffer nor thread stay."""
    written, buffers = [], [Words([]) for _ in range(5)]
    for number, buffer in enumerate(buffers):
        buffer._written = written
        buffer.add(number)
    threads, known = [buffer._thread for buffer in buffers], [weakref.ref(buffer) for buffer in buffers]
    del buffer
    buffers.clear()
    wait_for(lambda: sorted(written) == [0, 1, 2, 3, 4], what="the words")
    wait_for(lambda: gc.collect() is not None and not any(ref() for ref in known), what="the end of the buffers")
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_a_buffer_without_words_has_no_thread():
    buffer = Words([])
    assert buffer.flush()
    assert buffer._thread is None


def test_a_forked_process_begins_with_nothing_and_has_a_thread_of_its_own():
    """Given a buffer with words that are not written, when the process forks, then each process writes its own words once."""
    may_write = threading.Event()
    written = []
    buffer = Words(written, lambda: not may_write.is_set())
    buffer.add("parent")
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        may_write.set()
        buffer.add("child")
        wait_for(lambda: written, what="the words")
        os.write(theirs, ",".join(written).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        assert answer.read() == "child"
    assert os.waitpid(child, 0)[1] == 0
    assert written == []
    may_write.set()
    wait_for(lambda: written == ["parent"], what="the words")
