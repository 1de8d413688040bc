"""Saved views: one's own and shared ones, two people at once, roles, limits, the audit trail."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator_celery import InvalidView, OrchestratorError, ViewChanged, acting
from orchestrator_celery.dashboard import TokenAuth, create_dashboard
from orchestrator_celery.store.catalogs.saved_views import MOST_VIEWS
from tests.dashboard.conftest import ELSEWHERE

TOKENS = {"ada": "ada-" + "a" * 20, "bob": "bob-" + "b" * 20, "vera": "vera-" + "v" * 20, "root": "root-" + "r" * 20}
ROLES = {"ada": "operator", "bob": "operator", "vera": "viewer", "root": "admin"}


@pytest.fixture
def people(app, visit):
    """Logs people in; each test has its own four."""
    mark = uuid.uuid4().hex[:8]
    auth = TokenAuth({token: (f"{name}-{mark}", ROLES[name]) for name, token in TOKENS.items()})
    dashboard = create_dashboard(app, auth=auth)

    def log_in(name):
        person = visit(dashboard, base_url="https://ops.example", client=ELSEWHERE)
        assert person.post("/api/session", json={"token": TOKENS[name]}).status_code == 200
        person.begin()
        person.actor = f"{name}-{mark}"
        return person

    log_in.mark = mark
    return log_in


def names(person, *, shared):
    return [view["name"] for view in person.read("views") if view["shared"] is shared]


def test_a_view_is_seen_by_its_owner_or_by_all(people, app):
    ada, bob, name = people("ada"), people("bob"), people.mark
    saved = ada.call("views", name=name, filter="status:FAILED  tag:eu ", columns=["name", "tags"])
    assert (saved["version"], saved["owner"], saved["filter"]) == (1, ada.actor, "status:FAILED  tag:eu")
    assert saved["columns"] == ["name", "tags"]
    assert names(ada, shared=False) == [name]
    assert name not in names(bob, shared=False)
    ada.call("views", name=name, filter="tag:us", shared=True)
    assert name in names(bob, shared=True)
    assert (bob.post("/api/views/delete", json={"name": name, "base": 1})).status_code == 409, "bob has none"
    assert ada.post("/api/views/delete", json={"name": name, "base": 1}).status_code == 204
    assert names(ada, shared=False) == []
    trail = [(entry.verb, entry.reason, entry.refused) for entry in app.orchestrator.audit(actor=ada.actor)]
    assert trail == [("delete_view", "own", False), ("save_view", "shared", False), ("save_view", "own", False)]
    with acting(ada.actor):
        assert app.orchestrator.views.delete(name, shared=True)
        assert not app.orchestrator.views.delete(name, shared=True)


def test_the_second_of_two_people_is_told(people, app):
    """Given a view that two people have read, when both change it, then the first wins and the second loses nothing."""
    ada, bob, name = people("ada"), people("bob"), people.mark
    ada.call("views", name=name, filter="tag:a", shared=True)
    assert ada.call("views", name=name, filter="tag:b", shared=True, base=1)["version"] == 2
    late = ada.refused("views", name=name, filter="tag:c", shared=True, base=1)
    assert (late["status"], late["error"]) == (409, "ViewChanged")
    assert "filter: tag:b" in late["detail"]
    assert ada.refused("views", name=name, filter="tag:c", shared=True, base=0)["status"] == 409, "the name is taken"
    assert ada.refused("views/delete", name=name, shared=True, base=1)["status"] == 409
    refused = [entry.verb for entry in app.orchestrator.audit(actor=ada.actor) if entry.refused]
    assert refused == ["delete_view", "save_view", "save_view"]
    assert bob.refused("views", name=name, filter="tag:c", shared=True, base=2)["status"] == 403
    assert people("root").call("views", name=name, filter="tag:c", shared=True, base=2)["owner"] == ada.actor


def test_one_of_many_at_once_wins(app):
    name = uuid.uuid4().hex

    def save(number):
        try:
            with acting(f"p{number}"):
                return app.orchestrator.views.save(name, f"tag:{number}", shared=True, base=0)
        except ViewChanged:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [view for view in pool.map(save, range(8)) if view]
    [view] = [view for view in app.orchestrator.views if view.name == name]
    assert won == [view]
    assert (view.owner, view.version) == (f"p{view.filter.removeprefix('tag:')}", 1)
    assert app.orchestrator.views.delete(name, shared=True, base=1)


def test_roles_and_the_read_only_switch(people, app, visit):
    vera = people("vera")
    assert vera.call("views", name="mine")["shared"] is False
    assert vera.refused("views", name="ours", shared=True)["status"] == 403
    refused = [entry for entry in app.orchestrator.audit(actor=vera.actor, verb="share_view") if entry.refused]
    assert "operator" in refused[0].outcome
    reader = visit(create_dashboard(app, read_only=True))
    reader.begin()
    assert "read-only" in reader.refused("views", name="mine")["detail"]


def test_what_is_not_allowed(app):
    views = app.orchestrator.views
    for wrong in ({"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "x" * 61}, {"name": "n", "columns": ["\n"]}):
        with pytest.raises(InvalidView, match="printable"):
            views.save(**wrong)
    with pytest.raises(OrchestratorError, match="did you mean 'status'"):
        views.save("n", "statuss:FAILED")
    with acting(f"many-{uuid.uuid4().hex}"):
        for number in range(MOST_VIEWS):
            views.save(f"v{number}")
        with pytest.raises(InvalidView, match="which is the most"):
            views.save("one more")
        assert views.save("v7", "tag:x", base=1).version == 2, "a full list can be changed"
        assert len([view for view in views if not view.shared]) == MOST_VIEWS
