"""A small text pipeline of ordinary Celery tasks."""

import re
from collections import Counter
from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def read(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")


@app.task
def count_lines(text):
    return len(text.splitlines())


@app.task
def top_words(text, n):
    return Counter(re.findall(r"[^\W\d_]{4,}", text.lower())).most_common(n)


@app.task
def summary(parts, path):
    lines, words = parts
    return {"path": path, "lines": lines, "words": dict(words)}
