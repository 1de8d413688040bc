"""Ingest a CSV file: `python run.py orders.csv`."""

import sys
import time
from pathlib import Path

from tasks import count, database, ingest, set_aside

from orchestrator_celery import Swarm, SwarmFailed

path = Path(sys.argv[1])
with database() as db:
    for table in ("orders (number PRIMARY KEY, name, amount)", "rejected (number PRIMARY KEY, row, reason)",
                  "seen (number PRIMARY KEY, state)"):  # fmt: skip
        db.execute(f"CREATE TABLE IF NOT EXISTS {table}")

# A fifth of the rows may be bad. If more are bad, the file is probably the wrong one, so the swarm fails.
swarm = Swarm(
    name=path.name,
    max_concurrency=8,
    max_failures=0.2,
    on_task_error=set_aside.s(),
    on_task_cleanup=count.s(),
)
with path.open() as lines:
    report = swarm.add_tasks_and_run(ingest.s(number, line.strip()) for number, line in enumerate(lines, 1))
print(f"{report.added} rows added")
run = swarm.run
try:
    total = sum(amount for amount in run.get() if amount is not None)
    print(f"{run.progress().done} rows ingested, {total:.2f} in all")
except SwarmFailed as exc:
    print(f"not ingested: {exc}")

# Callbacks may end after the swarm, like Celery's.
while any(not callback.finished for item in run.items() for callback in item.callbacks):
    time.sleep(0.1)
with database() as db:
    for number, row, reason in db.execute("SELECT * FROM rejected ORDER BY number"):
        print(f"row {number} set aside ({reason}): {row}")
    print("seen:", *db.execute("SELECT state, count(*) FROM seen GROUP BY state ORDER BY state"))
