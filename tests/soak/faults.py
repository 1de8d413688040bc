"""What goes wrong in a soak."""

import json
import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from random import Random
from uuid import uuid4

import psutil
from celery import Celery

from orchestrator_celery import Orchestrator, Swarm
from tests.kit.refusing import refusing
from tests.kit.workers import Worker
from tests.soak.site import CONCURRENCY

#: Settings of the other app, and how many seconds its run may take. Some of its messages reach the soak's workers first.
HASTY = {"orchestrator_republish_after": 0.5, "orchestrator_republish_longest": 1}
NEIGHBOURLY = 60

#: Seconds for which a Redis refuses.
REFUSAL = 5
#: Seconds for which a worker is frozen: longer than its lease.
FROST = 15
#: Seconds for which a worker of an older release takes messages.
OUTDATED = 15


class Faults:
    """One random fault after another; every kind comes once before any comes twice.

    Args:
        site: what they hit.
        rng: chooses.
        pause: least and most seconds between two of them.
    """

    def __init__(self, site, rng: Random, pause):
        self.site, self.rng, self.pause = site, rng, pause
        self.done, self.history, self._bag, self._kept = Counter(), [], [], []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        """Begin no more faults; `is_busy` tells when the last one is over."""
        self._over.set()

    def is_busy(self):
        return self._thread.is_alive()

    def _run(self):
        while not self._over.wait(self.rng.uniform(*self.pause)):
            if not self._bag:
                self._bag = self.rng.sample(list(KINDS), len(KINDS))
            kind = self._bag.pop()
            try:
                self.history.append((time.time(), kind, KINDS[kind](self)))
                self.done[kind] += 1
            except Exception as exc:
                self.site.problems.append(f"the fault {kind!r} itself went wrong: {exc!r}")

    def _slot(self):
        up = [slot for slot in self.site.slots if slot.is_up]
        return self.rng.choice(up or self.site.slots)

    def kill_worker(self):
        slot = self._slot()
        pids = slot.children()
        slot.leaving = time.monotonic(), "SIGKILL"
        self.site.interrupted([], CONCURRENCY)
        with suppress(psutil.Error):
            slot.worker.kill()
        self.site.interrupted(pids, 0)
        return slot.name

    def kill_child(self):
        """A busy one, if one is busy within a second."""
        until = time.monotonic() + 1
        mine = [pid for slot in self.site.slots for pid in slot.children()]
        busy = {}
        while not busy and time.monotonic() < until:
            busy = {int(pid): what for pid, what in self.site.ledger.hgetall("busy").items() if int(pid) in mine}
        pid = self.rng.choice(sorted(busy) or mine)
        os.kill(pid, signal.SIGKILL)
        self.site.interrupted([pid], 1)
        return f"{pid} in {busy.get(pid)}"

    def terminate(self):
        return self._ask_to_leave(signal.SIGTERM, 0)

    def quit(self):
        return self._ask_to_leave(signal.SIGQUIT, CONCURRENCY)

    def _ask_to_leave(self, number, bodies):
        slot = self._slot()
        slot.leaving = time.monotonic(), number.name
        self.site.interrupted([], bodies)
        slot.worker.process.send_signal(number)
        return slot.name

    def flush_broker(self):
        with self.site.server.client(0) as client:
            queued, _ = client.llen("celery"), client.flushdb()
        return f"{queued} messages"

    def kill_redis(self):
        """While a task is about to retry or to replace itself, if one is within two seconds."""
        until, busy = time.monotonic() + 2, []
        while not busy and time.monotonic() < until:
            busy = [what for what in self.site.ledger.hvals("busy") if what.split()[1].startswith(("flaky", "swap"))]
        self.site.server.kill()
        time.sleep(2)
        self.site.server.restart()
        return f"under {busy[0]}" if busy else ""

    def refuse(self, code):
        """Redis answers, and refuses every write with this code for a while."""
        with refusing(self.site.server, code):
            time.sleep(REFUSAL)
        return code

    def freeze(self):
        """A worker stands still, so that its tasks start elsewhere, and then goes on as if nothing had been."""
        slot = self._slot()
        pids = [slot.worker.process.pid, *slot.children()]
        self.site.interrupted([], CONCURRENCY)
        self._signal(pids, signal.SIGSTOP)
        time.sleep(FROST)
        self._signal(pids, signal.SIGCONT)
        return slot.name

    @staticmethod
    def _signal(pids, number):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def duplicate(self):
        """What lies at the broker comes twice, and what lay there at the last such fault comes again."""
        with self.site.server.client(0) as client:
            found = [json.loads(raw) for raw in client.lrange("celery", 0, 200)]
            found += [json.loads(raw)[0] for raw in client.hvals("unacked")]
            again = [*found, *self._kept]
            for message in again:
                message["properties"]["delivery_tag"] = str(uuid4())
            if again:
                client.lpush("celery", *[json.dumps(message) for message in again])
            self._kept = found
        return f"{len(again)} messages"

    def neighbour(self):
        """Another app with the same Redis, prefix, broker and queue has a run and a worker; then the worker dies."""
        settings = {**self.site.settings, **HASTY}
        with Celery("neighbour", broker=self.site.urls[0], backend=self.site.urls[1], set_as_current=False) as app:
            app.conf.update(settings)
            Orchestrator(app)
            items = [app.signature("tests.kit.project.add", args=(index, 1)) for index in range(8)]
            worker = Worker(*self.site.urls, env={"TEST_APP": app.main}, **settings)
            try:
                run = Swarm(items, app=app).apply_async()
                result = run.get(timeout=NEIGHBOURLY)
                list(run.watch())  # until it is closed, so that it is deleted after its retention
                if result != list(range(1, 9)):
                    self.site.problems.append(f"the other app's run has the result {result}")
                left = worker.log.count("belongs to another app")
            finally:
                worker.end()
        return f"which left {left} messages alone"

    def lack(self):
        """A worker of an older release, which lacks a task, takes messages for a while and is then told to stop."""
        task = self.rng.choice(["add", "total"])  # of which there are many messages
        env = {"TEST_LACKS": f"tests.soak.project.{task}"}
        worker = Worker(*self.site.urls, app="tests.soak.lacking", env=env, fresh=True, ready=False,
                        concurrency=CONCURRENCY, **self.site.settings)  # fmt: skip
        self.site.interrupted([], CONCURRENCY)
        try:
            worker.wait_ready()
            time.sleep(OUTDATED)
            returned = worker.log.count("is not registered here")
            pids = worker.children()
        finally:
            worker.stop()
        self.site.interrupted(pids, 0)
        return f"{task}; it returned {returned} messages"


KINDS = {
    "kill -9 of a worker": Faults.kill_worker,
    "kill -9 of a busy child": Faults.kill_child,
    "SIGTERM of a worker": Faults.terminate,
    "SIGQUIT of a worker": Faults.quit,
    "FLUSHDB of the broker": Faults.flush_broker,
    "kill -9 of Redis, back after 2 s": Faults.kill_redis,
    "duplicate deliveries": Faults.duplicate,
    "another app on the same Redis and queue": Faults.neighbour,
    "Redis at maxmemory for 5 s": lambda faults: faults.refuse("OOM"),
    "Redis read-only for 5 s": lambda faults: faults.refuse("READONLY"),
    "a worker frozen for 15 s": Faults.freeze,
    "a worker without a task for 15 s": Faults.lack,
}
