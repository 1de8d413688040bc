"""Records the runs of `scenes.py` as the version in the working directory writes them.

Run it in a checkout of that version, with a Python that has the libraries of the extension:

    git worktree add ../earlier <commit> && cd ../earlier
    python <this checkout>/tests/upgrade/record.py <this checkout>/tests/upgrade/records/<name>.json

The file holds every key of broker and store as readable JSON, as it is when a worker is killed in the middle.
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]


def text(raw: bytes) -> Any:
    """A string as it is where it is text, else in base64."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def pairs(found: Any) -> list[list[Any]]:
    return sorted(([text(name), text(value)] for name, value in found), key=str)


READERS: dict[str, Callable[[Any, bytes], Any]] = {
    "string": lambda client, key: text(client.get(key)),
    "hash": lambda client, key: pairs(client.hgetall(key).items()),
    "list": lambda client, key: [text(item) for item in client.lrange(key, 0, -1)],
    "set": lambda client, key: sorted((text(item) for item in client.smembers(key)), key=str),
    "zset": lambda client, key: [[text(item), score] for item, score in client.zrange(key, 0, -1, withscores=True)],
    "stream": lambda client, key: [[place.decode(), pairs(fields.items())] for place, fields in client.xrange(key)],
}


def dump(client: Any) -> list[dict[str, Any]]:
    """All keys of a database, by name."""
    found = []
    for key in sorted(client.scan_iter()):
        kind = client.type(key).decode()
        found.append({"key": text(key), "type": kind, "ttl": client.pttl(key), "value": READERS[kind](client, key)})
    return found


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)


def prepare(worker: subprocess.Popen[bytes]) -> None:
    """Start the runs, and kill the worker in the middle of them."""
    from upgrade.project import orchestrator
    from upgrade.scenes import SAVED, SCENES, UNBEGUN

    runs = {name: scene.build().apply_async(task_id=name, **scene.options) for name, scene in SCENES.items()}
    for name, scene in SCENES.items():
        until(lambda run=runs[name], scene=scene: run.progress().done == scene.done, f"the tasks of {name}")
    until(lambda: orchestrator.run("approval").approvals(), "the question")
    for name, scene in SCENES.items():
        if scene.suspended:
            runs[name].suspend()
        until(lambda run=runs[name], scene=scene: run.status.value == scene.status, f"the status of {name}")
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    for name, scene in UNBEGUN.items():
        scene.build().apply_async(task_id=name, **scene.options)
    orchestrator.save(SCENES["canvas-at-work"].build(), name=SAVED)


def record(target: Path) -> None:
    """Write the record of the version in the working directory."""
    from orchestrator_celery.store.embedded import EmbeddedRedis

    with EmbeddedRedis() as server:
        os.environ.update(
            TEST_BROKER=server.url(0), TEST_BACKEND=server.url(1), PYTHONPATH=os.pathsep.join(sys.path[:2])
        )
        command = ["-m", "celery", "-A", "upgrade.project", "worker", "-c", "24", "-n", "recorder@upgrade"]
        worker = subprocess.Popen([sys.executable, *command], start_new_session=True)
        try:
            prepare(worker)
        finally:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        with server.client(0) as broker, server.client(1) as store:
            found = {"version": version(), "databases": {"0": dump(broker), "1": dump(store)}}
    told = json.dumps(found, indent=0, ensure_ascii=False)
    told = told.replace(f"@{socket.gethostname()}", "@recorder")
    for folder in (Path.cwd(), TESTS.parent, Path(sys.prefix)):  # tracebacks name files
        told = told.replace(str(folder), "/srv/project")
    target.write_text(told + "\n")


def version() -> str:
    """The commit that is recorded."""
    return subprocess.run(["git", "describe", "--always"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    # The extension comes from the working directory, the project from here.
    sys.path[:1] = [str(Path.cwd()), str(TESTS)]
    record(Path(sys.argv[1]))
