"""The project both sides run; `BENCH_EXTENSION=0` leaves the extension out."""

import json
import os
import time

from celery import Celery
from redis import Redis

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend=os.environ["BENCH_BACKEND"])
app.conf.update(worker_hijack_root_logger=True, broker_connection_retry_on_startup=True)
#: Where the last task tells that all is done, if no client waits for a result.
told, TOLD = Redis.from_url(os.environ["BENCH_TOLD"], socket_timeout=None), "told"
if os.environ.get("BENCH_EXTENSION") != "0":
    from orchestrator_celery import Orchestrator

    app.conf.orchestrator_continue = json.loads(os.environ.get("BENCH_CONTINUE", '"auto"'))
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


@app.task
def tell(numbers):
    told.rpush(TOLD, sum(numbers))


@app.task
def tell_number(number):
    told.rpush(TOLD, number)


@app.task(ignore_result=True)
def quiet(x):
    return None


@app.task
def nap(x, seconds=0.01):
    time.sleep(seconds)
    return x
