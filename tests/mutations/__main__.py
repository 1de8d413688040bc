"""Puts each fault into a copy of the project and runs the tests that must find it; exit status 1 if one is not found."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutations.faults import FAULTS

ROOT = Path(__file__).parents[2]
#: The exit status of pytest if tests have failed, or could not be collected.
FOUND = (1, 2)


def copied(folder):
    """A copy of what git knows, and of files that are new."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def is_found(folder, fault):
    """Whether the tests fail with the fault; the copy is right again afterwards."""
    path = folder / "orchestrator_celery" / fault.file
    text = path.read_text()
    if text.count(fault.right) != 1:
        raise SystemExit(f"{fault.file} has {text.count(fault.right)} times {fault.right!r}: mend the list of faults.")
    path.write_text(text.replace(fault.right, fault.wrong))
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", fault.tests]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    finally:
        path.write_text(text)
    return done.returncode in FOUND


def main(wanted):
    """Check all faults, or those whose name has one of the words."""
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        for fault in FAULTS:
            if wanted and not any(word in fault.name for word in wanted):
                continue
            begun = time.monotonic()
            found = is_found(folder, fault)
            missed += [] if found else [fault.name]
            print(f"{'found ' if found else 'MISSED'} {time.monotonic() - begun:5.1f} s  {fault.name}", flush=True)
    raise SystemExit(f"{len(missed)} faults were not found: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
