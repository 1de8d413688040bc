"""Takes the pictures of the dashboard in `docs/dashboard`: `make screenshots`. Nothing of this machine is in them."""

import base64
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


#: Pictures whose difference is smaller, such as the digits of some times, are kept.
VISIBLE = 0.002
COMPARE = """async (texts) => {
  const [one, other] = await Promise.all(texts.map(async (text) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${text}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return 1;
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4)
    if ([0, 1, 2].some((part) => Math.abs(one.data[at + part] - other.data[at + part]) > 24)) count += 1;
  return count / (one.width * one.height);
}"""
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
    path = FOLDER / f"{name}.png"
    old, now = path.read_bytes() if path.is_file() else b"", page.screenshot()
    context.close()
    if old and share_of_change(browser, old, now) < VISIBLE:
        print(f"docs/dashboard/{name}.png is as it was")
        return
    path.write_bytes(now)
    print(f"docs/dashboard/{name}.png")


def share_of_change(browser, *pictures):
    """How much of a picture another one changes: from 0 to 1; 1 if their sizes differ."""
    page = browser.new_page()
    share = page.evaluate(COMPARE, [base64.b64encode(picture).decode() for picture in pictures])
    page.close()
    return share


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
