"""Puts each fault into a copy of the project and runs the tests that must find it; exit status 1 if one is not found.

The same tests run once without a fault and must pass, so that a failure is the fault's.
"""

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


def tested(folder, tests):
    """Run tests in the copy; the finished process."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


def is_found(folder, fault):
    """Whether the tests fail with the fault; the copy is right again afterwards."""
    path = folder / "orchestrator_celery" / fault.file
    text = path.read_text()
    if text.count(fault.right) != 1:
        raise SystemExit(f"{fault.file} has {text.count(fault.right)} times {fault.right!r}: mend the list of faults.")
    path.write_text(text.replace(fault.right, fault.wrong))
    try:
        return tested(folder, [fault.tests]).returncode in FOUND
    finally:
        path.write_text(text)


def main(wanted):
    """Check all faults, or those whose name has one of the words."""
    faults = [fault for fault in FAULTS if not wanted or any(word in fault.name for word in wanted)]
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        begun = time.monotonic()
        sound = tested(folder, sorted({fault.tests for fault in faults}))
        if sound.returncode:
            raise SystemExit(f"The tests fail without a fault:\n{sound.stdout[-3000:]}")
        print(f"sound  {time.monotonic() - begun:5.1f} s  without a fault", flush=True)
        for fault in faults:
            begun = time.monotonic()
            found = is_found(folder, fault)
            missed += [] if found else [fault.name]
            print(f"{'found ' if found else 'MISSED'} {time.monotonic() - begun:5.1f} s  {fault.name}", flush=True)
    raise SystemExit(f"{len(missed)} faults were not found: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
