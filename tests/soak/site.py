"""The place a soak runs in, and who starts its workers again."""

import os
import threading
import time
from contextlib import suppress

import psutil
import redis

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.workers import Worker

CONCURRENCY = 2
#: Seconds a worker may take to end after SIGTERM or SIGQUIT.
PATIENCE = 60


class Slot:
    """A worker's place: whoever dies in it is followed by another of the same name."""

    def __init__(self, site, number):
        self.site, self.name = site, f"soak{number}@test"
        self.leaving = None  # since when it is on its way out, and why
        self.logs = []
        self.start()

    def start(self):
        self.leaving = None
        broker, store = self.site.urls
        self.worker = Worker(broker, store, concurrency=CONCURRENCY, app="tests.soak.project", name=self.name,
                             ready=False, fresh=True, **self.site.settings)  # fmt: skip
        self.logs.append(self.worker._log)

    @property
    def is_up(self):
        return self.worker.process.poll() is None and self.leaving is None and f"{self.name} ready." in self.worker.log

    def children(self):
        with suppress(psutil.Error):
            return self.worker.children()
        return []

    def look_after(self):
        if self.worker.process.poll() is not None:
            if self.leaving is None:
                self.site.exits.append(f"{self.name} exited by itself, {self.worker.process.returncode}")
            self.site.interrupted(self.children(), CONCURRENCY if self.leaving is None else 0)
            self.start()
        elif self.leaving and time.monotonic() - self.leaving[0] > PATIENCE:
            self.site.problems.append(f"{self.name} did not end within {PATIENCE} s of {self.leaving[1]}")
            self.worker.kill()


class Site:
    """Broker and store on a Redis that dies, a ledger that does not, and two workers that are started again."""

    def __init__(self, settings, workers=2):
        self.settings = settings
        self.server, self.book = EmbeddedRedis(aof="always"), EmbeddedRedis()
        self.ledger = redis.Redis.from_url(self.book.url(), decode_responses=True)
        self.urls = self.server.url(0), self.server.url(1)
        os.environ["TEST_LEDGER"] = self.book.url()
        self.problems, self.exits, self.peak = [], [], 0
        #: How many bodies the faults may have cut off.
        self.cut = 0
        self.slots = [Slot(self, number) for number in range(workers)]
        self.watched = threading.Event()
        self.supervisor = threading.Thread(target=self._supervise, daemon=True)
        self.supervisor.start()

    def interrupted(self, pids, bodies):
        """Processes are gone: note what of it may have been a body, and that they are busy no more."""
        self.cut += bodies
        if pids:
            self.ledger.hdel("busy", *pids)

    def _supervise(self):
        while not self.watched.wait(0.2):
            for slot in self.slots:
                slot.look_after()
            with suppress(redis.RedisError), self.server.client() as client:
                self.peak = max(self.peak, client.info("memory")["used_memory"])

    def stop(self, *, keep_logs):
        self.watched.set()
        self.supervisor.join()
        for slot in self.slots:
            with suppress(psutil.Error):
                slot.worker.stop(timeout=10) if not keep_logs else slot.worker.kill()
            for log in slot.logs:
                log.unlink(missing_ok=True) if not keep_logs else print(f"log of {slot.name}: {log}")
        self.ledger.close()
        self.server.stop()
        self.book.stop()
