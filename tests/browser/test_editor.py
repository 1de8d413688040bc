"""The editor: graphs are drawn, tried and exported as people do it, on a real worker."""

from playwright.sync_api import expect

from orchestrator_celery import ConditionalGraph
from tests.browser.drawing import Drawing
from tests.browser.test_pages import is_accessible


def result_of(shop, document, *args):
    """What a document gives on the worker."""
    return ConditionalGraph.from_dict(document, app=shop.stand.app).apply_async(args).get(timeout=60)


def same_as_module(shop, drawing, document, *args):
    """The exported Python module gives the same result as the document; answers the result."""
    found = {}
    exec(compile(drawing.exported("Python module…"), "module", "exec"), found)
    graph = next(value for value in found.values() if isinstance(value, ConditionalGraph))
    assert graph == ConditionalGraph.from_dict(document)
    again = result_of(shop, graph.to_dict(), *args)
    assert again == result_of(shop, document, *args)
    return again


def test_a_branch_for_success_and_one_for_failure(opened, address, shop):
    draw = Drawing(opened(), address).new()
    draw.add("fail_if", after="START", bad=[13])
    draw.add("identity", "fine", after="fail_if")
    draw.add("collect", "sorry")
    draw.arrange()
    draw.drag("fine", "END").drag("sorry", "END").drag("fail_if", "sorry", error=True)
    draw.field("Errors").fill("KeyError")
    draw.valid().try_out([13]).went("sorry", "END")
    expect(draw.node("fail_if")).to_have_attribute("data-state", "FAILED")
    document = draw.document()
    assert {"from": "fail_if", "error": ["KeyError"], "to": "sorry"} in document["edges"]
    assert same_as_module(shop, draw, document, 7) == 7
    is_accessible(draw.page)


def test_a_threshold_with_an_approval_that_is_answered_in_place(opened, address, shop):
    draw = Drawing(opened(theme="dark"), address).new()
    draw.add("identity", "score", after="START")
    draw.add("add", "pay", y=1)
    draw.add("approval", "review")
    draw.field("Message").fill("Pay it?")
    draw.add("collect", "refuse")
    draw.arrange()
    draw.drag("score", "pay").kind("If a condition holds").when("result >= 80")
    draw.drag("score", "review")
    expect(draw.panel.get_by_label("Taken")).to_have_value("otherwise")
    draw.drag("review", "pay").drag("review", "refuse").drag("pay", "END").drag("refuse", "END")
    draw.select("pay")
    draw.panel.get_by_label("Takes the result of the step before").uncheck()
    draw.field("Take a value from an earlier node").select_option("x")
    draw.field("x from").fill("nodes.score")
    draw.valid().try_out([50])
    draw.panel.get_by_role("button", name="Approve").click()
    draw.went("score", "review", "END")
    expect(draw.panel.get_by_text("SUCCEEDED")).to_be_visible()
    document = draw.document()
    assert [edge for edge in document["edges"] if edge["from"] == "score"] == [
        {"from": "score", "when": [[["ge", ["result"], 80], "pay"]], "otherwise": "review", "mode": "first"}
    ]
    assert same_as_module(shop, draw, document, 90) == 91
    is_accessible(draw.page)


def test_a_loop_that_ends_by_its_condition_or_by_max_visits(opened, address, shop):
    draw = Drawing(opened(), address).new()
    draw.add("add", "grow", after="START", y=1)
    draw.add("identity", "done")
    draw.arrange()
    draw.drag("grow", "grow").kind("If a condition holds").when("result < 4")
    draw.drag("grow", "done").drag("done", "END")
    draw.select("grow")
    draw.field("Visits at most").fill("9")
    draw.valid().try_out([1]).went("grow", "done", "END")
    expect(draw.node("grow").get_by_text("\u00d73")).to_be_visible()
    document = draw.document()
    assert document["nodes"][0]["max_visits"] == 9
    assert same_as_module(shop, draw, document, 2) == 4


def test_branches_side_by_side_that_meet_in_a_join(opened, address, shop):
    draw = Drawing(opened(), address).new()
    draw.add("add", "one", after="START", y=1)
    draw.add("add", "ten", y=10)
    draw.add("xsum", "sum")
    draw.arrange()
    draw.drag("START", "ten").drag("one", "sum").drag("ten", "sum").drag("sum", "END")
    expect(draw.page.locator("[data-problems]")).to_contain_text("join")
    draw.page.locator("[data-problems]").get_by_role("button", name="sum").first.click()
    draw.field("Where branches meet").select_option("all")
    draw.valid().try_out([1]).went("one", "ten", "sum", "END")
    document = draw.document()
    assert document["nodes"][2]["join"] == "all"
    assert same_as_module(shop, draw, document, 5) == 21
