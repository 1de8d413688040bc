"""Takes the pictures of the dashboard in `docs/dashboard`: `make screenshots`. Nothing of this machine is in them."""

import getpass
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.kit.browsers import chromium_program

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/dashboard"
ADDRESS = re.compile(r"Open (http://\S+)/")
#: Seconds after which there is one of everything.
PATIENCE = 180
#: Replaces what would name the machine and its people.
NEUTRAL = """(names) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const [from, to] of names) if (node.data.includes(from)) node.data = node.data.replaceAll(from, to);
}"""
NAMES = [
    (str(ROOT), "/srv/shop"), (sys.prefix, "/srv/shop/.venv"), (f"{getpass.getuser()}@", "ada@"),
    (f"@{socket.gethostname()}", "@ops"),
]  # fmt: skip


class Site:
    """The sample system, as its API tells of it.

    Args:
        address: where it is served.
    """

    def __init__(self, address):
        self.address = address

    def read(self, path, **params):
        with urllib.request.urlopen(
            f"{self.address}/api/{path}?{urllib.parse.urlencode(params)}", timeout=60
        ) as answer:
            return json.load(answer)

    def is_lively(self):
        """Whether all pages have something to show."""
        runs = self.read("runs", limit=200)["runs"]
        return (
            {run["status"] for run in runs} >= {"RUNNING", "SUSPENDED", "INTERRUPTED", "SUCCEEDED", "FAILED"}
            and len(self.read("approvals")) >= 3
            and any(run["kind"] == "swarm" and run["done"] > 300 for run in runs)
            and sum(run["status"] == "SUCCEEDED" for run in runs) >= 6
        )

    def pages(self):
        """The pages, by the names of their pictures."""
        runs = self.read("runs", limit=200)["runs"]
        asked = self.read("approvals")[-1]["run"]
        swarm = max((run for run in runs if run["kind"] == "swarm"), key=lambda run: run["total"])["id"]
        nested = next(run["id"] for run in runs if run["status"] == "SUCCEEDED" and run["kind"] == "complex")
        return {
            "overview": "/", "runs": "/runs", "run-graph": f"/runs/{asked}", "run-nested": f"/runs/{nested}",
            "run-items": f"/runs/{swarm}?tab=items", "run-timeline": f"/runs/{nested}?tab=timeline",
            "run-events": f"/runs/{nested}?tab=events", "approvals": "/approvals", "graphs": "/graphs", "tasks": "/tasks",
            "logs": "/logs", "workers": "/workers", "deleted": "/deleted", "audit": "/audit",
            "editor": "/graphs/edit/orders", "editor-try": "/graphs/edit/orders",
        }  # fmt: skip


@contextmanager
def sample():
    """The system of `make dashboard`, served on a port of its own."""
    with tempfile.TemporaryFile("w+") as log:
        program = [sys.executable, str(ROOT / "examples/dashboard/serve.py"), "--port", "0", "--size", "2000"]
        process = subprocess.Popen(program, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            site = None
            while site is None or not site.is_lively():
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise SystemExit(f"The sample system does not come up.\n{log.read()}")
                time.sleep(0.5)
                log.seek(0)
                found = ADDRESS.search(log.read())
                site = site or (found and Site(found[1]))
            yield site
        finally:
            process.terminate()
            process.wait(timeout=60)


def try_out(page):
    """Show a dry run in the editor."""
    page.get_by_role("tab", name="Try out").click()
    page.get_by_label("Result of check stock").fill('{"looks": 1} | {"looks": 3}')
    page.get_by_label("Result of charge").fill('{"paid": 12.5}')
    page.get_by_label("Result of ship").fill('"DHL 4711"')
    page.get_by_role("button", name="Dry run").click()
    page.locator("[data-steps]").wait_for()


#: Windows that are larger than usual.
SIZES = {"editor": (1480, 820), "editor-try": (1480, 820)}
#: What a person does before a picture is taken.
ACTS = {"editor-try": try_out}


def take(browser, site, name, path, theme="light", size=(1280, 800)):
    """Take one picture."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, timezone_id="UTC", locale="en-GB",
        reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    page.goto(site.address + path)
    page.get_by_role("heading", level=1).wait_for()
    page.locator(".shimmer").first.wait_for(state="detached")
    ACTS.get(name.rsplit("-", 1)[0], lambda _: None)(page)
    page.wait_for_timeout(1500)  # the layout of a graph, and the first lines of a log
    page.evaluate(NEUTRAL, NAMES)
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    context.close()
    print(f"docs/dashboard/{name}.png")


def main(wanted):
    """Take the pictures of these pages; without a name, of all."""
    FOLDER.mkdir(exist_ok=True)
    with sample() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program())
        for name, path in site.pages().items():
            if wanted and name not in wanted:
                continue
            for theme in ("light", "dark"):
                take(browser, site, f"{name}-{theme}", path, theme, SIZES.get(name, (1280, 800)))
            if name in ("overview", "runs", "run-graph", "approvals", "editor"):
                take(browser, site, f"{name}-phone", path, size=(390, 844))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
