"""Cut the network between a worker and Redis for some seconds while tasks run: `python network_loss.py`."""

from time import monotonic

from celery import group
from network import Network
from stage import expect, say, stage, tell
from tasks import convert, fetch, orchestrator

from orchestrator_celery import ComplexSignature, Swarm

PAGES, CHAPTERS, SECONDS = 40, 16, 4

with stage() as on:
    network = on.enter(Network(on.redis.port))
    work = group(convert.s(CHAPTERS), Swarm([fetch.s(n) for n in range(PAGES)]))
    run = ComplexSignature(work, name="book").apply_async()
    say(f"the run is a group: a long task of {CHAPTERS} chapters and a swarm of {PAGES} pages")
    # Celery itself sometimes ends when its broker goes away, so a supervisor restarts this worker.
    on.worker(network.port, supervised=True)
    on.wait_for(lambda: run.progress().running == 2 and run.progress().done >= 8, "the middle of the run")

    network.cut()
    cut, before = monotonic(), run.progress()
    say(f"the network is cut: {before.done} pages are done, {before.running} tasks run")
    on.wait_for(lambda: monotonic() - cut > SECONDS, "the end of the outage")
    during = run.progress()
    say(f"after {SECONDS} s {during.done} pages are recorded: a page and a chapter have ended and wait to report")
    expect(during.done == before.done, "nothing reached Redis")

    network.mend()
    say("the network is back")
    converted, pages = on.result(run)
    say(f"the run is {run.status}, result of the long task: {converted}")
    tell(orchestrator.resume_reports())
    expect(pages == list(range(PAGES)) and converted["chapters"] == CHAPTERS, "all results are there, in order")
    bodies = on.bodies()
    again = bodies.total() - len(bodies)
    expect(
        len(bodies) == PAGES + CHAPTERS and again <= 2 * on.exits,
        f"{len(bodies)} pages and chapters ran, {again} of them again",
    )
