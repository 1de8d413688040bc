"""Batch ingestion: rows of a file go into a table, each on its own; bad ones are set aside."""

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
    """Check one row and keep it; running twice keeps it once."""
    name, amount = row.split(",")
    with database() as db:
        db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (number, name.strip(), float(amount)))
    return float(amount)


@app.task
def set_aside(error, item):
    """Called after a row that failed, with what went wrong and which row it was."""
    number, row = item["args"]
    with database() as db:
        db.execute(
            "INSERT OR REPLACE INTO rejected VALUES (?, ?, ?)", (number, row, f"{error['type']}: {error['message']}")
        )


@app.task
def count(item):
    """Called after every row, however it ended."""
    with database() as db:
        db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (item["args"][0], item["state"]))
