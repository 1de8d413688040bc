"""Convert an amount with today's rates from a service that sometimes fails."""

import json
from pathlib import Path
from urllib.request import urlopen

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)

RATES = Path(__file__).resolve().parent / "rates.json"


@app.task(throws=(OSError, ValueError))  # expected: the worker logs no traceback
def fetch(url):
    """Get today's rates from the service."""
    with urlopen(url, timeout=5) as answer:
        return json.load(answer)


@app.task
def yesterdays_rates(error):
    """Return yesterday's rates, the alternative."""
    return json.loads(RATES.read_text(encoding="utf-8"))


@app.task
def convert(found, amount, currency):
    """Convert the amount with rates from either source."""
    return f"{amount:.2f} EUR are {amount * found['rates'][currency]:.2f} {currency}, with the rates of {found['day']}"


@app.task
def ask_a_person(error):
    """Ask a person about an error that neither a retry nor other rates can solve."""
    return f"nothing converted, a person has to look: {error['type']}: {error['message']}"
