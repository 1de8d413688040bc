"""`DjangoAuth`: a real Django with its own login, and the dashboard beside it."""

import asyncio
import subprocess
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from orchestrator_celery import ComplexSignature, InvalidSettings, RunStatus
from orchestrator_celery.dashboard import DjangoAuth, create_dashboard
from orchestrator_celery.dashboard.server.live.stream import EventStream
from tests.dashboard.conftest import visit  # noqa: F401
from tests.frameworks.django_site import PASSWORD, SESSIONS, elsewhere, person, set_up, site
from tests.kit.waiting import PATIENCE

RULES = {
    "permissions": {"auth.view_runs": "viewer", "auth.delete_runs": "admin"},
    "groups": {"support": "operator", "readers": "viewer"},
}


@pytest.fixture(autouse=True)
def django():
    set_up()
    from django.db import connection

    yield
    connection.close()


@pytest.fixture
def web(app):
    """A site with the dashboard at /ops."""
    return site(create_dashboard(app, auth=DjangoAuth(**RULES), base_path="/ops"))


@pytest.fixture
def guest(visit, web):  # noqa: F811
    """Somebody who is not logged in."""
    return visit(web)


@pytest.fixture
def run(project, app):
    """A run that waits for its start."""
    run = ComplexSignature(project.identity.s(1), app=app).apply_async(countdown=3600)
    yield run
    run.cancel(confirm=True)


def log_in(browser, name, next="/ops/"):
    """Log in at Django's page, as a browser does."""
    browser.get("/accounts/login/")
    form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"], "next": next}
    answer = browser.post("/accounts/login/", data=form, headers={"Origin": browser.origin})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def log_out_of_django(browser):
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert browser.post("/accounts/logout/", data=form, headers={"Origin": browser.origin}).status_code == 302


def session(browser):
    """Read the session, as a page of the dashboard does first."""
    found = browser.get("/ops/api/session").json()
    browser.headers.update({"X-CSRF-Token": found["csrf"] or "", "Origin": browser.origin})
    return found


def next_of(answer):
    """The page to which Django's login sends the browser back."""
    assert answer.status_code == 302
    where = urlsplit(answer.headers["location"])
    assert (where.netloc, where.path) == ("", "/accounts/login/")
    return parse_qs(where.query)["next"][0]


def test_a_page_leads_to_the_login_and_back(guest):
    person("root", is_superuser=True)
    page = "/ops/runs?filter=tag%3Aeu"
    assert guest.get("/ops/api/runs").status_code == 401
    assert session(guest) == {**session(guest), "actor": None, "login": "django"}
    back = next_of(guest.get(page))
    assert back == page
    assert log_in(guest, "root", back) == page
    assert guest.get(back).status_code == 200
    found = session(guest)
    assert (found["actor"], found["role"]) == ("root", "admin")
    assert guest.get("/ops/api/runs").status_code == 200


@pytest.mark.parametrize(
    ("facts", "role"),
    [
        ({"is_superuser": True}, "admin"),
        ({"permissions": ["view_runs"]}, "viewer"),
        ({"permissions": ["view_runs", "delete_runs"], "groups": ["readers"]}, "admin"),
        ({"groups": ["readers", "support", "others"]}, "operator"),
        ({"groups": ["readers"], "permissions": ["delete_runs"]}, "admin"),
    ],
)
def test_the_highest_role_counts(guest, facts, role):
    person("ann", **facts)
    log_in(guest, "ann")
    assert session(guest)["role"] == role


def test_by_default_only_superusers_come_in(app, visit):  # noqa: F811
    """Given staff with groups and permissions, then a page says that they have no role, and the audit trail names them."""
    person("<i>staff", is_staff=True, groups=["support"], permissions=["view_runs"])
    person("root", is_superuser=True)
    web = site(create_dashboard(app, auth=DjangoAuth(), base_path="/ops"))
    staff, root = visit(web), visit(web)
    log_in(staff, "<i>staff")
    log_in(root, "root")
    assert session(root)["role"] == "admin"
    page = staff.get("/ops/runs")
    assert (page.status_code, "no role" in page.text, "<i>" in page.text) == (403, True, False)
    assert staff.get("/ops/api/runs").status_code == staff.get("/ops/api/session").status_code == 403
    assert [one.actor for one in app.orchestrator.audit(verb="login", limit=20) if one.actor.startswith("<i>staff@")]


def test_a_change_of_roles_counts_at_once(app, guest, run):
    ann, verb = person("ann", groups=["readers"]), f"/ops/api/runs/{run.id}/suspend"
    log_in(guest, "ann")
    session(guest)
    assert guest.post(verb).status_code == 403
    ann.groups.set(person("other", groups=["support"]).groups.all())
    assert "X-CSRF-Token" in guest.post(verb).json()["detail"], "the token of the old role"
    assert session(guest)["role"] == "operator"
    assert guest.post(verb).status_code == 200
    assert run.status is RunStatus.SUSPENDED
    assert app.orchestrator.audit(verb="suspend", limit=1)[0].actor == "ann"
    ann.groups.clear()
    assert guest.get("/ops/api/runs").status_code == guest.post(verb).status_code == 403


def _deactivate(user):
    user.is_active = False
    user.save()


def _change_password(user):
    user.set_password("another")
    user.save()


def _end_sessions(user):
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


@pytest.mark.parametrize("end", [_deactivate, _change_password, _end_sessions, lambda user: user.delete()])
def test_what_ends_the_session_of_the_site_ends_that_of_the_dashboard(guest, end):
    user = person("root", is_superuser=True)
    log_in(guest, "root")
    session(guest)
    assert guest.get("/ops/api/runs").status_code == 200
    end(user)
    assert guest.get("/ops/api/runs").status_code == guest.post("/ops/api/runs/x/suspend").status_code == 401
    assert next_of(guest.get("/ops/runs")) == "/ops/runs"


def test_a_logout_of_the_site_ends_the_session_of_the_dashboard(guest):
    person("root", is_superuser=True)
    log_in(guest, "root")
    session(guest)
    log_out_of_django(guest)
    assert guest.get("/ops/api/runs").status_code == 401
    assert session(guest)["actor"] is None


def test_a_logout_of_the_dashboard_ends_the_session_of_the_site(guest):
    """Given somebody who logs out in the dashboard, then the site knows nobody, and a kept cookie is worth nothing."""
    person("root", is_superuser=True)
    log_in(guest, "root")
    session(guest)
    kept = dict(guest.cookies)
    assert guest.get("/me/").text == "root"
    assert guest.request("DELETE", "/ops/api/session").status_code == 204
    assert "sessionid" not in guest.cookies
    guest.cookies.update(kept)
    assert guest.get("/me/").text == "nobody"
    assert guest.get("/ops/api/runs").status_code == 401


def test_a_request_that_changes_something_needs_the_token_of_this_login(guest, run):
    person("root", is_superuser=True)
    verb = f"/ops/api/runs/{run.id}/suspend"
    log_in(guest, "root")
    refused = [guest.post(verb, headers={"Origin": guest.origin, "X-CSRF-Token": guest.cookies["csrftoken"]})]
    old = session(guest)["csrf"]
    for changed in ({"Origin": "http://evil.example"}, {"X-CSRF-Token": "guessed"}, {"Sec-Fetch-Site": "cross-site"}):
        refused.append(guest.post(verb, headers=changed))
    log_out_of_django(guest)
    log_in(guest, "root")
    refused.append(guest.post(verb, headers={"X-CSRF-Token": old}))
    assert [answer.status_code for answer in refused] == [403] * 5
    assert run.status is RunStatus.PENDING
    assert session(guest)["csrf"] != old
    assert guest.post(verb).status_code == 200


def test_all_processes_of_the_site_take_a_token(app, visit, run):  # noqa: F811
    person("root", is_superuser=True)
    first, second = (visit(site(create_dashboard(app, auth=DjangoAuth(), base_path="/ops"))) for _ in range(2))
    log_in(first, "root")
    token = session(first)["csrf"]
    second.cookies.update(first.cookies)
    answer = second.post(f"/ops/api/runs/{run.id}/suspend", headers={"X-CSRF-Token": token, "Origin": second.origin})
    assert answer.status_code == 200


def test_a_session_of_the_dashboard_alone_lets_nobody_in(guest):
    person("root", is_superuser=True)
    log_in(guest, "root")
    session(guest)
    assert guest.cookies["orchestrator_session"]
    guest.cookies.delete("sessionid")
    assert guest.get("/ops/api/runs").status_code == 401
    assert guest.get("/ops/api/runs", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert guest.post("/ops/api/session", json={"user": "root", "password": PASSWORD}).status_code == 401


def test_the_login_sends_nobody_to_another_site(guest):
    for hostile in ("//evil.example/", "https://evil.example/", "/ops/\\evil.example", "/opsevil", "/me/", "\t//evil"):
        assert next_of(guest.get("/ops/api/login", params={"next": hostile})) == "/ops/"
    assert next_of(guest.get("/ops/api/login", params={"next": "/ops/audit"})) == "/ops/audit"
    for path in ("/ops//evil.example/", "/ops/runs/a%2Fb%3Fc", "/ops/runs/%23%20?next=//evil.example"):
        assert next_of(guest.get(path)) == path


def test_a_dashboard_at_the_root_sends_nobody_to_another_site(app, visit):  # noqa: F811
    alone = visit(create_dashboard(app, auth=DjangoAuth(login_url="/accounts/login/")))
    assert next_of(alone.request("GET", httpx.URL("http://localhost//evil.example/"))) == "/"
    assert next_of(alone.get("/runs")) == "/runs"


def test_the_event_stream_ends_with_the_session(app, monkeypatch):
    """Given an open page that asks for nothing, when its session ends, then its stream ends."""
    monkeypatch.setattr(EventStream.__init__, "__defaults__", (0.05, 30.0))
    person("root", is_superuser=True)

    class Counting(DjangoAuth):
        asked, asked_often = 0, threading.Event()

        def signed_in(self, request):
            self.asked += 1
            if self.asked > 3:
                self.asked_often.set()
            return super().signed_in(request)

    auth = Counting()
    web = site(create_dashboard(app, auth=auth, base_path="/ops"))
    asyncio.run(_stream(web, auth))


async def _stream(web, auth):
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=120) as client:
        await client.get("/accounts/login/")
        token = client.cookies["csrftoken"]
        form = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": token}
        await client.post("/accounts/login/", data=form)
        stream = asyncio.create_task(client.get("/ops/api/stream", params={"topics": "runs"}))
        wait = asyncio.get_running_loop().run_in_executor
        assert await wait(None, auth.asked_often.wait, 30 * PATIENCE)
        assert not stream.done()
        await wait(None, elsewhere, _end_sessions, None)
        answer = await asyncio.wait_for(stream, 30 * PATIENCE)
    assert answer.status_code == 200
    assert "event: alive" in answer.text


@pytest.mark.parametrize("engine", ["cached_db", "cache", "file", "signed_cookies"])
def test_every_kind_of_session_is_read(app, visit, tmp_path, engine):  # noqa: F811
    from django.test import override_settings

    person("root", is_superuser=True)
    with override_settings(SESSION_ENGINE=f"{SESSIONS}.{engine}", SESSION_FILE_PATH=str(tmp_path)):
        guest = visit(site(create_dashboard(app, auth=DjangoAuth(), base_path="/ops")))
        assert guest.get("/ops/api/runs").status_code == 401
        log_in(guest, "root")
        assert session(guest)["actor"] == "root"
        assert guest.request("DELETE", "/ops/api/session").status_code == 204
        assert guest.get("/ops/api/runs").status_code == 401
        assert guest.get("/me/").text == "nobody"


def test_a_change_of_the_secret_key_logs_nobody_out(guest):
    """Given Django's fallback for old keys, which renews the session, then the dashboard leaves that to the site."""
    from django.test import override_settings

    person("root", is_superuser=True)
    log_in(guest, "root")
    cookie = guest.cookies["sessionid"]
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["only for the tests"]):
        assert session(guest)["actor"] == "root"
        assert guest.cookies["sessionid"] == cookie
        assert guest.get("/me/").text == "root"
        assert guest.cookies["sessionid"] != cookie
        assert session(guest)["actor"] == "root"


def test_sessions_that_cannot_be_read_are_told(guest):
    from django.db import connection

    guest.cookies.update({"sessionid": "x" * 32})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session RENAME TO away")
        try:
            answer = guest.get("/ops/api/runs")
        finally:
            cursor.execute("ALTER TABLE away RENAME TO django_session")
    assert (answer.status_code, "OperationalError" in answer.json()["detail"]) == (503, True)


def test_a_login_page_without_an_address_is_told(guest):
    from django.test import override_settings

    with override_settings(LOGIN_URL="nowhere"):
        answer = guest.get("/ops/runs")
    assert (answer.status_code, "LOGIN_URL" in answer.json()["detail"]) == (500, True)


def test_wrong_rules_are_refused(monkeypatch):
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.test import override_settings

    for rules, words in (
        ({"permissions": {"view_runs": "viewer"}}, "names no app"),
        ({"groups": {"support": "king"}}, "'king' is no role"),
    ):
        with pytest.raises(InvalidSettings, match=words):
            DjangoAuth(**rules)
    with override_settings(SESSION_ENGINE="nowhere"), pytest.raises(InvalidSettings, match="SESSION_ENGINE='nowhere'"):
        DjangoAuth()
    monkeypatch.setattr("django.contrib.auth.get_user_model", lambda: AbstractBaseUser)
    for rules in RULES:
        with pytest.raises(InvalidSettings, match=f"{rules}=.*PermissionsMixin"):
            DjangoAuth(**{rules: RULES[rules]})


def test_without_django_the_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "django", None)
    with pytest.raises(InvalidSettings, match="pip install django"):
        DjangoAuth()


SET_UP = """
import sys
from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard import DjangoAuth

def refused():
    try:
        DjangoAuth()
    except InvalidSettings as exc:
        return str(exc)

assert "django.contrib.auth" not in sys.modules, "loaded before it is needed"
assert "DJANGO_SETTINGS_MODULE" in refused()
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes"])
assert "django.setup()" in refused()
django.setup()
assert "django.contrib.auth and django.contrib.sessions in INSTALLED_APPS" in refused()
settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
assert "needs django.contrib.auth in INSTALLED_APPS" in refused()
"""


def test_a_django_that_is_not_set_up_is_refused(monkeypatch):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    done = subprocess.run([sys.executable, "-c", SET_UP], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
