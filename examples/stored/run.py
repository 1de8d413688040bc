"""Save a workflow, run it many times, mark it for deletion, restore it, and purge it: `python run.py`."""

import time

from celery import chain
from tasks import orchestrator, report, sales

from orchestrator_celery import SignatureGone, SignatureInUse

kept = orchestrator.save(chain(sales.s(), report.s("EUR")), name="monthly report", tags=["finance"])
runs = [kept.run(month) for month in (1, 2, 3)]
for run in runs:
    print("report", run.get(timeout=60))
print("rerun of March:", kept.rerun(runs[2]).get(timeout=60))

print("to be deleted at", kept.delete(after=3600).isoformat())
kept.restore()
print("restored:", kept.status, "with", len(kept.runs()), "runs")

while True:
    try:
        kept.purge(confirm=True)
        break
    except SignatureInUse:  # Celery stores the result a moment after `get` returns
        time.sleep(0.1)
try:
    kept.run(4)
except SignatureGone as exc:
    print("gone:", type(exc).__name__)
for entry in reversed(orchestrator.audit(signature=kept.id)):
    if not entry.refused:
        print("audit", entry.verb)
