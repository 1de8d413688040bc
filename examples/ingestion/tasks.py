"""Batch ingestion: each row of a file goes into a table, and bad rows are set aside."""

import os
import sqlite3

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


def database():
    return sqlite3.connect(os.environ.get("INGESTION_DB", "ingestion.db"), timeout=30)


@app.task
def ingest(number, row):
    """Check one row and store it; if the task runs twice, the row is stored once."""
    name, amount = row.split(",")
    with database() as db:
        db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (number, name.strip(), float(amount)))
    return float(amount)


@app.task
def set_aside(error, item):
    """Store a bad row; called after a failed row, with its error and its item."""
    number, row = item["args"]
    with database() as db:
        db.execute(
            "INSERT OR REPLACE INTO rejected VALUES (?, ?, ?)", (number, row, f"{error['type']}: {error['message']}")
        )


@app.task
def count(item):
    """Count a row; called after every row, whether it succeeded or failed."""
    with database() as db:
        db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (item["args"][0], item["state"]))
