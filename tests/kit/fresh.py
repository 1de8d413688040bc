"""A wheel alone in an environment of its own: installed without extras, it plays a page with a worker.

Needs nothing but the standard library and a Redis: that of the page's own lines, or that of `CELERY_BROKER_URL` and
`CELERY_RESULT_BACKEND`.

    python tests/kit/fresh.py dist/orchestrator_celery-0.1.0-py3-none-any.whl README.md
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.kit.pages import write_files

PAGES = Path(__file__).resolve().with_name("pages.py")
_GRACE = 20


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment with the wheel and what it depends on; answers its folder of commands."""
    venv.EnvBuilder(with_pip=True).create(folder)
    add(folder / "bin", str(wheel))
    return folder / "bin"


def add(commands: Path, requirement: str) -> None:
    """Install what a requirement names, too."""
    command = [commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    subprocess.run(command, check=True)


@contextmanager
def serving(commands: Path, project: Path, redis: Any) -> Iterator[str]:
    """Serve the dashboard of `proj.py`; answers the address. Nothing but the environment is on the path."""
    env = {"PATH": str(commands), "CELERY_BROKER_URL": redis.url(0), "CELERY_RESULT_BACKEND": redis.url(1)}
    command = [commands / "celery", "-A", "proj", "orchestrator", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield next(found[1] for line in server.stdout if (found := re.search(r"(http://\S+)/", line)))
        finally:
            server.terminate()


def play(page: Path, commands: Path, project: Path, env: Mapping[str, str]) -> None:
    """Play a page as its reader does: the files in a folder, a worker, and a session beside it.

    Raises:
        subprocess.CalledProcessError: the session failed; the worker's log is on the standard error.
    """
    write_files(page, project)
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    clean.update(env)
    log = project / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [commands / "celery", "-A", "tasks", "worker", "--concurrency", "2", "--loglevel", "INFO"],
            cwd=project, env=clean, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        command = [commands / "python", PAGES, page.resolve()]
        subprocess.run(command, cwd=project, env=clean, check=True, timeout=300)
    except BaseException:
        sys.stderr.write(log.read_text(errors="replace")[-6000:])
        raise
    finally:
        worker.terminate()
        try:
            worker.wait(_GRACE)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        (home / "project").mkdir()
        play(Path(sys.argv[2]), install(Path(sys.argv[1]).resolve(), home / "env"), home / "project", {})
