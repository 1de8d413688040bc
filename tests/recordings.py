"""Recordings of `watch` and `logs --follow` in the documentation: a real worker, and commands in a real terminal.

`python -m tests.recordings` writes them into the pages, between `<!-- recording: name -->` and
`<!-- end of recording -->`. `tests/test_recordings.py` checks that the pages still show what the commands print.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from contextlib import suppress
from pathlib import Path

from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"watch": ROOT / "docs/how-to/monitor.md", "logs": ROOT / "docs/how-to/search-logs.md"}
RUN = "invoices-7"
COMMANDS = {"watch": ("watch", RUN, "--interval", "0.5"), "logs": ("logs", RUN, "--follow")}
PROJECT = """
import logging
import os
import time

from celery import Celery, chain

from orchestrator_celery import ComplexSignature, Orchestrator, Swarm

app = Celery("shop", broker=os.environ["BROKER"], backend=os.environ["BACKEND"])
app.conf.broker_connection_retry_on_startup = True
orchestrator = Orchestrator(app)
log = logging.getLogger("shop")


@app.task
def fetch():
    log.info("8 orders since yesterday")


@app.task
def invoice(number):
    time.sleep(0.5)
    log.info("invoice %s sent", number)
    if number == 3:
        log.warning("customer 3 has no email address: printed")


@app.task
def report():
    print("all invoices are on their way")


def start():
    invoices = Swarm([invoice.si(n) for n in range(8)], name="send", max_concurrency=2)
    return ComplexSignature(chain(fetch.si(), invoices, report.si()), name="invoices").apply_async(task_id="invoices-7")
"""
_MARKED = r"(<!-- recording: {} -->\n)(.*?)(<!-- end of recording -->)"
_ERASE = re.compile(r"\r?\x1b\[2K(?:\x1b\[1A\x1b\[2K)*")
_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


class Terminal:
    """A command in a terminal of 24 lines of 100 characters, and what it has printed so far."""

    def __init__(self, words: tuple[str, ...], folder: Path, env: dict[str, str]) -> None:
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        program = [sys.executable, "-m", "celery", "-A", "shop", "orchestrator", *words]
        env = {**os.environ, **env, "TERM": "xterm", "COLUMNS": "100", "LINES": "24"}
        self.process = subprocess.Popen(program, cwd=folder, env=env, stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        self.printed = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):  # Linux says so when the other end is closed
            while part := os.read(self._master, 65536):
                self.printed += part

    def end(self) -> str:
        """Wait for the end of the command and return what it has printed."""
        assert self.process.wait(timeout=120) == 0, self.printed.decode()
        self._thread.join(timeout=30)
        os.close(self._master)
        return self.printed.decode()


def frames(printed: str) -> list[str]:
    """The pictures that a terminal has shown, one after the other, without colours."""
    pictures = (_CODES.sub("", part).replace("\r", "") for part in _ERASE.split(printed))
    lines = ("\n".join(line.rstrip() for line in picture.splitlines()).strip("\n") for picture in pictures)
    shown = [picture for picture in lines if picture]
    return [picture for picture, before in zip(shown, [None, *shown], strict=False) if picture != before]


def record() -> dict[str, list[str]]:
    """Run the project and both commands; return the pictures of each."""
    with tempfile.TemporaryDirectory() as name, EmbeddedRedis() as server:
        folder = Path(name)
        (folder / "shop.py").write_text(PROJECT)
        env = {"BROKER": server.url(0), "BACKEND": server.url(1), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
        start = [sys.executable, "-c", "import shop; shop.start()"]
        subprocess.run(start, cwd=folder, env={**os.environ, **env}, check=True, timeout=120)
        terminals = {kind: Terminal(words, folder, env) for kind, words in COMMANDS.items()}
        wait_for(lambda: terminals["watch"].printed, 60, "the first picture")
        with Worker(server.url(0), server.url(1), app="shop", env=env, ready=False, fresh=True, name="w1@host"):
            return {kind: frames(terminal.end()) for kind, terminal in terminals.items()}


def written(kind: str, pictures: list[str]) -> str:
    """A recording as the page shows it: the first picture, one of the time when the swarm runs, and the last."""
    busy = [picture for picture in pictures[1:-1] if "[swarm] RUNNING" in picture]
    shown = list(dict.fromkeys([pictures[0], *busy[len(busy) // 2 :][:1], pictures[-1]]))
    command = f"$ celery -A shop orchestrator {' '.join(COMMANDS[kind])}"
    return "```console\n" + "\n\n".join([f"{command}\n{shown[0]}", *shown[1:]]) + "\n```\n"


def kept(kind: str) -> str:
    """The recording in the page."""
    found = re.search(_MARKED.format(kind), PAGES[kind].read_text(), re.DOTALL)
    assert found, f"{PAGES[kind]} has no recording of {kind}"
    return found[2]


def main() -> None:
    """Record, and write the pages."""
    for kind, pictures in record().items():
        page = PAGES[kind].read_text()
        marked = re.compile(_MARKED.format(kind), re.DOTALL)
        text = written(kind, pictures)
        PAGES[kind].write_text(marked.sub(lambda match, text=text: match[1] + text + match[3], page))


if __name__ == "__main__":
    main()
