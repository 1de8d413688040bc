"""A worker is killed (SIGKILL) in the middle of a swarm and of a long task with checkpoints: `python crash.py`."""

from celery import group
from stage import expect, say, stage, tell
from tasks import convert, fetch, orchestrator

from orchestrator_celery import ComplexSignature, Swarm

PAGES, CHAPTERS = 40, 16

with stage() as on:
    work = group(convert.s(CHAPTERS), Swarm([fetch.s(n) for n in range(PAGES)]))
    run = ComplexSignature(work, name="book").apply_async()
    say(f"a group: a long task of {CHAPTERS} chapters, beside it a swarm of {PAGES} pages")
    doomed = on.worker()
    on.wait_for(lambda: len(on.bodies("convert")) >= 6 and run.progress().done >= 10, "the middle")

    doomed.kill()
    last = len(on.bodies("convert")) - 1
    say(f"kill -9 of the worker and its children: {run.progress().done} pages are done, chapter {last} had begun")
    expect(run.progress().running > 0, "the record still says that tasks run: nobody could say otherwise")

    on.worker()
    converted, pages = on.result(run)
    say(f"the run is {run.status}")
    resumed = {node.task: node for node in tell(orchestrator.resume_reports()) if node.action == "resumed"}
    say(f"the long task: {converted}")
    expect(resumed["tasks.convert"].checkpoint, "the long task was resumed from its checkpoint")
    expect(converted["went on from"] in (last, last + 1), f"it went on from chapter {converted['went on from']}")
    expect(pages == list(range(PAGES)), "the swarm has every result, in order")
    # A body that was killed runs again: one page and one chapter were in work.
    again = sorted(name for name, times in on.bodies().items() if times > 1)
    say(f"{on.bodies().total()} bodies of {PAGES + CHAPTERS}; again, because they were killed: {', '.join(again)}")
    expect(len(again) <= 2 and max(on.bodies().values()) <= 2, "only what was in work has run again")
