"""A worker is shut down in good order (SIGTERM) with most of a run before it: `python graceful_shutdown.py`."""

from celery import chain
from stage import expect, say, stage, tell
from tasks import fetch, orchestrator, total

from orchestrator_celery import ComplexSignature, Swarm

PAGES = 40

with stage() as on:
    run = ComplexSignature(chain(Swarm([fetch.s(n) for n in range(PAGES)]), total.s()), name="pages").apply_async()
    say(f"a chain: a swarm of {PAGES} pages, then their total")
    old = on.worker()
    on.wait_for(lambda: run.progress().done >= 10, "ten pages")

    say(f"SIGTERM to the worker, {run.progress().done} of {PAGES + 1} tasks are done")
    old.stop()
    progress = run.progress()
    say(f"the worker is gone: it ended what it ran, {progress.done} are done, {progress.waiting} wait in Redis")
    expect(progress.running == 0 and progress.waiting > 0, "nothing was broken off, and something is left to do")

    on.worker()
    result = on.result(run)
    say(f"the run is {run.status}, the result is {result}")
    resumed = [node for node in tell(orchestrator.resume_reports()) if node.action == "resumed"]
    expect(result == sum(range(PAGES)) and not resumed, "the result is right, nothing had to be resumed")
    bodies = on.bodies()
    expect(len(bodies) == PAGES + 1 and bodies.total() == PAGES + 1, f"{bodies.total()} bodies ran, each once")
