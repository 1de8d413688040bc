"""Retry, rerun from a node, skip and detach: `python run.py`."""

import tempfile
from pathlib import Path

from celery import chain
from tasks import convert, orchestrator, read, table, tell

from orchestrator_celery import ComplexSignature, InvalidTransition, Swarm

rates = Path(tempfile.mkdtemp()) / "rates"
products = ["tea", "coffee", "sugar"]
prices = Swarm([ComplexSignature(chain(read.s(p), convert.s(str(rates))), name=p) for p in products], name="prices")
run = ComplexSignature(chain(prices, table.s(), tell.s("sales")), name="price list").apply_async()
print("failed:", type(run.get(propagate=False)).__name__)

# Retry: after the repair the failed tasks start again. `read` succeeded and does not run again.
rates.write_text("0.9")
run.retry()
print(run.get())
print(run.view.status, "with", run.view.failed, "failures")

# Rerun from a node: the new run takes over the prices, and only the last step runs.
last = run.tree().children[0].children[-1]
again = run.rerun(from_node=last.id)
print("rerun:", again.get(), "of the same run:", again.view.rerun_of == run.id)

# Skip: the run leaves out a step that has not started.
run = ComplexSignature(chain(prices, table.s(), tell.s("sales"))).apply_async(countdown=3)
run.suspend()
run.skip(run.tree().children[0].children[-1].id)
run.resume()
print(run.get())

# Detach: the slow item becomes a run of its own, and the rest does not wait for it.
slow = ComplexSignature(chain(read.s("saffron"), convert.s(str(rates))), name="saffron")
run = Swarm([read.s("tea").set(countdown=1), slow], name="two prices", max_concurrency=1).apply_async()
other = run.detach("0.1")
print(f"detached: {other.get()['euros']:.2f}, the rest: {run.get()}")
try:
    run.skip("0.0")
except InvalidTransition as refused:
    print(refused)
for entry in orchestrator.audit(limit=20):
    if entry.verb in ("retry", "rerun", "skip", "detach"):
        print("audit", entry.verb, entry.node)
