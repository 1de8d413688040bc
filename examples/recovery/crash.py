"""Kill a worker (SIGKILL) in the middle of a swarm and of a long task with checkpoints: `python crash.py`."""

from celery import group
from stage import expect, say, stage, tell
from tasks import convert, fetch, orchestrator

from orchestrator_celery import ComplexSignature, Swarm

PAGES, CHAPTERS = 40, 16

with stage() as on:
    work = group(convert.s(CHAPTERS), Swarm([fetch.s(n) for n in range(PAGES)]))
    run = ComplexSignature(work, name="book").apply_async()
    say(f"the run is a group: a long task of {CHAPTERS} chapters and a swarm of {PAGES} pages")
    doomed = on.worker()
    on.wait_for(lambda: len(on.bodies("convert")) >= 6 and run.progress().done >= 10, "the middle of the run")

    doomed.kill()
    last = len(on.bodies("convert")) - 1
    say(f"kill -9 of the worker and its children: {run.progress().done} pages are done, chapter {last} had begun")
    expect(run.progress().running > 0, "Redis still lists the tasks as running, because the worker could not report")

    on.worker()
    converted, pages = on.result(run)
    say(f"the run is {run.status}")
    resumed = {node.task: node for node in tell(orchestrator.resume_reports()) if node.action == "resumed"}
    say(f"result of the long task: {converted}")
    expect(resumed["tasks.convert"].checkpoint, "the long task continued from its checkpoint")
    expect(converted["continued at"] in (last, last + 1), f"it continued at chapter {converted['continued at']}")
    expect(pages == list(range(PAGES)), "the swarm has all results in order")
    # A task that was killed runs again: one page and one chapter were running.
    again = sorted(name for name, times in on.bodies().items() if times > 1)
    started = f"{on.bodies().total()} pages and chapters started, {PAGES + CHAPTERS} were planned"
    say(f"{started}; started twice because of the kill: {', '.join(again)}")
    expect(len(again) <= 2 and max(on.bodies().values()) <= 2, "only the tasks that were running have run again")
