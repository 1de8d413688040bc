"""Saving in the editor: versions, two editors at once, drafts of lost sessions, documents of all kinds."""

import json
import re

import pytest
from playwright.sync_api import expect

from orchestrator_celery import END, START, ConditionalGraph
from tests.browser.drawing import PROJECT, Drawing
from tests.browser.shop import HOSTILE
from tests.browser.test_pages import fits, is_accessible


def chain_of(shop, count, name="graph"):
    """A graph of nodes one after another."""
    graph = ConditionalGraph(name, app=shop.stand.app)
    for index in range(count):
        graph.add_node(f"n{index}", shop.stand.tasks("identity"))
        graph.add_edge(f"n{index - 1}" if index else START, f"n{index}")
    return graph.add_edge(f"n{count - 1}", END)


def test_a_graph_is_drawn_by_keyboard_alone_saved_and_run(opened, address, shop):
    draw = Drawing(opened(), address).new()
    keys = draw.page.keyboard

    def press(*pressed):
        for key in pressed:
            keys.press(key)

    draw.canvas.focus()
    press("n")  # to the palette, from which Enter adds the first find after START
    keys.type("project.add")
    press("Enter", "Escape")
    expect(draw.node("add")).to_be_visible()
    press("Tab")
    expect(draw.page.locator("#editor-status")).to_contain_text("END")
    press("Shift+Tab", "c")
    expect(draw.page.get_by_role("combobox", name="Target")).to_be_focused()
    keys.type("END")
    press("Enter")
    expect(draw.field("Leads to")).to_have_value("__end__")
    draw.valid()
    press("Shift+Tab", "ArrowDown", "ArrowDown", "Enter")
    expect(draw.field("Name")).to_be_focused()
    keys.press("Control+a")
    keys.type("plus one")
    press("Enter", "Escape")
    expect(draw.node("plus one")).to_be_visible()
    press("Control+s")
    expect(draw.page.get_by_role("dialog", name="Save a new graph")).to_be_visible()
    keys.type("by keyboard")
    press("Enter")
    draw.saved(1)
    assert shop.stand.orchestrator.graphs.run("by keyboard", 41, 1).get(timeout=60) == 42
    press("?")
    expect(draw.page.get_by_role("dialog", name="Keys of the editor")).to_be_visible()
    is_accessible(draw.page)


def test_everything_is_undone_and_pasted_parts_get_names(opened, address, shop):
    shop.stand.orchestrator.graphs.save(chain_of(shop, 2, "undone"), name="undone")
    draw = Drawing(opened(), address).edit("undone")
    before = draw.document()
    draw.select("n0")
    keys = draw.page.keyboard
    draw.canvas.focus()
    for key in ("Control+c", "Control+v", "Control+d", "ArrowRight", "Shift+ArrowDown"):
        keys.press(key)
    expect(draw.node("n0 3")).to_be_visible()
    keys.press("Control+a")
    draw.page.get_by_role("button", name="Equal gaps in a column").click()
    draw.select("n1")
    draw.rename("renamed")
    draw.field("Visits at most").fill("3")
    draw.canvas.focus()
    keys.press("Delete")
    expect(draw.node("renamed")).to_have_count(0)
    undo = draw.page.get_by_role("button", name="Undo", exact=True)
    while undo.is_enabled():
        undo.click()
    expect(draw.page.get_by_text("unsaved changes")).to_have_count(0)
    assert draw.document() == before
    for _ in range(3):
        draw.page.get_by_role("button", name="Redo", exact=True).click()
    expect(draw.node("n0 2")).to_be_visible()


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(opened, address, shop):
    graphs = shop.stand.orchestrator.graphs
    graphs.save(chain_of(shop, 1, "shared"), name="shared")
    page = opened()
    page.complaints.expected.add(409)
    draw = Drawing(page, address).edit("shared")
    draw.add("identity", "mine").drag("n0", "mine").drag("mine", "END")
    graphs.save(chain_of(shop, 2, "shared"), name="shared", note="by another", base=1)
    draw.save(note="mine")
    dialog = page.get_by_role("dialog", name="shared was changed meanwhile")
    expect(dialog.get_by_text("by another")).to_be_visible()
    anyway = dialog.get_by_role("button", name="Save as a new version anyway")
    expect(anyway).to_be_disabled()
    assert graphs.get("shared").version == 2
    dialog.get_by_role("button", name="Compare it with yours").click()
    expect(dialog.locator("[data-difference]")).to_contain_text("node mine")
    is_accessible(page)
    anyway.click()
    draw.saved(3)
    page.get_by_role("tab", name="Versions").click()
    expect(page.locator("[data-versions] li")).to_have_count(3)
    for version in ("2", "3"):
        page.get_by_label(f"Compare version {version}").check()
    page.get_by_role("button", name="Compare two").click()
    picture = page.locator("[data-compared]")
    expect(picture.locator('[data-node="mine"]')).to_have_attribute("data-change", "added")
    expect(picture.locator('[data-node="n1"]')).to_have_attribute("data-change", "removed")
    page.keyboard.press("Escape")
    page.locator("[data-versions] li", has_text="by another").get_by_role("button", name="Roll back…").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back", exact=True).click()
    draw.saved(4)
    expect(draw.node("n1")).to_be_visible()
    assert graphs.get("shared").document == graphs.get("shared", 2).document


def test_a_lost_session_loses_nothing(opened, address, shop):
    shop.stand.orchestrator.graphs.save(chain_of(shop, 1, "kept"), name="kept")
    draw = Drawing(opened(), address).edit("kept")
    draw.add("identity", "typed last").drag("n0", "typed last").drag("typed last", "END")
    draw.page.goto("about:blank")
    draw.edit("kept")
    expect(draw.node("typed last")).to_have_count(0)
    draw.page.get_by_role("button", name="Restore them").click()
    expect(draw.node("typed last")).to_be_visible()
    draw.save()
    draw.saved(2)
    draw.edit("kept")
    expect(draw.node("typed last")).to_be_visible()
    expect(draw.page.get_by_role("button", name="Restore them")).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 2, "nodes": [], "edges": []}', "version 2"),
        ("no json", "not JSON"),
        ('{"version": 1, "nodes": 3, "edges": []}', "not lists"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused(opened, address, text, words):
    draw = Drawing(opened(), address).new()
    draw.page.get_by_role("button", name="Export").click()
    draw.page.get_by_role("menuitem", name="Import a document…").click()
    dialog = draw.page.get_by_role("dialog")
    dialog.get_by_label("Document").fill(text)
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog.get_by_text(re.compile(words))).to_be_visible()


def test_hostile_names_are_text_and_an_unknown_task_is_told(opened, address):
    draw = Drawing(opened(width=390), address).new()
    nodes = [
        {"name": HOSTILE, "signature": {"task": HOSTILE}},
        {"name": "lost", "signature": {"task": f"{PROJECT}gone"}},
    ]
    edges = [{"from": "__start__", "when": [[["eq", ["result"], HOSTILE], HOSTILE]], "otherwise": "lost"}]
    draw.page.get_by_role("button", name="Export").click()
    draw.page.get_by_role("menuitem", name="Import a document…").click()
    dialog = draw.page.get_by_role("dialog")
    dialog.get_by_label("Document").fill(json.dumps({"version": 1, "nodes": nodes, "edges": edges, "name": HOSTILE}))
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(draw.page.locator(".react-flow__node")).to_have_count(4)
    expect(draw.page.locator("[data-problems]")).to_contain_text("<img")
    draw.page.locator("[data-problems] button").first.click()
    assert draw.page.evaluate("window.owned") is None
    assert draw.page.locator("main img").count() == 0
    draw.select("lost")
    expect(draw.page.get_by_text("No live worker has this task").first).to_be_visible()
    fits(draw.page)
