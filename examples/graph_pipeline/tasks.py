"""Four ordinary tasks: read a file of orders, sum it up, set it aside, tell a person. No task knows the next one."""

import csv
from collections import Counter
from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task(throws=(OSError,))  # expected: the worker logs no traceback
def read(path):
    """Read the rows and count the orders among them."""
    with Path(path).open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [(row.get("country"), row.get("amount")) for row in csv.DictReader(file)]
    orders = [(country, amount) for country, amount in rows if _is_amount(amount)]
    return {"path": path, "rows": len(rows), "orders": orders, "bad": 1 - len(orders) / max(len(rows), 1)}


@app.task
def summarise(read):
    """Sum up the orders by country."""
    totals = Counter()
    for country, amount in read["orders"]:
        totals[country] += float(amount)
    return {
        "orders": len(read["orders"]),
        "totals": {country: round(total, 2) for country, total in totals.most_common()},
    }


@app.task
def set_aside(read):
    """Set a file with too many bad rows aside."""
    return {"set aside": Path(read["path"]).name, "bad rows": f"{read['bad']:.0%} of {read['rows']}"}


@app.task
def tell(error):
    """Tell a person that the file could not be read."""
    return {"told": f"{error['type']}: {error['message']}"}


def _is_amount(text):
    try:
        return float(text) >= 0
    except (TypeError, ValueError):
        return False
