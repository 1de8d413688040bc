"""Find files with equal content: `python run.py [folder]`."""

import os
import sys
from collections import defaultdict
from pathlib import Path

from tasks import fingerprint

from orchestrator_celery import Swarm

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

# The swarm is open, so the workers hash the first files while this loop still walks the folder.
swarm = Swarm(name="fingerprints", max_concurrency=16, max_failures=0.5, open=True)
run = swarm.apply_async()
for where, _, names in os.walk(folder):
    swarm.add_tasks_bulk(fingerprint.s(str(Path(where, name))) for name in sorted(names))
swarm.close()
progress = run.progress()
print(f"run {run.id}: {progress.done} of {progress.total} files are done")

same = defaultdict(list)
for found in run.get():
    if found is not None:  # None: the file could not be read
        digest, path = found
        same[digest].append(path)
for paths in same.values():
    if len(paths) > 1:
        print(len(paths), "times", min(paths))
print(sum(map(len, same.values())), "files,", len(same), "different")
