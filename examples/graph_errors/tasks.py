"""Convert an amount by today's rates, which come from a service that has its moods."""

import json
from pathlib import Path
from urllib.request import urlopen

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)

KEPT = Path(__file__).resolve().parent / "rates.json"


@app.task(throws=(OSError, ValueError))  # expected: the worker logs no traceback
def fetch(url):
    """Ask the service."""
    with urlopen(url, timeout=5) as answer:
        return json.load(answer)


@app.task
def kept(error):
    """The alternative: the rates that were kept yesterday."""
    return json.loads(KEPT.read_text(encoding="utf-8"))


@app.task
def convert(found, amount, currency):
    """Works with either."""
    return f"{amount:.2f} EUR are {amount * found['rates'][currency]:.2f} {currency}, by the rates of {found['day']}"


@app.task
def ask_somebody(error):
    """For what no retry and no other rates make better."""
    return f"nothing converted, somebody has to look: {error['type']}: {error['message']}"
