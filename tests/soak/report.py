"""What a soak found, as lines of a page."""

from collections import Counter
from pathlib import Path
from statistics import quantiles

from orchestrator_celery import ResumeAction
from tests.benchmarks.cell import machine

PAGE = Path(__file__).parents[2] / "docs" / "soak.md"

INTRO = """\
# Soak

`make soak` runs workflows of every shape for ten minutes while things go wrong: Redis (broker and store on one server,
AOF, every write synced) is killed and comes back, the broker is emptied, workers and their busy children are killed or
told to stop, messages are delivered twice. Two prefork workers of two processes each run on Celery's default settings
and are started again when they die, as a supervisor does. Every workflow has a known right answer, and every task body
notes itself in a second Redis that no fault touches. This page is written by the command.

```console
$ make soak
$ .venv/bin/python -m tests.soak --minutes 1 --workflows 100 --seed 7
```

What has to hold: every workflow that was accepted ends with the right result, in the store and in Celery's result
backend; no node ends twice; no body runs twice under one claim, and no more bodies run again than processes were killed
under them; an ended run is readable until its retention is over, and ten seconds later no key of it is left.
"""


def table(title, rows):
    return ["", f"| {title} | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]


def lines(options, site, faults, judge, counts, tries):
    """The whole report."""
    shapes = Counter(case.flow.shape for case in judge.cases.values())
    took = sorted(case.took for case in judge.cases.values() if case.closed) or [0.0]
    cuts = quantiles(took, n=20) if len(took) > 1 else took * 20
    reports = judge.orchestrator.resume_reports(limit=1000)
    actions = [(f"nodes {action}", sum(len(r.of(action)) for r in reports)) for action in ResumeAction]
    wrong = judge.wrong()
    figures = [
        ("workflows", f"{len(judge.cases):,}"),
        ("ended, with the right result", f"{len(judge.cases) - len(wrong):,}"),
        ("task bodies", f"{counts['bodies']:,}"),
        ("extra bodies; most the faults may have cost", f"{counts['extra']} of {site.cut}"),
        ("of these, bodies of joins and tails", counts["joins"]),
        ("bodies that ran twice under one claim", counts["twice"]),
        ("time to end, median", f"{cuts[9]:.2f} s"),
        ("time to end, 95 %", f"{cuts[18]:.2f} s"),
        ("longest", f"{took[-1]:.2f} s"),
        ("submissions tried again, Redis being away", tries - len(judge.cases)),
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
    """What is wrong, one line each; nothing is good."""
    found = [f"{case.flow.id} ({case.flow.shape}): {'; '.join(case.wrong)}" for case in judge.wrong()]
    found += site.problems
    found += [f"left over: {key}" for key in judge.strays]
    if counts["extra"] > site.cut:
        found.append(f"{counts['extra']} bodies ran again, at most {site.cut} were cut off")
    return found
