"""The dashboard with a living system behind it, without any set-up: `python serve.py`, or `make dashboard`."""

import argparse
import itertools
import os
import random
import tempfile
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from orchestrator_celery import OrchestratorError
from orchestrator_celery.cli.demo.servers import Worker
from orchestrator_celery.dashboard import create_dashboard, serving
from orchestrator_celery.store.embedded import EmbeddedRedis

HERE = Path(__file__).resolve().parent


def fill(size):
    """Start one run of everything."""
    import workflows as w
    from tasks import orchestrator

    w.pictures(size).apply_async()
    w.lanes().apply_async()
    w.training(600).apply_async()
    w.broken().apply_async()
    w.month().apply_async()
    for product in w.PRODUCTS[:3]:
        w.order(product).apply_async(({"product": product},))
    w.month().apply_async(countdown=3600)
    w.training(60).apply_async().suspend()
    stopped = w.training(60).apply_async()
    stopped.interrupt(grace=1)
    w.broken().apply_async().cancel(confirm=True, reason="started by mistake")
    orchestrator.save(w.month(), name="month report", category="reports", tags=["monthly"]).run()
    orchestrator.save(w.order("lamp"), name="order of a lamp", category="orders")
    orchestrator.graphs.save(w.order("lamp"), name="orders", note="first sketch")
    orchestrator.save(w.broken(), name="old import").delete(after=timedelta(hours=20))


def live(size, stop):
    """Start further runs until the program ends."""
    import workflows as w

    for number in itertools.count(1):
        try:
            if number == 1:
                fill(size)
            kind = random.choice([w.month, w.month, w.broken, lambda: w.training(3)])
            kind().apply_async()
            if number % 100 == 0:
                w.pictures(size).apply_async()
        except OrchestratorError as exc:  # Redis ends with the program
            print(exc)
        if stop.wait(5):
            return


def serve(port, size):
    """Serve until Ctrl-C; Redis and the workers end with it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-dashboard-")))
        redis = stack.enter_context(EmbeddedRedis())
        # Celery reads both variables before any setting, so they apply to this process too.
        urls = {"CELERY_BROKER_URL": redis.url(db=0), "CELERY_RESULT_BACKEND": redis.url(db=1)}
        os.environ.update(urls)
        paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {**urls, "PYTHONPATH": os.pathsep.join(paths)}
        for name in ("north", "south"):
            log = folder / f"{name}.log"
            worker = Worker("tasks", processes=4, env=env, log=log, name=f"{name}@shop", grace=1.0)
            stack.enter_context(worker)
        from tasks import app

        dashboard, listening = create_dashboard(app), serving.listen("127.0.0.1", port)
        stop = threading.Event()
        feeder = threading.Thread(target=live, args=(size, stop), daemon=True)
        stack.callback(feeder.join, 5)
        stack.callback(stop.set)
        feeder.start()
        print(
            f"Redis, two workers and sample runs are up. Open http://127.0.0.1:{listening.getsockname()[1]}/",
            flush=True,
        )
        print("Ctrl-C ends all of it.", flush=True)
        serving.serve(dashboard, listening)
        print("Stopped. No process is left running.", flush=True)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--port", type=int, default=5580, help="0: any free port")
    words.add_argument("--size", type=int, default=5000, help="pictures of the large swarm")
    given = words.parse_args()
    serve(given.port, given.size)
