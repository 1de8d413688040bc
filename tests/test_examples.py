"""Every example and the demo, run as their README says, and nothing left behind."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from time import monotonic, sleep

import pytest

import orchestrator_celery
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.workers import Worker

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/run.py"))
PACKAGE = str(Path(orchestrator_celery.__file__).parent.parent)
DEMO = [sys.executable, "-m", "orchestrator_celery", "demo"]
MARK = "ORCHESTRATOR_TEST_MARK"

# Given a folder of files for the examples: arguments, and what each must print.
STORIES = {
    "complex": (["text.txt"], r"'lines': 3, 'words': \{'durable': 2.*\ntext summary \[complex\] SUCCEEDED"),
    "crawler": (["json"], r"lines  \w+, which imports \d+\n.*json is built on \d+ modules, [\d,]+ lines in all"),
    "dashboard_in_an_app": (
        [],
        "".join(
            rf"{name}\n(  /ops(/|/runs)? 200 /ops(/|/runs) <base href=\"/ops/\">\n){{3}}  assets (\{{200\}}|are not built.*)\n"
            r"  the run words SUCCEEDED\n"
            for name in ("FastAPI", "Starlette", "Django")
        ),
    ),
    "fastapi": (
        [],
        r"words \[1\]\nwords \[2, 4\]\nwords \[4, 4, 4\]\nRunClosed \$\n409 True\n404 3 runs\nthe dashboard shows \['web'\] SUCCEEDED",
    ),
    "go_on": (
        [],
        (
            r"failed: SwarmFailed\ntold sales: 3 prices\nSUCCEEDED with 0 failures\nrerun: told sales: 3 prices of the same run: True\n"
            r"tea: 2.70\ncoffee: 5.40\nsugar: 4.50\ndetached: 6.30, the rest: \[\{'product': 'tea', 'dollars': 3\}, None\]\n"
            r".*no node of it can be skipped.*\naudit skip 0.0\naudit detach 0.1\naudit skip 0.0.2\naudit rerun 0.0.2\naudit retry"
        ),
    ),
    "graph_ab_test": (
        [],
        (
            r"lzma: \d+ customers, .*zlib: \d+ customers, .*by lzma: .*The next day each customer gets the same variant\."
            r".*each \[map\] SUCCEEDED.*candidate \[node\] SKIPPED"
        ),
    ),
    "graph_approvals": (
        [],
        (
            r"paid 84.00 to ada\nrefused bob: no receipt\nmanager has to approve: carol, .*\nmanager has to approve: dan, .*reject at .*"
            r"refused carol: there are enough chairs \(mona\)\nrefused dan: nobody answered in time\nmax answers too late: .*"
            r"no worker is up; board has to approve: erin.*\npaid 7600.00 to erin\n.*board \[approval\] SUCCEEDED.*"
            r"carol: approve by max, refused .*erin: approve by the board buy two"
        ),
    ),
    "graph_errors": (
        [],
        (
            r"is up: 100.00 EUR are 110.00 USD.*today\n    1 request; .*is failing: .* today\n    3 requests; path: fetch > "
            r"convert\n.*is confused: nothing converted.*JSONDecodeError.*\n    1 request; path: fetch > ask a person\n"
            r".*is down: .*108.00 USD.*yesterday\n    3 requests; path: fetch > old rates > convert\n"
            r".*fetch \[task\] FAILED <[\d.]+> HTTPError.*ask a person \[node\] SKIPPED"
        ),
    ),
    "graph_pipeline": (
        [],
        (
            r"orders.csv: \{'orders': 6, 'totals': \{'US': 735.75.*summarise \[task\] SUCCEEDED\n  set aside \[node\] SKIPPED"
            r".*run.py: \{'set aside': 'run.py', 'bad rows': '100% of \d+'\}"
            r".*lost.csv: \{'told': \"FileNotFoundError.*read \[task\] FAILED <[\d.]+> FileNotFoundError.*tell \[task\] SUCCEEDED"
        ),
    ),
    "ingestion": (
        [str(ROOT / "examples/ingestion/orders.csv")],
        r"6 rows added\n5 rows ingested, 131.50 in all\nrow 4 set aside .*seen: \('FAILED', 1\) \('SUCCEEDED', 5\)",
    ),
    "priority_lanes": (
        [],
        r"moved up: 1\none lane: letter 1, letter 6, urgent 1, urgent 2, urgent 3, letter 2, .*\n.*archive 1, archive 2, archive 3",
    ),
    "lifecycle": (
        [],
        (
            r"SUSPENDED.*resumed.*is interrupted: 1 (terminated|stopped_itself).*from step [1-9].*SUCCEEDED"
            r".*cannot be suspended.*deleted"
        ),
    ),
    "stdlib_report": (["report.html"], r"largest packages.*Report: report.html"),
    "stored": (
        [],
        (
            r"report 111 EUR\nreport 222 EUR\nreport 333 EUR\nrerun of March: 333 EUR\nto be deleted at .*\+00:00\nrestored: "
            r"ACTIVE with 4 runs\ngone: SignatureGone\naudit save\naudit rerun\naudit delete\naudit restore\naudit purge"
        ),
    ),
    "templates": (
        [],
        (
            r"success_or_failure: book goes by van\nsuccess_or_failure: ConnectionError, the north.*threshold: book goes by bike\n"
            r"threshold: sofa goes by truck\nswitch: book goes by bike\nswitch: sofa goes by truck\nab_split: (Ada sees .*)\n"
            r"ab_split: Bob .*\nab_split: Eve .*\nab_split: \1\nretry: .*'north'.*\nretry: ConnectionError.*fallback: .*'north'"
            r".*'south'.*loop_until: .*478.*validation_stages: book goes by van\nvalidation_stages: lamp declined at stock\n"
            r"validation_stages: sofa goes by van\napproval_gate: sofa declined at approval\nmap_reduce: 7 words"
        ),
    ),
    "swarm": (["files"], r"2 times /.*/files/a/one\n3 files, 2 different"),
}


@pytest.fixture
def redis():
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def files(tmp_path):
    (tmp_path / "text.txt").write_text("Durable work.\nDurable, not forgotten.\nEnd.\n")
    for name, text in {"a/one": "same", "b/two": "same", "b/three": "other"}.items():
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_every_example_has_a_story():
    """Given the examples folder, then this file knows what each of them must print."""
    assert sorted(STORIES) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name, redis, files):
    """Given its own worker, when an example's script is run, then it ends well and prints what it should."""
    folder = ROOT / "examples" / name
    arguments, expected = STORIES[name]
    env = {
        "CELERY_BROKER_URL": redis.url(db=0),
        "CELERY_RESULT_BACKEND": redis.url(db=1),
        "PYTHONPATH": os.pathsep.join([str(folder), PACKAGE]),
        "INGESTION_DB": str(files / "ingestion.db"),
    }
    with Worker(redis.url(db=0), redis.url(db=1), app="tasks", env=env, ready=False, fresh=True):
        done = subprocess.run(
            [sys.executable, str(folder / "run.py"), *arguments],
            cwd=files, env={**os.environ, **env}, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert re.search(expected, done.stdout, re.DOTALL), done.stdout


@pytest.fixture
def mark():
    """A mark in the environment of all processes of a test, and the proof that none of them is left."""
    mark = uuid.uuid4().hex
    yield mark
    assert marked(mark) == {}


def marked(mark):
    """Command lines, by process id, of the processes that inherited the mark."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (path / "environ").read_bytes():
                found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended between the listing and the reading, or is not ours
    return found


def environment(mark):
    return {**os.environ, MARK: mark, "PYTHONPATH": PACKAGE}


def start(mark, folder, *options):
    return subprocess.Popen(
        [*DEMO, *options], cwd=folder, env=environment(mark), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def read_until(process, words):
    """Read a process's output up to a line with these words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"it ended without {words!r}:\n{''.join(lines)}")


def test_the_demo_runs_twice(mark, tmp_path):
    """Given nothing, when the demo runs, and again, then each leaves a report, exit status 0 and no process."""
    for _ in range(2):
        done = subprocess.run(
            [*DEMO, "--limit", "80"], cwd=tmp_path, env=environment(mark), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "81 of 81 tasks (100%)" in done.stdout
        assert "largest packages" in done.stdout
        assert (tmp_path / "stdlib_report.html").read_text().count("<svg") == 3
        assert marked(mark) == {}


def test_the_demo_paints_its_progress_on_a_terminal(mark, tmp_path):
    """Given a terminal, when the demo runs, then its progress is one line that is painted again."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*DEMO, "--limit", "80"], cwd=tmp_path, env=environment(mark), stdout=theirs, stderr=theirs, stdin=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert re.search("\r█+ 81 of 81 tasks", shown.decode())


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO when the other side is closed
        return b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_stops_everything_when_it_is_stopped(number, mark, tmp_path):
    """Given a demo at work, when it gets Ctrl-C or a termination, then it exits and no process is left."""
    process = start(mark, tmp_path)
    read_until(process, " tasks (")
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert "Stopped." in rest
    assert marked(mark) == {}


def test_the_demo_fails_when_its_worker_is_gone(mark, tmp_path):
    """Given a demo at work, when its worker is killed, then it says so, exits with 1 and leaves no process."""
    process = start(mark, tmp_path)
    read_until(process, "Run ")
    workers = wait_for(lambda: [pid for pid, line in marked(mark).items() if " worker " in line])
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 1, rest
    assert "the worker ended with status -9" in rest


def test_a_killed_demo_leaves_nothing(mark, tmp_path):
    """Given a demo at work, when it is killed with no chance to clean up, then its servers end by themselves."""
    process = start(mark, tmp_path)
    read_until(process, " tasks (")
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not marked(mark), 90)


def wait_for(found, seconds=30):
    end = monotonic() + seconds
    while not (value := found()):
        assert monotonic() < end, "nothing after all this time"
        sleep(0.05)
    return value


def test_the_demo_refuses_a_folder_that_is_not_there(tmp_path):
    """Given an output in a folder that does not exist, then nothing is started and the exit status is 2."""
    done = subprocess.run(
        [*DEMO, "--output", str(tmp_path / "no" / "report.html")],
        env={**os.environ, "PYTHONPATH": PACKAGE}, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not a folder" in done.stderr
