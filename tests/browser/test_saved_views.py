"""Views of the page Runs: saved on the server, shared, moved there from the browser."""

import json
import re

from playwright.sync_api import expect

from orchestrator_celery import acting
from orchestrator_celery.dashboard import TokenAuth
from tests.browser.conftest import serving

ADA, BOB = "ada-" + "a" * 20, "bob-" + "b" * 20
OLD = [{"name": "old one", "filter": "tag:old"}, {"name": "mine", "filter": "tag:other"}]


def chip(page, name):
    return page.get_by_role("button", name=re.compile(f"^(shared )?{name}$"))


def save_as(page, name, *, button="Save", shared=False):
    page.get_by_role("button", name="Save view").click()
    dialog = page.get_by_role("dialog", name="Save this view")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("checkbox", name="Share it").set_checked(shared)
    dialog.get_by_role("button", name=button).click()
    return dialog


def test_a_view_is_saved_with_its_columns_and_deleted(page, address, shop):
    page.goto(f"{address}/runs?filter=tag:eu")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitem", name="Duration").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save view").click()
    dialog = page.get_by_role("dialog", name="Save this view")
    dialog.get_by_label("Name").fill("mine")
    dialog.get_by_label("Keep the columns").check()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(chip(page, "mine")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("columns=status"))
    page.evaluate("old => localStorage.setItem('orchestrator.runs.views', old)", json.dumps(OLD))
    page.goto(f"{address}/runs")
    chip(page, "mine").click()
    expect(page.get_by_role("row").filter(has_text="breaks")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Duration")).to_have_count(0)
    page.complaints.expected.add(409)  # one of the old views has a name that is taken
    page.get_by_role("button", name="Move to the server").click()
    expect(page.get_by_text("1 view of yours is kept in this browser only: mine")).to_be_visible()
    expect(chip(page, "old one")).to_be_visible()
    for name in ("mine", "old one"):
        chip(page, name).click()
        page.get_by_role("button", name=f"Change the view {name}").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(chip(page, name)).to_have_count(0)
    assert [*shop.stand.orchestrator.views] == []


def test_a_shared_view_comes_to_others_and_two_people_change_it(opened, shop, static):
    auth = TokenAuth({ADA: ("ada", "operator"), BOB: ("bob", "operator")})
    with serving(shop.stand.app, auth=auth) as place:
        people = []
        for token in (ADA, BOB):
            page = opened()
            page.complaints.expected |= {401}
            page.goto(f"{place}/runs?filter=tag:eu")
            page.get_by_label("Token").fill(token)
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("row").filter(has_text="breaks")).to_be_visible()
            people.append(page)
        ada, bob = people
        save_as(ada, "ours", shared=True)
        expect(chip(bob, "ours")).to_have_attribute("aria-pressed", "true")
        bob.get_by_role("button", name="Change the view ours").click()
        expect(bob.get_by_role("menuitem", name="Delete")).to_have_attribute("aria-disabled", "true")
        bob.get_by_role("menuitem", name="Copy to my views").click()
        expect(chip(bob, "ours")).to_have_count(2)
        ada.goto(f"{place}/runs?filter=tag:us")
        ada.get_by_role("button", name="Save view").click()
        dialog = ada.get_by_role("dialog", name="Save this view")
        dialog.get_by_label("Name").fill("ours")
        dialog.get_by_role("checkbox", name="Share it").check()
        expect(dialog.get_by_text("Replaces the view of ada")).to_be_visible()
        with acting("ada"):
            shop.stand.orchestrator.views.save("ours", "tag:meanwhile", shared=True)
        expect(dialog.get_by_text("tag:meanwhile")).to_be_visible()
        dialog.get_by_role("button", name="Replace").click()
        expect(chip(ada, "ours")).to_have_attribute("aria-pressed", "true")
        [view] = [view for view in shop.stand.orchestrator.views if view.shared]
        assert (view.filter, view.owner, view.version) == ("tag:us", "ada", 3)
        with acting("ada"):
            shop.stand.orchestrator.views.delete("ours", shared=True)
        expect(chip(bob, "ours")).to_have_count(1)
