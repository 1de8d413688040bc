"""The project both sides run; `BENCH_EXTENSION=0` leaves the extension out."""

import os
import time

from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend=os.environ["BENCH_BACKEND"])
app.conf.update(worker_hijack_root_logger=True, broker_connection_retry_on_startup=True)
if os.environ.get("BENCH_EXTENSION") != "0":
    from orchestrator_celery import Orchestrator

    Orchestrator(app)


@app.task
def double(x):
    return 2 * x


@app.task
def inc(x):
    return x + 1


@app.task
def xsum(numbers):
    return sum(numbers)


@app.task(ignore_result=True)
def quiet(x):
    return None


@app.task
def nap(x, seconds=0.01):
    time.sleep(seconds)
    return x
