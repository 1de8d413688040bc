"""What a page of a filtered list of runs costs Redis.

Usage: python -m tests.benchmarks.run_filters [--runs N]

The runs are records in a Redis of its own. For each filter it prints the CPU time of Redis for the first page of 100 runs,
its scripts with the time of the longest one, and the number of runs on the page.
"""

import argparse
import json
import random
from unittest.mock import patch

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.store import Store
from orchestrator_celery.store.embedded import EmbeddedRedis
from orchestrator_celery.store.index_rebuild import Indexes
from orchestrator_celery.store.reader import Reader
from orchestrator_celery.store.scripting.scripts import Script
from orchestrator_celery.views.run_pages import RunPages

#: Begin of the first run, and time between two runs, in milliseconds.
START, STEP = 1_700_000_000_000, 900
PAGE = 100
#: All runs have the tag `all`; all but one of a thousand the tag `most`; `rare` is on the oldest run only.
FILTERS = (
    "", "status:FAILED", "tag:rare", "tag:eu category:c3", "task:shop.*", "name:order*7", "since:2h",
    "order", "needle", "nowhere", "-order", "-tag:all", "-tag:most", "-tag:eu", "-status:SUCCEEDED", "-status:SUCCEEDED,FAILED",
    "-category:c*", "-tag:all -status:FAILED", "status:FAILED nowhere", "status:SUCCEEDED nowhere", "tag:all -tag:most order",
    "needle tag:all -tag:eu", "order tag:rare", "worker:w1", "-worker:w1", "duration:>1s", "duration:>1h", "-duration:<1h",
)  # fmt: skip


def head(number, draw):
    """The head of a run, as a shop would have it; and its id."""
    created = START + number * STEP
    status = "RUNNING" if number % 5000 == 0 else "FAILED" if number % 10 == 3 else "SUCCEEDED"
    tags = ["all", "eu" if number % 3 else "us"]
    tags += ["most"] if number % 1000 != 500 else []
    tags += ["rare"] if number == 7 else []
    name = "needle in a haystack" if number == 7 else f"order {number}"
    fields = {
        "kind": "complex", "status": status, "created": created, "name": name, "total": 3, "done": 3, "failed": 0,
        "tags": json.dumps(tags), f"task:shop.t{number % 20}": "", "category": f"c{number % 5}", "started": created + 5,
    }  # fmt: skip
    if status != "RUNNING":
        fields["finished"] = created + 5 + (7_200_000 if number == 9 else draw.randint(100, 5000))
    return f"{draw.getrandbits(128):032x}", fields


def fill(store, runs):
    """Write the heads of runs, and index them."""
    draw = random.Random(1)
    for start in range(0, runs, 1000):
        with store.client.pipeline(transaction=False) as pipe:
            for number in range(start, min(start + 1000, runs)):
                run, fields = head(number, draw)
                pipe.hset(store.keys.root(run), mapping=fields)
            pipe.execute()
    Indexes(store.client, store.keys).rebuild()


def cpu(client):
    """Milliseconds of CPU that Redis has used."""
    found = client.info("cpu")
    return (found["used_cpu_user_main_thread"] + found["used_cpu_sys_main_thread"]) * 1000


def measure(store, text):
    """Return milliseconds of Redis for a page, those of its longest script, the number of scripts, and of runs on the page."""
    client, run, scripts = store.client, Script.run, []

    def timed(script, *args):
        before = cpu(client)
        answer = run(script, *args)
        scripts.append(cpu(client) - before - nothing)
        return answer

    before = cpu(client)
    nothing = cpu(client) - before
    with patch.object(Script, "run", timed):
        before = cpu(client)
        views, _ = RunPages(Reader(client, store.keys), store, RunFilter.parse(text)).read(None, PAGE)
        total = cpu(client) - before - nothing * (1 + 2 * len(scripts))
    return total, max(scripts, default=0), len(scripts), len(views)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run_filters")
    parser.add_argument("--runs", type=int, default=100_000)
    options = parser.parse_args(arguments)
    found = {}
    with EmbeddedRedis() as server, server.client() as client:
        store = Store(client, OrchestratorSettings())
        fill(store, options.runs)
        size = sum(client.memory_usage(key) or 0 for key in client.scan_iter(f"{store.keys.by_word}*"))
        print(f"{options.runs:,} runs; index {size / options.runs:.0f} B a run")
        for text in FILTERS:
            found[text] = min(measure(store, text) for _ in range(3))
            used, script, scripts, shown = found[text]
            print(
                f"{text or '(all)':40} {used:9.1f} ms  {scripts:3} scripts up to {script:5.1f} ms {shown:4} runs",
                flush=True,
            )
    return found


if __name__ == "__main__":
    main()
