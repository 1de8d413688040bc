"""Logging in at a real OpenID Connect provider: who comes in, with which role, and what does not hold."""

import time
import warnings
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard import OIDCAuth, TokenAuth, create_dashboard

#: The stand-in of a provider uses what authlib will not have for ever.
pytestmark = [
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
SECRET = "s" * 32
ROLES = {"ops": "operator", "boss": "admin"}
BASE = "http://localhost"


@pytest.fixture(scope="module")
def provider():
    """A provider with three people."""
    with warnings.catch_warnings(record=True):  # authlib shows its own in spite of all filters
        import oidc_provider_mock
    people = {
        "olga": {"preferred_username": "olga", "groups": ["staff", "ops"]},
        "bo": {"preferred_username": "bo", "groups": ["ops", "boss"]},
        "eve": {"preferred_username": "eve", "groups": ["staff"]},
    }
    with oidc_provider_mock.run_server_in_thread() as server:
        address = f"http://localhost:{server.server_port}"
        for name, claims in people.items():
            httpx.put(f"{address}/users/{name}", json=claims).raise_for_status()
        yield address


def oidc(provider, **options):
    return OIDCAuth(provider, "dashboard", "a secret", **{"roles": ROLES, **options})


def sent_to_provider(person, next="/runs?filter=tag%3Aeu"):
    """Begin a login, and return the address of the provider."""
    answer = person.get("/api/login", params={"next": next})
    assert answer.status_code == 302
    return answer.headers["location"]


def answered(address, name):
    """Log in at the provider, and return the address to which it sends the browser back."""
    answer = httpx.post(address, data={"sub": name})
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


def back(person, address):
    parts = urlsplit(address)
    return person.get(f"{parts.path}?{parts.query}")


def logged_in(person, name):
    return back(person, answered(sent_to_provider(person), name))


@pytest.mark.parametrize(("name", "role"), [("olga", "operator"), ("bo", "admin")])
def test_a_person_comes_in_with_the_highest_role(app, visit, provider, name, role):
    person = visit(create_dashboard(app, auth=oidc(provider)))
    assert person.get("/api/runs").status_code == 401
    answer = logged_in(person, name)
    assert answer.headers["location"] == "/runs?filter=tag%3Aeu"
    session = person.begin()
    assert (session["actor"], session["role"], session["login"]) == (name, role, "oidc")
    assert person.get("/api/runs").status_code == 200


def test_the_provider_is_asked_with_proofs(app, visit, provider):
    """Given a login, then its request holds a state, a nonce and a challenge, and no secret."""
    address = sent_to_provider(visit(create_dashboard(app, auth=oidc(provider))))
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) > 30 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == [f"{BASE}/api/login/callback"]
    assert "secret" not in address


def test_who_has_no_role_stays_outside(app, visit, provider):
    person = visit(create_dashboard(app, auth=oidc(provider)))
    assert logged_in(person, "eve").headers["location"] == "/?login_error=no_role"
    assert person.get("/api/runs").status_code == 401
    assert "eve" in app.orchestrator.audit(verb="login", limit=1)[0].outcome
    viewers = visit(create_dashboard(app, auth=oidc(provider, default_role="viewer")))
    logged_in(viewers, "eve")
    assert viewers.begin()["role"] == "viewer"


def test_a_login_of_another_browser_does_not_hold(app, visit, provider):
    dashboard = create_dashboard(app, auth=oidc(provider))
    attacker, victim = visit(dashboard), visit(dashboard)
    came_back = answered(sent_to_provider(attacker), "olga")
    assert back(victim, came_back).headers["location"] == "/?login_error=expired"
    sent_to_provider(victim)
    assert back(victim, came_back).headers["location"] == "/?login_error=expired", "the state of another login"
    assert victim.get("/api/runs").status_code == 401


def test_a_code_holds_once(app, visit, provider):
    person = visit(create_dashboard(app, auth=oidc(provider)))
    came_back = answered(sent_to_provider(person), "olga")
    parts = urlsplit(came_back)
    pending = person.cookies.get("orchestrator_login")
    back(person, came_back)
    person.cookies.clear()
    person.cookies.set("orchestrator_login", pending, domain="localhost.local", path="/")
    again = person.get(f"{parts.path}?{parts.query}", headers={"Cookie": f"orchestrator_login={pending}"})
    assert again.headers["location"] == "/?login_error=denied"


def test_a_refusal_of_the_provider_is_told(app, visit, provider):
    person = visit(create_dashboard(app, auth=oidc(provider)))
    state = parse_qs(urlsplit(sent_to_provider(person)).query)["state"][0]
    answer = person.get("/api/login/callback", params={"error": "access_denied", "state": state})
    assert answer.headers["location"] == "/?login_error=denied"
    assert "access_denied" in app.orchestrator.audit(verb="login", limit=1)[0].outcome


def test_a_provider_that_is_away_is_told(app, visit):
    person = visit(create_dashboard(app, auth=oidc("http://localhost:1")))
    assert person.get("/api/login").headers["location"] == "/?login_error=unreachable"


def test_nobody_is_led_elsewhere_after_the_login(app, visit, provider):
    for address in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "runs"):
        person = visit(create_dashboard(app, auth=oidc(provider)))
        came_back = answered(sent_to_provider(person, next=address), "olga")
        assert back(person, came_back).headers["location"] == "/"


def test_a_login_of_a_mounted_dashboard_stays_below_its_path(app, visit, provider):
    person = visit(create_dashboard(app, auth=oidc(provider), base_path="/ops"))
    address = person.get("/ops/api/login", params={"next": "/ops/runs"}).headers["location"]
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == [f"{BASE}/ops/api/login/callback"]
    assert back(person, answered(address, "olga")).headers["location"] == "/ops/runs"


def test_changed_rules_end_sessions(app, visit, provider):
    person = visit(create_dashboard(app, auth=oidc(provider), secret=SECRET))
    logged_in(person, "bo")
    same = visit(create_dashboard(app, auth=oidc(provider), secret=SECRET))
    other = visit(create_dashboard(app, auth=oidc(provider, roles={"boss": "viewer"}), secret=SECRET))
    for later in (same, other):
        later.cookies.update(person.cookies)
    assert same.get("/api/runs").status_code == 200, "another replica"
    assert other.get("/api/runs").status_code == 401


def test_the_facts_of_a_login_end(app, visit, provider, monkeypatch):
    person = visit(create_dashboard(app, auth=oidc(provider)))
    came_back = answered(sent_to_provider(person), "olga")
    later = time.time() + 700
    monkeypatch.setattr("orchestrator_celery.dashboard.server.access.sessions.time.time", lambda: later)
    assert back(person, came_back).headers["location"] == "/?login_error=expired"


def test_without_a_provider_there_is_no_such_login(app, visit):
    person = visit(create_dashboard(app, auth=TokenAuth({"t" * 20: ("ann", "admin")})))
    assert person.get("/api/login").status_code == 404


@pytest.mark.parametrize(
    ("issuer", "options", "word"),
    [
        ("http://idp.example", {}, "HTTPS"),
        ("https://idp.example", {"roles": {}}, "Nobody"),
        ("https://idp.example", {"roles": {"ops": "king"}}, "king"),
        ("https://idp.example", {"scope": "profile"}, "openid"),
    ],
)
def test_settings_that_cannot_work_are_refused(issuer, options, word):
    with pytest.raises(InvalidSettings, match=word):
        oidc(issuer, **options)
