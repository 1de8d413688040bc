"""How long a search takes among many log lines, and how long it takes to index them.

Usage: python -m tests.benchmarks.log_search [--lines N]
"""

import argparse
import tempfile
import time
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from statistics import median

from orchestrator_celery.model.logs import LogLine
from orchestrator_celery.views.logs.index import LogIndex, Wanted
from orchestrator_celery.views.logs.query import full_text_query

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
QUERIES = ("customer", "customer AND 4711", '"could not reach"', "conn*", "refused NOT bank", "", "nowhere")
#: Runs over which the lines are spread.
RUNS = 1000
#: Lines that a person looks at.
PAGE = 100


def lines(count):
    """Lines as a shop logs them; one of a hundred is an error."""
    for number in range(count):
        bad = number % 100 == 0
        text = (
            f"could not reach bank {number % 37}: connection refused"
            if bad
            else f"order {number} of customer {number % 9973}"
        )
        yield LogLine(
            id=f"{number}-0", time=START + timedelta(milliseconds=number), level="ERROR" if bad else "INFO", logger="shop",
            message=text, run=f"run-{number % RUNS}", node="0.0", task="shop.order", attempt=1, worker="w1@host",
        )  # fmt: skip


def measure(count, path):
    """Return the seconds to index the lines, and the milliseconds of each query."""
    index = LogIndex(path)
    begun, source = time.monotonic(), lines(count)
    while batch := list(islice(source, 1000)):
        index.add(batch)
    indexed = time.monotonic() - begun
    found = {}
    for query in QUERIES:
        for level in (0, 40):
            times = []
            for _ in range(5):
                begun = time.perf_counter()
                list(islice(index.find(Wanted(full_text_query(query), level=level)), PAGE))
                times.append((time.perf_counter() - begun) * 1000)
            found[query or "(all)", level] = median(times)
    some = frozenset(f"run-{number}" for number in range(10))
    begun = time.perf_counter()
    list(islice(index.find(Wanted("customer", runs=some)), PAGE))
    found["customer, of ten runs", 0] = (time.perf_counter() - begun) * 1000
    index.close()
    return indexed, found


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.log_search")
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.sqlite"
        indexed, found = measure(options.lines, str(path))
        size = path.stat().st_size
    print(f"{options.lines:,} lines indexed in {indexed:.1f} s, {size / 2**20:,.0f} MiB")
    for (query, level), took in found.items():
        print(f"{query}, {'errors' if level else 'all levels'}: {took:.1f} ms")
    return found


if __name__ == "__main__":
    main()
