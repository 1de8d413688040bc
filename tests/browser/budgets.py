"""Measures the budgets of the dashboard against a real worker: `python -m tests.browser.budgets [--write-docs] [NAME ...]`.

Each number is one of a page or a request that a person waits for. The page `docs/dashboard/budgets.md` keeps them.
"""

import argparse
import statistics
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx
from celery import chain, group
from playwright.sync_api import expect, sync_playwright

from orchestrator_celery import ComplexSignature, RunStatus, Swarm
from orchestrator_celery.records.streams.logs import write_line
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.benchmarks.cell import machine
from tests.browser.conftest import serving
from tests.browser.drawing import Drawing
from tests.browser.frames import Frames
from tests.dashboard.served import Page
from tests.kit.browsers import chromium_program
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT
from tests.worker.support import Stand

PAGE = ROOT / "docs/dashboard/budgets.md"
HEAD = """# Budgets of the dashboard

What people wait for, measured by `python -m tests.browser.budgets --write-docs` with a real Redis, worker and Chromium without a graphics card.
"""
#: Counts frames, and the longest pause between two; tells of tasks that block the page for more than 50 ms.
WATCH = """() => {
  const seen = { frames: 0, longest: 0, tasks: [], from: performance.now() };
  let last = seen.from;
  const frame = (now) => { seen.frames += 1; seen.longest = Math.max(seen.longest, now - last); last = now; if (!seen.over) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ entryTypes: ["longtask"] });
  window.seen = seen;
}"""
SEEN = """() => { seen.over = true; const seconds = (performance.now() - seen.from) / 1000;
  return { fps: seen.frames / seconds, longest: seen.longest, tasks: seen.tasks, seconds }; }"""
#: Notes when a word stands in the head of a run's page.
NOTE = """(words) => { window.times = {};
  const look = () => { const text = document.querySelector("main header + div")?.textContent ?? "";
    for (const word of words) if (text.includes(word) && window.word !== word) { window.word = word; (window.times[word] ??= []).push(Date.now()); } };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true }); look(); }"""


class Site:
    """A project with a worker, its dashboard, and a browser."""

    def __init__(self, stack):
        self.redis = stack.enter_context(EmbeddedRedis())
        self.stand = Stand(self.redis.url(0), self.redis.url(1), "budgets", orchestrator_window=1000)
        self.store = self.stand.orchestrator.container.store
        stack.enter_context(self.stand)
        stack.enter_context(self.stand.worker(concurrency=2))
        self.address = stack.enter_context(serving(self.stand.app))
        playwright = stack.enter_context(sync_playwright())
        self.browser = playwright.chromium.launch(executable_path=chromium_program())
        stack.callback(self.browser.close)
        #: Keeps the files of the pages, as the browser of a person does.
        self.person = self.browser.new_context(viewport={"width": 1280, "height": 900})

    def open(self, path=""):
        page = self.person.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{self.address}{path}")
        return page

    def cost(self):
        """CPU seconds and commands of Redis so far."""
        found = self.redis.client().info()
        return found["used_cpu_user"] + found["used_cpu_sys"], found["total_commands_processed"]

    def run(self, workflow, name="budget"):
        return ComplexSignature(workflow, app=self.stand.app, name=name).apply_async()


def runs(site):
    """The first page of 100,000 runs: copies of the records of real ones."""
    tasks, client, store = site.stand.tasks, site.store.client, site.store
    first = [site.run(tasks(name, 1), f"order {name}") for name in ("identity", "fail") for _ in range(10)]
    for run in first:
        wait_for(lambda run=run: run.status.ended)
    heads, made = [client.dump(store.keys.root(run.id)) for run in first], []
    for start in range(0, 100_000 - len(first), 1000):
        pipe, names = client.pipeline(transaction=False), [f"copy-{number}" for number in range(start, start + 1000)]
        for number, name in enumerate(names):
            pipe.restore(store.keys.root(name), 0, heads[number % len(heads)], replace=True)
            pipe.zadd(store.keys.runs, {name: (time.time() - 3600) * 1000 + start + number})
        pipe.execute()
        store.due_index.run_index.refresh(names)
        made += names
    for filter in ("", "status:FAILED", "status:FAILED since:2h", "name:order*"):
        took = []
        for _ in range(15):
            begun = time.perf_counter()
            answer = httpx.get(f"{site.address}/api/runs", params={"filter": filter, "limit": 50}, timeout=60).json()
            took.append(time.perf_counter() - begun)
            assert len(answer["runs"]) == 50
        yield (
            f"first page of 100,000 runs, filter `{filter or ' '}`",
            f"{statistics.median(took) * 1000:,.0f} ms",
            "100 ms",
        )
    page = site.person.new_page()
    begun = time.perf_counter()
    page.goto(f"{site.address}/runs")
    page.get_by_role("row").nth(20).wait_for()
    yield "the page Runs with 100,000 runs", f"{time.perf_counter() - begun:.1f} s", "2 s"
    page.close()
    for start in range(0, len(made), 1000):
        client.delete(*map(store.keys.root, made[start : start + 1000]))
        store.due_index.run_index.refresh(made[start : start + 1000])
        client.zrem(store.keys.runs, *made[start : start + 1000])


def status(site):
    """From the return of a verb to the word on the screen."""
    run = site.run(site.stand.tasks("nap", 1, 600))
    page = site.open(f"/runs/{run.id}")
    page.locator("main header + div").get_by_text("RUNNING", exact=True).wait_for()
    page.evaluate(NOTE, ["SUSPENDED", "RUNNING"])
    took = []
    for number in range(20):
        verb, word = (run.suspend, "SUSPENDED") if number % 2 == 0 else (run.resume, "RUNNING")
        count = page.evaluate("(word) => (times[word] ?? []).length", word)
        verb()
        begun = time.time() * 1000
        page.wait_for_function("([word, count]) => (times[word] ?? []).length > count", arg=[word, count])
        took.append(page.evaluate("(word) => times[word].at(-1)", word) - begun)
        page.wait_for_timeout(300)
    page.close()
    run.cancel(confirm=True)
    yield "a status change on the screen, median of 20", f"{max(0, statistics.median(took)):,.0f} ms", "500 ms"
    yield "the slowest of them", f"{max(took):,.0f} ms", ""


def line(number):
    """A line as a worker writes it."""
    return write_line(time.time(), "INFO", "shop", f"line {number} of a task that talks much", "", "0.0", 1, "nap", "w")


def logs(site):
    """A tab of logs, while a task logs 1,000 lines a second."""
    run = site.run(site.stand.tasks("nap", 1, 600))
    page = site.open(f"/runs/{run.id}?tab=logs")
    page.get_by_label("Search the logs").wait_for()
    stop = threading.Event()

    def chatter():
        begun, told = time.monotonic(), 0
        while not stop.is_set():
            due = int((time.monotonic() - begun) * 1000) - told
            if due > 0:
                lines = [line(told + n) for n in range(due)]
                site.store.logs.append(run.id, lines)
                told += due
            time.sleep(0.1)

    thread = threading.Thread(target=chatter, daemon=True)
    thread.start()
    page.get_by_role("log").get_by_text("line").first.wait_for()
    page.evaluate(WATCH)
    page.wait_for_timeout(10_000)
    seen = page.evaluate(SEEN)
    stop.set()
    thread.join()
    page.close()
    run.cancel(confirm=True)
    blocked = sum(seen["tasks"]) / 1000 / seen["seconds"]
    yield "1,000 log lines a second: longest task of the page", f"{max(seen['tasks'], default=0):,.0f} ms", "200 ms"
    yield "time in tasks of more than 50 ms", f"{blocked:.0%}", "20 %"


def tabs(site):
    """What Redis is asked for one tab, and for 200, while a run changes twice a second."""
    run = site.run(site.stand.tasks("nap", 1, 600))
    costs = {}
    for number in (1, 200):
        with ExitStack() as stack:
            client = stack.enter_context(httpx.Client(limits=httpx.Limits(max_connections=50), timeout=60))
            pages = [stack.enter_context(Tab(site.address, run.id, client)) for _ in range(number)]
            for page in pages:
                page.heard("runs")
            begun = time.perf_counter()
            before = site.cost()
            for turn in range(20):
                (run.suspend if turn % 2 == 0 else run.resume)()
                time.sleep(0.5)
            seconds = time.perf_counter() - begun
            costs[number] = [(after - old) / seconds for after, old in zip(site.cost(), before, strict=True)]
            reads = sum(page.reads for page in pages)
            print(f"  {number} tabs: {reads / seconds:.0f} reads/s", flush=True)
    run.cancel(confirm=True)
    (cpu, calls), (cpus, many) = costs[1], costs[200]
    yield "commands of Redis a second, one tab", f"{calls:,.0f}", ""
    yield "commands of Redis a second, 200 tabs", f"{many:,.0f} ({many / calls:.1f} times)", "2 times"
    yield "CPU of Redis, one tab and 200 tabs", f"{cpu:.1%} and {cpus:.1%}", ""


class Tab(Page):
    """A page of a run and the list of runs: it reads again what has changed."""

    def __init__(self, address, run, client):
        self.reads, self._address, self._run, self._http = 0, address, run, client
        self._told, self._stop = threading.Event(), threading.Event()
        self._reader = threading.Thread(target=self._follow, daemon=True)
        super().__init__(f"{address}/api/stream", ["runs", f"run:{run}", "workers"], after=1)
        self._reader.start()

    def _follow(self):
        count = 0
        while not self._stop.is_set():
            if len(self.messages) == count:
                self._stop.wait(0.02)
                continue
            count = len(self.messages)
            for path in ("/api/runs?limit=50", f"/api/runs/{self._run}"):
                assert self._http.get(self._address + path).status_code == 200
                self.reads += 1
            self._stop.wait(0.4)

    def close(self):
        self._stop.set()
        self._reader.join()
        super().close()


def editor(site):
    """A graph with 500 nodes is edited."""
    page = site.person.new_page()
    page.set_default_timeout(120_000)
    draw = Drawing(page, site.address).large(site.stand, 500)
    frames = Frames(page)
    for name, act in draw.edits():
        late, task = frames.of(act, wait=600)
        yield f"500 nodes in the editor, {name}: longest task", f"{task:,.0f} ms ({max(late):,.0f} ms)", "50 ms"
    page.close()


def graph(site):
    """A graph with 1,000 visible nodes is moved."""
    tasks = site.stand.tasks
    run = site.run(group(chain(tasks("identity", 1), *[tasks("identity")] * 27) for _ in range(36)), "large graph")
    page = site.open(f"/runs/{run.id}")
    page.locator(".react-flow").first.get_by_text("identity").first.wait_for()
    wait_for(lambda: run.status.ended, 120)
    page.wait_for_timeout(4000)
    boxes = page.locator(".react-flow__node").count()
    yield "nodes of the large graph on the screen", f"{boxes:,}", ""
    place = page.locator(".react-flow").first.bounding_box()
    yield from moved(page, "a graph with 1,000 visible nodes is moved", lambda: drag(page, place))
    page.close()


def events(site):
    """Nodes of a run with 1,000 visible nodes begin and end."""
    tasks = site.stand.tasks
    run = site.run(group(chain(tasks("nap", 1, 0.4), *[tasks("nap", 0.4)] * 27) for _ in range(36)), "lively graph")
    page = site.open(f"/runs/{run.id}")
    page.locator(".react-flow__node").nth(1000).wait_for(state="attached")
    page.wait_for_timeout(4000)
    _, task = Frames(page).of(lambda: page.wait_for_timeout(6000))
    yield "1,000 visible nodes, while tasks begin and end: longest task of the page", f"{task:,.0f} ms", "50 ms"
    page.close()
    run.cancel(confirm=True)


def drag(page, place):
    x, y = place["x"] + place["width"] / 2, place["y"] + 30
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(90):
        page.mouse.move(x + 200 * ((step % 30) / 30 - 0.5), y + (step % 20))
    page.mouse.up()


def moved(page, what, move):
    page.evaluate(WATCH)
    move()
    seen = page.evaluate(SEEN)
    yield f"{what}: frames a second", f"{seen['fps']:.0f}", "30"
    yield "longest pause between two frames", f"{seen['longest']:,.0f} ms", ""


def swarm(site):
    """A swarm of 100,000 items is opened."""
    items = Swarm(
        (site.stand.tasks("identity", n) for n in range(100_000)),
        app=site.stand.app,
        name="large",
        batch=1000,
        max_concurrency=1,
    )
    run = items.apply_async(countdown=3600)
    site.open("/runs").close()  # the browser knows the files
    for tab, shown in (("graph", "application"), ("items", "list")):
        took = []
        for _ in range(5):
            page = site.person.new_page()
            begun = time.perf_counter()
            page.goto(f"{site.address}/runs/{run.id}?tab={tab}")
            (
                page.get_by_role("list", name="Items").get_by_role("listitem")
                if shown == "list"
                else page.locator(".react-flow__node")
            ).first.wait_for()
            took.append(time.perf_counter() - begun)
            page.close()
        yield f"a swarm of 100,000 items opens, tab {tab}", f"{statistics.median(took):.1f} s", "2 s"
    run.cancel(confirm=True)


def timeline(site):
    """The timeline of 10,000 tasks is scrolled."""
    run = Swarm(
        (site.stand.tasks("identity", n) for n in range(10_000)),
        app=site.stand.app,
        name="many",
        batch=500,
        max_concurrency=1000,
    ).apply_async()
    wait_for(lambda: run.status is RunStatus.SUCCEEDED, 300)
    page = site.open(f"/runs/{run.id}?tab=timeline")
    rows = page.get_by_role("group", name="Timeline of the nodes")
    rows.wait_for()
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    page.wait_for_timeout(6000)
    box = rows.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)

    def scroll():
        for step in range(60):
            page.mouse.wheel(0, 1500 if step < 45 else -1500)
            page.wait_for_timeout(16)

    yield from moved(page, "the timeline of 10,000 rows is scrolled", scroll)
    page.close()


PARTS = {part.__name__: part for part in (runs, status, logs, tabs, editor, graph, events, swarm, timeline)}


@contextmanager
def site():
    with ExitStack() as stack:
        yield Site(stack)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.browser.budgets")
    parser.add_argument("names", nargs="*", choices=[[], *PARTS], help="which of them; by default all")
    parser.add_argument("--write-docs", action="store_true", help="write docs/dashboard/budgets.md")
    options = parser.parse_args(arguments)
    expect.set_options(timeout=120_000)  # milliseconds; a page of 500 nodes opens slowly beside other work
    lines = [HEAD, f"{machine()}.", "", "| what | measured | budget |", "|---|---:|---:|"]
    for name in options.names or PARTS:
        with site() as found:
            for what, measured, budget in PARTS[name](found):
                lines.append(f"| {what} | {measured} | {budget} |")
                print(lines[-1], flush=True)
    if options.write_docs:
        PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
