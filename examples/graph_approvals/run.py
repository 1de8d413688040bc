"""Claims that wait for approvals, also while no worker is up: `python run.py`. It stops the running worker."""

import csv
import subprocess
import sys
import time
from pathlib import Path

from tasks import app, check, orchestrator, pay, refuse

from orchestrator_celery import END, START, Approval, ConditionalGraph, InvalidTransition, node, otherwise, result, when


def stages(claim):
    """Build the graph of a claim: above 200 a manager approves within 12 seconds, above 5,000 the board as well."""
    asked = f"{claim['who']}, {claim['what']}: {claim['amount']}"
    approved = result["decision"] == "approved"
    return (
        ConditionalGraph(f"claim of {claim['who']}", tags=["claims"])
        .add_node("check", check.s())
        .add_node("manager", Approval(timeout=12, on_timeout="reject", message=asked))
        .add_node("board", Approval(message=asked))
        .add_node("pay", pay.si(), inputs={"claim": node("check")})
        .add_node("incomplete", refuse.s())
        .add_node("refuse", refuse.si(), inputs={"claim": node("check"), "answer": result})
        .add_edge(START, "check")
        .add_conditional_edges(
            "check",
            [when(~result["receipt"], "incomplete"), when(result["amount"] <= 200, "pay"), otherwise("manager")],
        )
        .add_conditional_edges(
            "manager",
            [when(approved & (node("check")["amount"] > 5000), "board"), when(approved, "pay"), otherwise("refuse")],
        )
        .add_conditional_edges("board", {"approved": "pay", "rejected": "refuse"})
        .add_edge("pay", END)
        .add_edge("incomplete", END)
        .add_edge("refuse", END)
    )


def wait_for(condition):
    while not condition():
        time.sleep(0.1)


with (Path(__file__).resolve().parent / "claims.csv").open(newline="") as file:
    runs = {claim["who"]: stages(claim).apply_async((claim,)) for claim in csv.DictReader(file)}
print(runs["ada"].get(), runs["bob"].get(), sep="\n")

# A waiting approval occupies no worker and no message. Any process can list and answer it.
wait_for(lambda: len(orchestrator.approvals()) == 3)
for asked in reversed(orchestrator.approvals()):
    print(f"{asked.name} has to approve: {asked.message}; {asked.on_timeout} at {asked.until:%X}")
runs["carol"].reject("manager", by="mona", note="there are enough chairs")
runs["erin"].approve("manager", by="mona")
print(runs["carol"].get(), runs["dan"].get(), sep="\n")  # nobody answers dan

try:
    runs["carol"].approve("manager", by="max")
except InvalidTransition as refused:
    print("max answers too late:", refused)

# The last claim waits for the board. The worker stops, the board answers, and a new worker starts.
wait_for(orchestrator.approvals)
app.control.shutdown()
wait_for(lambda: not app.control.ping(timeout=0.5))
[asked] = orchestrator.approvals()
print(f"no worker is up; {asked.name} has to approve: {asked.message}")
orchestrator.run(asked.run).approve(asked.name, by="the board", note="buy two")
worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "tasks", "worker", "--loglevel", "ERROR", "-c", "2"],
                          stdout=subprocess.DEVNULL)  # fmt: skip
try:
    print(runs["erin"].get(timeout=60))
finally:
    worker.terminate()
    worker.wait()

print(runs["erin"].tree())
for who, run in runs.items():
    for entry in reversed(orchestrator.audit(run=run.id)):
        print(f"{who}: {entry.verb} by {entry.actor}{', refused' if entry.refused else ''} {entry.reason}")
