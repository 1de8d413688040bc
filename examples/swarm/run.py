"""Find files with equal content: `python run.py [folder]`."""

import os
import sys
from collections import defaultdict
from pathlib import Path

from tasks import fingerprint

from orchestrator_celery import Swarm

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

# Open: the first files are hashed while the folder is still being walked.
swarm = Swarm(name="fingerprints", max_concurrency=16, max_failures=0.5, open=True)
run = swarm.apply_async()
for where, _, names in os.walk(folder):
    swarm.add_tasks_bulk(fingerprint.s(str(Path(where, name))) for name in sorted(names))
swarm.close()
progress = run.progress()
print("run", run.id, "has", progress.total, "files,", progress.done, "are done")

same = defaultdict(list)
for one in run.get():
    if one is not None:  # the place of a file that could not be read
        same[one[0]].append(one[1])
for paths in same.values():
    if len(paths) > 1:
        print(len(paths), "times", min(paths))
print(sum(map(len, same.values())), "files,", len(same), "different")
