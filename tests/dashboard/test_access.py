"""Who comes in, who may do what, and what of a refusal is in the audit trail."""

import pytest

from orchestrator_celery import ComplexSignature, InvalidSettings, RunStatus
from orchestrator_celery.dashboard import create_dashboard
from orchestrator_celery.dashboard.server.access.logins import BasicAuth, TokenAuth, hashed_password
from tests.dashboard.conftest import ELSEWHERE

VIEWER, ADMIN = "viewer-" + "v" * 20, "admin-" + "a" * 20
LARGER = 5 * 1024 * 1024


@pytest.fixture
def path(project, app):
    """The address that suspends a run which waits for its start."""
    run = ComplexSignature(project.identity.s(1), app=app).apply_async(countdown=3600)
    yield f"/api/runs/{run.id}/suspend"
    assert run.status is RunStatus.PENDING, "nothing of what was refused was done"
    run.cancel(confirm=True)


def refusals(app, verb, actor):
    return [entry for entry in app.orchestrator.audit(verb=verb, actor=actor, limit=20) if entry.refused]


def test_without_a_login_only_this_machine_is_answered(app, visit):
    dashboard = create_dashboard(app)
    assert visit(dashboard).get("/api/runs").status_code == 200
    assert visit(dashboard, client=ELSEWHERE).get("/api/runs").status_code == 403
    assert visit(dashboard, base_url="http://evil.example").get("/api/runs").status_code == 421, "no DNS rebinding"
    assert refusals(app, "request", f"anonymous@{ELSEWHERE[0]}")[0].channel == "dashboard"


def test_requests_of_other_sites_are_refused(browser, app, path):
    token = browser.headers["X-CSRF-Token"]
    for changed in ({"Origin": "http://evil.example"}, {"X-CSRF-Token": "guessed"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (
            browser.post(path, headers={"Origin": browser.origin, "X-CSRF-Token": token, **changed}).status_code == 403
        )
    browser.cookies.clear()
    assert browser.post(path).status_code == 403, "a token without its session"
    assert browser.post(path, headers={"X-CSRF-Token": ""}).status_code == 403, "no token of nobody"
    assert any("another site" in entry.outcome for entry in refusals(app, "request", "anonymous@127.0.0.1"))


def test_bodies_are_bounded(browser, path):
    """Given a body that is too large, then it is refused, whether or not its length is told."""

    async def parts():
        for _ in range(LARGER // 100_000):
            yield b"x" * 100_000

    retry = path.replace("suspend", "retry")
    assert browser.post(retry, content=b"x" * LARGER).status_code == 413
    assert browser.post(retry, content=parts()).status_code == 413


def test_a_role_decides_and_a_refusal_is_audited(app, visit, path):
    dashboard = create_dashboard(app, auth=TokenAuth({VIEWER: ("vera", "viewer"), ADMIN: ("adam", "admin")}))
    someone = visit(dashboard, base_url="https://ops.example", client=ELSEWHERE)
    assert someone.get("/api/runs").status_code == 401
    assert someone.post("/api/session", json={"token": VIEWER}).json()["role"] == "viewer"
    assert someone.begin()["verbs"] == ["save_view"]
    assert someone.get("/api/runs").status_code == 200
    problem = someone.post(path)
    assert problem.status_code == 403
    assert "operator" in problem.json()["detail"]
    assert refusals(app, "suspend", "vera")[0].run in path
    assert someone.request("DELETE", "/api/session").status_code == 204
    assert someone.get("/api/runs").status_code == 401


def test_a_session_is_kept_from_scripts_and_other_sites(app, visit):
    dashboard = create_dashboard(app, auth=TokenAuth({ADMIN: ("adam", "admin")}))
    cookie = (
        visit(dashboard, base_url="https://ops.example")
        .post("/api/session", json={"token": ADMIN})
        .headers["set-cookie"]
    )
    assert {part.strip().lower() for part in cookie.split(";")[1:]} >= {"httponly", "samesite=strict", "secure"}
    assert ADMIN not in cookie
    page = visit(dashboard, base_url="https://ops.example").get("/")
    assert "script-src 'self';" in page.headers["content-security-policy"]


def test_a_changed_password_ends_a_session(app, visit):
    first = create_dashboard(app, auth=BasicAuth({"ann": (hashed_password("one"), "operator")}), secret="s" * 32)
    second = create_dashboard(app, auth=BasicAuth({"ann": (hashed_password("two"), "operator")}), secret="s" * 32)
    ann = visit(first)
    assert ann.post("/api/session", json={"user": "ann", "password": "one"}).json()["actor"] == "ann"
    assert ann.get("/api/runs").status_code == 200
    later = visit(second)
    later.cookies.update(ann.cookies)
    assert later.get("/api/runs").status_code == 401


def test_guesses_are_limited(app, visit):
    stranger = ("198.51.100.4", 50000)
    dashboard = create_dashboard(app, auth=TokenAuth({ADMIN: ("adam", "admin")}))
    guesses = visit(dashboard, client=stranger)
    codes = [guesses.get("/api/runs", headers={"Authorization": "Bearer guess"}).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert refusals(app, "login", f"anonymous@{stranger[0]}")
    assert visit(dashboard).get("/api/runs", headers={"Authorization": f"Bearer {ADMIN}"}).status_code == 200


def test_a_read_only_dashboard_refuses_verbs(app, visit, path):
    reader = visit(create_dashboard(app, read_only=True))
    assert (reader.begin()["read_only"], reader.get("/api/runs").status_code) == (True, 200)
    assert "read-only" in reader.post(path).json()["detail"]


def test_weak_settings_are_refused():
    for make in (
        lambda: TokenAuth({"short": ("ann", "admin")}),
        lambda: TokenAuth({}),
        lambda: BasicAuth({"ann": ("", "admin")}),
        lambda: BasicAuth({"ann": ("one", "king")}),
    ):
        with pytest.raises(InvalidSettings):
            make()
