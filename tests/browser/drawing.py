"""A person who draws a graph in the browser: by mouse, or by keyboard alone."""

import json
import re
from contextlib import suppress

from playwright.sync_api import expect

from orchestrator_celery import END, START, ConditionalGraph

PROJECT = "tests.kit.project."


#: Waits until neither the canvas nor a node has moved for some frames: places that are measured before would be wrong.
STILL = """() => new Promise((done) => {
  const look = (before, same) => {
    const moving = document.querySelectorAll(".react-flow__viewport, .react-flow__node");
    const now = [...moving].map((element) => element.style.transform).join();
    if (same === 10) done();
    else requestAnimationFrame(() => look(now, now === before ? same + 1 : 0));
  };
  look("", 0);
})"""


class Drawing:
    """The page of the editor.

    Args:
        page: a page of the browser.
        address: the address of the dashboard.
    """

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.canvas = page.get_by_role("application", name=re.compile("^Canvas"))
        self.panel = page.get_by_role("complementary", name="Panel")

    def new(self):
        """Open an empty canvas."""
        self.page.goto(f"{self.address}/graphs/new")
        expect(self.page.locator(f'[data-piece="{PROJECT}add"]')).to_be_visible()
        return self

    def edit(self, name):
        """Open a saved graph."""
        self.page.goto(f"{self.address}/graphs/edit/{name}")
        expect(self.node("START")).to_be_visible()
        return self

    def large(self, stand, count):
        """Open a saved graph of many nodes, in rows of twenty."""
        graph, places = ConditionalGraph("large", app=stand.app), {}
        for index in range(count):
            graph.add_node(f"n{index}", stand.tasks("identity"))
            graph.add_edge(f"n{index - 1}" if index % 20 else START, f"n{index}")
            if index % 20 == 19:
                graph.add_edge(f"n{index}", END)
            places[f"n{index}"] = {"x": 150 + 270 * (index % 20), "y": 100 * (index // 20)}
        stand.orchestrator.graphs.save(graph, name="large", layout={"nodes": places})
        self.edit("large")
        self.page.locator("[data-check=fresh]").wait_for()
        return self

    def edits(self):
        """Yield the ways to edit a large graph, each with its name and what a person does."""
        keys, visits = self.page.keyboard, self.field("Visits at most")
        yield "drag a node", lambda: self._move("n210", 40)
        yield "select a node", self.node("n105").click
        self.inspect()
        visits.click()
        yield "type into a field", lambda: keys.type("7")
        yield "type again", lambda: keys.type("5")
        yield "rename", lambda: self.rename("another name")
        self.canvas.focus()
        yield "add a task", self.page.locator(f'[data-piece="{PROJECT}add"]').click
        self.canvas.focus()
        for name, key in (("delete", "Delete"), ("undo", "Control+z"), ("redo", "Control+Shift+z")):
            yield name, lambda key=key: keys.press(key)
        yield "select all", lambda: keys.press("Control+a")
        yield "move all", lambda: keys.press("ArrowRight")
        keys.press("Escape")

    def _move(self, name, far):
        place, mouse = self.node(name).bounding_box(), self.page.mouse
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        mouse.move(x, y)
        mouse.down()
        for step in range(far):
            mouse.move(x + step * 2, y + step)
        mouse.up()

    def node(self, name):
        return self.page.locator(f'[data-node="{ {"START": "__start__", "END": "__end__"}.get(name, name) }"]')

    def add(self, task, name=None, after=None, **values):
        """Add a task, or a building block, from the palette; an edge leads to it from `after`."""
        if after is None:
            self.nothing()
        else:
            self.select(after)
        piece = task if task in ("approval", "graph", "swarm") else PROJECT + task
        self.page.locator(f'[data-piece="{piece}"]').click()
        if values:
            self.arguments(values)
        if name:
            self.rename(name)
        return self

    def arguments(self, values):
        """Fill the form of the task, or the JSON of a task that no worker tells of."""
        known = self.field(next(iter(values)))
        raw = self.panel.get_by_label("Arguments by name")
        expect(known.or_(raw)).to_be_visible()
        if raw.is_visible():
            raw.fill(json.dumps(values))
        else:
            for label, value in values.items():
                self.field(label).fill(json.dumps(value))

    def field(self, label):
        """A field of the panel; its hint is a part of its name."""
        return self.panel.get_by_label(re.compile(f"^{label}"))

    def nothing(self):
        """Select nothing."""
        self.canvas.focus()
        self.page.keyboard.press("Escape")

    def rename(self, name):
        field = self.field("Name")
        field.fill(name)
        field.press("Enter")
        expect(self.node(name)).to_be_visible()

    def fit(self):
        self.page.get_by_role("button", name="Fit into the window").click()

    def arrange(self):
        button = self.page.get_by_role("button", name="Auto-layout")
        button.click()
        expect(button).not_to_have_attribute("aria-disabled", "true")

    def select(self, name):
        self.inspect()
        self.fit()
        self.node(name).click()

    def inspect(self):
        self.page.get_by_role("tab", name="Inspector").click()

    def drag(self, source, target, error=False):
        """Draw an edge from handle to handle; it is selected then. As a person does, try again if the drag has missed."""
        leads_to = self.panel.get_by_label("Leads to")
        for _ in range(3):
            self._pull(source, target, "error" if error else "then")
            with suppress(AssertionError):
                expect(leads_to).to_be_visible(timeout=8000)
                break
        expect(leads_to).to_have_value({"END": "__end__", "START": "__start__"}.get(target, target))
        return self

    def _pull(self, source, target, handle):
        self.select(source)
        self.page.evaluate(STILL)
        # `hover` waits until the handle is still and under the pointer: else the drag would move the canvas.
        self.node(source).locator(f'[data-handleid="{handle}"]').hover()
        self.page.mouse.down()
        place = self.node(target).locator(".target").bounding_box()
        self.page.mouse.move(place["x"] + 2, place["y"] + 2, steps=6)
        self.node(target).locator(".target").hover()
        self.page.mouse.up()

    def kind(self, words):
        """Change when the selected edge is taken."""
        self.panel.get_by_label("Taken").select_option(words)
        return self

    def when(self, text):
        """Write the condition of the selected edge."""
        self.field("When, as text").fill(text)
        return self

    def valid(self):
        """The check of the server finds nothing."""
        expect(self.page.locator('[data-check="fresh"]')).to_have_text("no problems")
        return self

    def save(self, name=None, note=""):
        self.page.get_by_role("button", name="Save…").click()
        dialog = self.page.get_by_role("dialog")
        if name:
            dialog.get_by_label("Name", exact=True).fill(name)
        dialog.get_by_label("Note").fill(note)
        dialog.get_by_role("button", name="Save", exact=True).click()
        return self

    def saved(self, version):
        expect(self.page.get_by_text(re.compile(rf"^version {version}\b")).first).to_be_visible()
        return self

    def document(self):
        """The document, as the export shows it."""
        return json.loads(self.exported("Document (JSON)…"))

    def exported(self, form):
        self.page.get_by_role("button", name="Export").click()
        self.page.get_by_role("menuitem", name=form).click()
        text = self.page.locator("[data-export]").inner_text()
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)
        return text

    def try_out(self, arguments):
        """Start a test run on the workers."""
        self.page.get_by_role("tab", name="Try out").click()
        self.field("Input").fill(json.dumps(arguments))
        self.panel.get_by_role("button", name="Test run on workers").click()
        return self

    def went(self, *names):
        """The canvas shows that these nodes have succeeded."""
        for name in names:
            expect(self.node(name)).to_have_attribute("data-state", "SUCCEEDED")
        return self
