"""Each template of the palette: its form gives the graph that Python's `templates.build` gives."""

import re

import pytest
from playwright.sync_api import expect

from orchestrator_celery import templates
from tests.browser.conftest import serving
from tests.browser.drawing import PROJECT, Drawing
from tests.browser.test_pages import fits, is_accessible


@pytest.fixture(scope="module")
def stand(standing):
    with standing("templates") as stand:
        yield stand


@pytest.fixture(scope="module")
def address(stand, static):
    with serving(stand.app) as found:
        yield found


class Form:
    """The form of a template.

    Args:
        page: a page of the editor.
    """

    def __init__(self, page):
        self.page, self.dialog = page, page.get_by_role("dialog")

    def open(self, name):
        self.page.locator(f'[data-piece="{name}"]').click()
        expect(self.dialog.get_by_role("button", name="Add to the graph")).to_be_visible()
        return self

    def choose(self, label, task, part=None):
        self.field(label, part).select_option(label=task if task == "__end__" else PROJECT + task)
        return self

    def fill(self, label, value, part=None):
        self.field(label, part).fill(str(value))
        return self

    def field(self, label, part=None):
        return (part or self.dialog).get_by_label(re.compile(f"^{label}")).first

    def entry(self, group, name=None):
        """Add an entry to a group of fields; answers the group, whose last entry is the new one."""
        found = self.dialog.get_by_role("group", name=group)
        found.get_by_role("button", name="Add", exact=True).last.click()
        if name is not None:
            found.get_by_role("textbox", name="Name").last.fill(name)
        return found

    def add(self):
        self.dialog.get_by_role("button", name="Add to the graph").click()
        expect(self.dialog).to_have_count(0)


def task(name):
    return {"task": PROJECT + name}


def ab_split(form):
    for name, target, weight in (("old", "add", 3), ("new", "identity", 1)):
        form.entry("Variants", name).get_by_label("Value").last.select_option(label=PROJECT + target)
        form.entry("Weights", name).get_by_label("Value").last.fill(str(weight))
    form.fill("Key", "user")
    return {"variants": {"old": task("add"), "new": task("identity")}, "weights": {"old": 3, "new": 1}, "key": "user"}


def approval_gate(form):
    form.choose("Rejected", "collect").fill("Timeout", 60).fill("Message", "Pay it?")
    return {"rejected": task("collect"), "timeout": 60, "message": "Pay it?"}


def fallback(form):
    form.choose("Primary", "add")
    form.entry("Alternatives").get_by_role("combobox").last.select_option(label=f"{PROJECT}identity")
    return {"primary": task("add"), "alternatives": [task("identity")]}


def map_reduce(form):
    form.choose("Each", "identity").choose("Reduce", "xsum").fill("Max Concurrency", 3)
    return {"each": task("identity"), "reduce": task("xsum"), "max_concurrency": 3}


def retry(form):
    form.choose("Work", "add").fill("Attempts", 4).choose("Fallback", "collect")
    return {"work": task("add"), "attempts": 4, "fallback": task("collect")}


def success_or_failure(form):
    form.choose("Work", "add").choose("On Failure", "collect").choose("On Success", "identity")
    return {"work": task("add"), "on_failure": task("collect"), "on_success": task("identity")}


def switch(form):
    form.fill("Value", "country")
    form.entry("Cases", "EU").get_by_label("Value").last.select_option(label=f"{PROJECT}add")
    form.choose("Default", "__end__")
    return {"value": "country", "cases": {"EU": task("add")}, "default": "__end__"}


def threshold(form):
    form.fill("Value", '["item", ["result"], "score"]')
    level = form.entry("Levels", "high")
    form.fill("At Least", 80, level).choose("Target", "add", level)
    form.choose("Below", "identity")
    high = {"at_least": 80, "target": task("add")}
    return {"value": ["item", ["result"], "score"], "levels": {"high": high}, "below": task("identity")}


def validation_stages(form):
    stage = form.entry("Stages")
    form.fill("Name", "amount", stage).choose("Check", "identity", stage)
    form.choose("Rejected", "collect")
    return {"stages": [{"name": "amount", "check": task("identity")}], "rejected": task("collect")}


FORMS = (
    ab_split, approval_gate, fallback, map_reduce, retry, success_or_failure, switch, threshold, validation_stages,
)  # fmt: skip


def test_each_template_is_filled_in_and_gives_the_graph_of_python(opened, address, stand):
    """Given all templates but the one by keyboard, then each becomes a nested graph as Python builds it."""
    draw = Drawing(opened(), address).new()
    draw.add("identity")
    form, wanted = Form(draw.page), {}
    for fill in FORMS:
        draw.nothing()
        wanted[fill.__name__] = fill(form.open(fill.__name__))
        if fill in (ab_split, threshold):
            is_accessible(draw.page)
            fits(draw.page)
        form.add()
    assert {*wanted, "loop_until"} == {template.name for template in templates.catalog()}
    nodes = draw.document()["nodes"][1:]
    for node, (name, parameters) in zip(nodes, wanted.items(), strict=True):
        built = templates.build(name, parameters, app=stand.app).to_dict()
        found = node["signature"]["kwargs"]
        assert (name, found["nodes"], found["edges"]) == (name, built["nodes"], built["edges"])


def test_a_template_is_filled_in_by_keyboard_alone(opened, address, stand):
    draw = Drawing(opened(), address).new()
    keys = draw.page.keyboard

    def go_to(label):
        field = Form(draw.page).field(label)
        expect(field).to_be_visible()
        for _ in range(20):
            if field.evaluate("(element) => element === document.activeElement"):
                return field
            keys.press("Tab")
        raise AssertionError(f"Tab does not reach {label}.")

    draw.canvas.focus()
    keys.press("n")
    keys.type("loop until")
    keys.press("Enter")
    body = go_to("Body")
    # A list forgets what was typed if a second passes between two keys: on a busy machine a person types again.
    for _ in range(5):
        keys.type(f"{PROJECT}counted")
        if body.input_value() == f'"{PROJECT}counted"':
            break
        draw.page.wait_for_timeout(1500)
    go_to("Until")
    keys.type('["ge", ["result"], 3]')
    go_to("Max Visits")
    keys.press("Control+a")
    keys.type("9")
    keys.press("Enter")
    expect(draw.page.get_by_role("dialog")).to_have_count(0)
    document = draw.valid().document()
    parameters = {"body": task("counted"), "until": ["ge", ["result"], 3], "max_visits": 9}
    built = templates.build("loop_until", parameters, app=stand.app).to_dict()
    assert (document["nodes"], document["edges"]) == (built["nodes"], built["edges"])
