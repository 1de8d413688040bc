"""Usage: python -m tests.soak [--minutes 10] [--workflows 1000] [--seed N] [--write-docs]"""

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from random import Random

from tests.soak import report
from tests.soak.faults import Faults
from tests.soak.site import Site

#: Seconds all that was accepted has to end in once the faults have stopped.
SETTLE = 120


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workflows", type=int, default=1000, help="submitted over this time")
    parser.add_argument("--seed", type=int, default=1, help="of workflows and faults")
    parser.add_argument("--pause", type=float, nargs=2, default=(5, 40), help="seconds between two faults")
    parser.add_argument("--retention", type=int, default=10, help="seconds an ended run is kept")
    parser.add_argument("--settings", type=json.loads, default={}, help="more settings of the workers, as JSON")
    parser.add_argument("--write-docs", action="store_true", help="write docs/soak.md")
    return parser.parse_args(arguments)


def client(site):
    """The project, as a client of this site; it reads where that is as it is imported."""
    os.environ.update(TEST_BROKER=site.urls[0], TEST_BACKEND=site.urls[1], TEST_SETTINGS=json.dumps(site.settings))
    from tests.soak import judge, project, workload

    return project, judge, workload


class Submitter(threading.Thread):
    """Submits flows at random moments of the soak, every other one in a burst, so that now and then messages queue up."""

    def __init__(self, workload, judge, options):
        super().__init__(daemon=True)
        rng = Random(f"moments {options.seed}")
        alone = [rng.uniform(0, options.minutes * 60) for _ in range(options.workflows)]
        bursts = alone[: options.workflows // 50 + 1]
        self.moments = sorted(rng.choice([moment, rng.choice(bursts)]) for moment in alone)
        self.submit, self.judge, self.seed, self.tries = workload.submit, judge, options.seed, 0

    def run(self):
        begun = time.monotonic()
        for index, moment in enumerate(self.moments):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            flow, tries = self.submit(self.seed, index)
            self.tries += tries
            self.judge.expect(flow)


def soak(options, site):
    project, judging, workload = client(site)
    judge = judging.Judge(project.orchestrator, options.retention)
    submitter = Submitter(workload, judge, options)
    begun = said = time.monotonic()
    submitter.start()
    faults = Faults(site, Random(f"faults {options.seed}"), options.pause)

    def on(limit, busy):
        """Look until nothing is left to look at, or time is over."""
        nonlocal said
        until = time.monotonic() + limit
        while busy() and time.monotonic() < until:
            judge.look()
            if time.monotonic() - said >= 10:
                said = time.monotonic()
                print(_line(said - begun, judge, faults, site), flush=True)
            time.sleep(0.25)

    on(options.minutes * 60, lambda: True)
    on(SETTLE, submitter.is_alive)
    faults.stop()
    on(SETTLE, faults.is_busy)  # the judge looks meanwhile: an ended run is kept for a short time only
    on(SETTLE, judge.open)
    judge.give_up()
    on(options.retention + judging.GRACE + SETTLE, judge.kept)
    judge.give_up_kept()
    time.sleep(judging.GRACE)
    judge.leftovers()
    options.grace = judging.GRACE
    return judge, faults, submitter


def _line(seconds, judge, faults, site):
    return (
        f"{seconds:5.0f} s  accepted {len(judge.cases)}, open {len(judge.open())}, kept {len(judge.kept())}, "
        f"wrong {len(judge.wrong())}; faults {sum(faults.done.values())} "
        f"(last: {' '.join(map(str, faults.history[-1][1:])) if faults.history else 'none'}), "
        f"exits {len(site.exits)}"
    )


def main(arguments=None):
    options = parse(arguments)
    site = Site({"orchestrator_retention": options.retention, **options.settings})
    found = ["it was broken off"]
    try:
        judge, faults, submitter = soak(options, site)
        counts = judge.bodies(site.ledger)
        text = report.lines(options, site, faults, judge, counts, submitter.tries)
        found = report.verdict(site, judge, counts)
        text.append("Verdict: nothing wrong." if not found else f"Verdict: problems found: {len(found)}.")
        print("\n".join(text), *site.exits, *found, sep="\n")
        for case in judge.wrong():
            print(f"--- {case.flow.id}\n{case.detail}")
        if found:
            print(*(f"{moment:.1f} {kind} {what}" for moment, kind, what in faults.history), sep="\n")
        if options.write_docs:
            Path(report.PAGE).write_text("\n".join([report.INTRO, *text, ""]))
    finally:
        site.stop(keep_logs=bool(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
