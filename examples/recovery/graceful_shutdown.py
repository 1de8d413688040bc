"""Shut a worker down with SIGTERM early in a run: `python graceful_shutdown.py`."""

from celery import chain
from stage import expect, say, stage, tell
from tasks import fetch, orchestrator, total

from orchestrator_celery import ComplexSignature, Swarm

PAGES = 40

with stage() as on:
    run = ComplexSignature(chain(Swarm([fetch.s(n) for n in range(PAGES)]), total.s()), name="pages").apply_async()
    say(f"the run is a chain: a swarm of {PAGES} pages, then their total")
    old = on.worker()
    on.wait_for(lambda: run.progress().done >= 10, "ten pages")

    say(f"SIGTERM to the worker: {run.progress().done} of {PAGES + 1} tasks are done")
    old.stop()
    progress = run.progress()
    counts = f"{progress.done} are done, {progress.waiting} wait in Redis"
    say(f"the worker has finished its running tasks and ended: {counts}")
    expect(progress.running == 0 and progress.waiting > 0, "no task was aborted, and some tasks still wait")

    on.worker()
    result = on.result(run)
    say(f"the run is {run.status}, its result is {result}")
    resumed = [node for node in tell(orchestrator.resume_reports()) if node.action == "resumed"]
    expect(result == sum(range(PAGES)) and not resumed, "the result is correct, and no task had to be resumed")
    bodies = on.bodies()
    expect(len(bodies) == PAGES + 1 and bodies.total() == PAGES + 1, f"{bodies.total()} tasks ran, each once")
