"""Writes the result of a soak as a page."""

from collections import Counter
from pathlib import Path
from statistics import quantiles

from orchestrator_celery import ResumeAction
from tests.benchmarks.cell import machine

PAGE = Path(__file__).parents[2] / "docs" / "soak.md"

INTRO = """\
# Soak

`make soak` runs workflows of every shape for ten minutes and causes faults meanwhile. The faults:

- Redis is killed and comes back. Broker and store are on one server, with AOF and every write synced.
- The broker is emptied.
- Workers and their busy children are killed or told to stop.
- Messages are delivered twice.
- Another app has a run and a worker on the same Redis, with the same prefix and the same queue; then its worker is killed.
- Redis refuses every write for five seconds, because it is at `maxmemory` or read-only.
- A worker is frozen for longer than its lease and then goes on.
- A worker that lacks one of the tasks takes messages from the queue for 15 s.

Two prefork workers of two processes each run with Celery's default settings. When a worker dies, it is started again, as a supervisor does. Every
workflow has a known correct result. Every task body writes a note into a second Redis that no fault touches. The command writes this page.

```console
$ make soak
$ .venv/bin/python -m tests.soak --minutes 1 --workflows 100 --seed 7
```

The soak checks these conditions:

- Every workflow that was accepted ends with the correct result, in the store and in Celery's result backend.
- No node ends twice.
- No body runs twice under one claim.
- At most as many bodies run again as processes were killed while they ran a body.
- An ended run is readable until its retention is over. Ten seconds later no key of it is left.
"""


def table(title, rows):
    return ["", f"| {title} | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]


def lines(options, site, faults, judge, counts, tries):
    """Returns the whole report."""
    shapes = Counter(case.flow.shape for case in judge.cases.values())
    took = sorted(case.took for case in judge.cases.values() if case.closed) or [0.0]
    cuts = quantiles(took, n=20) if len(took) > 1 else took * 20
    reports = judge.orchestrator.resume_reports(limit=1000)
    actions = [(f"nodes {action}", sum(len(r.of(action)) for r in reports)) for action in ResumeAction]
    wrong = judge.wrong()
    figures = [
        ("workflows", f"{len(judge.cases):,}"),
        ("ended with the correct result", f"{len(judge.cases) - len(wrong):,}"),
        ("task bodies", f"{counts['bodies']:,}"),
        ("bodies that ran again; the most that the faults can cause", f"{counts['extra']} of {site.cut}"),
        ("of these, bodies of joins and last steps", counts["joins"]),
        ("bodies that ran twice under one claim", counts["twice"]),
        ("time to end, median", f"{cuts[9]:.2f} s"),
        ("time to end, 95 %", f"{cuts[18]:.2f} s"),
        ("time to end, longest", f"{took[-1]:.2f} s"),
        ("submissions repeated because Redis was away", tries - len(judge.cases)),
        ("workers that exited by themselves", len(site.exits)),
        ("resume reports", len(reports)),
        *((name, count) for name, count in actions if count),
        ("peak memory of Redis", f"{site.peak / 2**20:.1f} MiB"),
        (f"keys of runs left {options.grace} s after their time", len(judge.strays)),
    ]
    return [
        f"{machine()}; {options.minutes:g} minutes, seed {options.seed}, retention {options.retention} s.",
        *table("fault", [*faults.done.most_common(), ("all", sum(faults.done.values()))]),
        *table("shape", sorted(shapes.items())),
        *table("", figures),
        "",
    ]


def verdict(site, judge, counts):
    """Returns one line for each problem; an empty list means success."""
    found = [f"{case.flow.id} ({case.flow.shape}): {'; '.join(case.wrong)}" for case in judge.wrong()]
    found += site.problems
    found += [f"left over: {key}" for key in judge.strays]
    if counts["extra"] > site.cut:
        found.append(f"{counts['extra']} bodies ran again, but at most {site.cut} were killed")
    return found
