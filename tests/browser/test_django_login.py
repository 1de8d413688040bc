"""The dashboard in a Django project, in a browser: the login page of the site, and sessions that end."""

from functools import partial

import pytest
from playwright.sync_api import expect

from orchestrator_celery import RunStatus
from orchestrator_celery.dashboard import DjangoAuth, create_dashboard
from orchestrator_celery.dashboard.server.live import stream
from tests.browser.conftest import serving_application
from tests.frameworks.django_site import PASSWORD, elsewhere, person, set_up, site
from tests.kit.waiting import wait_for


@pytest.fixture
def shop_site(shop, static, monkeypatch):
    """A site with the dashboard at /ops, whose streams notice soon that a session has ended."""
    monkeypatch.setattr(stream, "EventStream", partial(stream.EventStream, heartbeat=0.3))
    elsewhere(set_up)
    elsewhere(person, "olga", groups=["support"])
    elsewhere(person, "eve")
    auth = elsewhere(DjangoAuth, groups={"support": "operator"})
    with serving_application(site(create_dashboard(shop.stand.app, auth=auth, base_path="/ops"))) as address:
        yield address


def end_sessions():
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


def log_in(page, name):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_person_of_the_site_steers_runs_until_they_log_out(opened, shop, shop_site):
    run = shop.long("steered from the site")
    page = opened()
    page.goto(f"{shop_site}/ops/runs/{run.id}?tab=events")
    expect(page).to_have_url(f"{shop_site}/accounts/login/?next=/ops/runs/{run.id}%3Ftab%3Devents")
    log_in(page, "olga")
    expect(page).to_have_url(f"{shop_site}/ops/runs/{run.id}?tab=events")
    page.get_by_role("button", name="Suspend", exact=True).click()
    wait_for(lambda: run.status is RunStatus.SUSPENDED, what="the run to be suspended")
    page.complaints.expected |= {401}  # what the page has asked for when the session ends
    page.get_by_role("button", name="You and the look").click()
    page.get_by_role("menuitem", name="Log out olga").click()
    page.get_by_role("button", name="Continue to the login of this site").click()
    expect(page.get_by_label("Username")).to_be_visible()
    page.goto(f"{shop_site}/me/")
    expect(page.get_by_text("nobody")).to_be_visible()
    run.cancel(confirm=True)


def test_a_session_of_the_site_that_ends_under_an_open_page(opened, shop, shop_site):
    """Given an open page, when the session ends, then a dialog says so, and a login in a new tab lets the page go on."""
    run = shop.long("steered after a second login")
    page = opened()
    page.complaints.expected |= {401}
    page.goto(f"{shop_site}/ops/runs/{run.id}")
    log_in(page, "olga")
    expect(page.get_by_title("Connection: live")).to_be_visible()
    elsewhere(end_sessions)
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opening:
        dialog.get_by_role("button", name="Log in in a new tab").click()
    log_in(opening.value, "olga")
    expect(opening.value.get_by_role("heading", name="Overview")).to_be_visible()
    opening.value.close()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Suspend", exact=True).click()
    wait_for(lambda: run.status is RunStatus.SUSPENDED, what="the run to be suspended")
    run.cancel(confirm=True)


def test_somebody_without_a_role_is_told_so(opened, shop_site):
    page = opened()
    page.complaints.expected |= {403}
    page.goto(f"{shop_site}/ops/")
    log_in(page, "eve")
    expect(page.get_by_role("heading", name="You have no role in this dashboard")).to_be_visible()
    page.get_by_role("link", name="Log in as somebody else").click()
    log_in(page, "olga")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
