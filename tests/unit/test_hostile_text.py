"""Names, notes, messages and URLs of others in errors, views, reprs and on the command line: never raw, never a password."""

from __future__ import annotations

import traceback
import unicodedata
from datetime import datetime, timezone
from typing import Any, get_origin

import pytest
from celery import Celery
from pydantic import BaseModel

from orchestrator_celery import (
    Approval,
    ComplexSignature,
    ConditionalGraph,
    InvalidSettings,
    Orchestrator,
    OrchestratorError,
    OrchestratorSettings,
    StoredSignature,
    Swarm,
    errors,
)
from orchestrator_celery.canvas.retry import Retry
from orchestrator_celery.cli import lists
from orchestrator_celery.cli.output import as_json, table
from orchestrator_celery.cli.tree_text import tree_lines
from orchestrator_celery.model import answers, audit, problems, reports, views

from .apps import make_app

APP = make_app()
A = APP.tasks["a"]
NASTY = "x\x1b]0;owned\x07\r\nFORGED \x9b2J\u202e\u2028 redis://:s3cret@db:6379/0"
SIGNATURE = APP.signature(NASTY, (NASTY,))


def unsafe(text: str, lines: bool = False) -> list[str]:
    """What of a text must not go to a terminal."""
    bad = [c for c in text if unicodedata.category(c) in ("Cc", "Zl", "Zp") and not (lines and c == "\n")]
    return bad + [word for word in ("s3cret", "\u202e") if word in text]


@pytest.mark.parametrize("cls", [getattr(errors, name) for name in errors.__all__])
def test_no_error_shows_raw_text(cls):
    """Given text of others in any error, then it is escaped, and a password is hidden, in words and arguments."""
    error = cls(NASTY)
    lines = cls is errors.GraphInvalid
    assert unsafe(str(error), lines) == []
    assert unsafe(repr(error), lines) == []
    assert unsafe("".join(str(one) for one in error.args if isinstance(one, str)), lines) == []


def test_a_problem_of_a_graph_is_one_line():
    """Given a node's name with line breaks, then each problem stays one line of the error."""
    error = errors.GraphInvalid.of(NASTY, [problems.Problem(NASTY, NASTY, NASTY)])
    assert len(str(error).splitlines()) == 2
    assert unsafe(str(error), lines=True) == []


CALLS = {
    "a misspelt option": lambda: Swarm([A.s()], **{NASTY + "max_failure": 1}).set(max_failure=NASTY, nmae=NASTY),
    "a name of a graph": lambda: ConditionalGraph(NASTY, app=APP).apply_async(),
    "a node's name": lambda: ConditionalGraph("g").add_node(NASTY, 5),
    "a node without ways": lambda: ConditionalGraph("g", app=APP).add_node(NASTY, SIGNATURE).apply_async(),
    "an edge": lambda: ConditionalGraph("g").add_edge(NASTY, 7),
    "a body": lambda: ConditionalGraph("g").add_node("a", NASTY),
    "a join": lambda: ConditionalGraph("g").add_node("a", SIGNATURE, join=NASTY),
    "an approval": lambda: Approval(on_timeout=NASTY, timeout=1),
    "a retry": lambda: Retry(2, on=[NASTY, 5]),
    "a bound": lambda: Swarm([A.s()], max_concurrency=NASTY),
    "items": lambda: Swarm([NASTY]),
    "an item": lambda: Swarm([A.s()]).add_task(NASTY),
    "a priority": lambda: Swarm([A.s()]).add_task(A.s(), priority=NASTY),
    "a tag": lambda: Swarm([A.s()], tags=NASTY),
    "a deadline": lambda: Swarm([A.s()], deadline=NASTY),
    "a bulk": lambda: Swarm([A.s()], app=APP).add_tasks_bulk([NASTY, SIGNATURE]),
    "a workflow": lambda: ComplexSignature(NASTY),
    "a foreign signature": lambda: Orchestrator.of(APP).save(make_app(NASTY).signature(NASTY, app=make_app(NASTY))),
    "no orchestrator": lambda: Swarm([Celery(NASTY, set_as_current=False).signature("a")]).apply_async(),
    "a setting": lambda: OrchestratorSettings.read({"orchestrator_" + NASTY: 1, "orchestrator_window": NASTY}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_a_call_refuses_is_not_shown_raw(call):
    """Given text of others in an argument, then the error that refuses it is safe to print, with its causes."""
    with pytest.raises((OrchestratorError, ValueError)) as caught:
        call()
    shown = "".join(traceback.format_exception_only(caught.value)).rstrip("\n")
    assert unsafe(shown, lines=True) == []
    assert "FORGED" not in [line[:6] for line in shown.splitlines()]


# -- URLs ---------------------------------------------------------------------------------------------

#: A URL, and whether it may be used as `orchestrator_store_url` and as `result_backend`.
URLS = [
    "rpc://me:s3cret@host", "db+postgresql://me:s3cret@host/x", "mongodb://me:s3cret@host/x", "cache+memcached://s3cret@host",
    "nonsense://me:s3cret@host", "nonsense://s3cret@host", "Redis://:s3cret@host", "redis://:s3cret/x@host/0", "redis://:x/s3cret@host/0",
    "redis://:12/s3cret@host/0", "redis://:s3cret?x@host", "redis://me:s3cret@host:port/0", "rediss://:s3cret@host/0?ssl_cert_reqs=x",
    ":s3cret@host:6379", "me:s3cret@host", "s3cret", "redis:/:s3cret@host", "http://me:s3cret@host",
    "redis+cluster://:s3cret@127.0.0.1:1", "sentinel://:s3cret@a:b;sentinel://:s3cret@c",
]  # fmt: skip


def whole_story(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("place", ["orchestrator_store_url", "result_backend"])
def test_no_error_about_a_url_shows_its_password(url, place):
    """Given any URL that cannot be used, then neither the error nor one that stands behind it shows the password."""
    app = Celery("urls", set_as_current=False, broker="memory://")
    app.conf.update({"result_backend": "cache+memory://", place: url})
    try:
        client = Orchestrator(app).container.store.client
    except OrchestratorError as error:
        told = [line for line in whole_story(error).splitlines() if not line.startswith("    ")]
        assert "s3cret" not in "\n".join(told)
        assert "s3cret" not in str(error)
    else:
        assert "s3cret" not in repr(client.__class__)


@pytest.mark.parametrize(
    "value", [*URLS, [URLS[0]], {"url": URLS[0]}, URLS[0].encode(), ("s3cret",), b"s3cret"], ids=repr
)
def test_settings_do_not_show_a_password(value):
    """Given a store URL, right or wrong, then neither the settings' repr nor an error about them shows its password."""
    try:
        settings = OrchestratorSettings.read({"orchestrator_store_url": value, "orchestrator_max_resumes": 2})
    except InvalidSettings as error:
        assert "orchestrator_store_url" in str(error)
        assert "s3cret" not in whole_story(error)
    else:
        assert "s3cret" not in f"{settings!r}{settings}"


# -- views --------------------------------------------------------------------------------------------


def filled(kind: Any) -> Any:
    """A record with hostile text wherever text goes."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        given = {
            name: filled(field.annotation)
            for name, field in kind.model_fields.items()
            if field.is_required() or field.annotation in (str, views.AnswerView | None)
        }
        return kind.model_construct(**given)
    if kind is str:
        return NASTY
    if kind == views.AnswerView | None:
        return filled(views.AnswerView)
    if kind in (int, float):
        return kind(1)
    if get_origin(kind) is tuple:
        return ()
    return next(iter(kind)) if isinstance(kind, type) and issubclass(kind, str) else None


SPOKEN = [
    kind
    for module in (views, audit, answers, reports)
    for kind in vars(module).values()
    if isinstance(kind, type)
    and issubclass(kind, BaseModel)
    and kind.__module__ == module.__name__
    and "__str__" in vars(kind)
]


@pytest.mark.parametrize("kind", SPOKEN)
def test_a_view_as_text_is_safe(kind):
    """Given hostile text in every field, then a view's own words hold none of it raw."""
    shown = str(filled(kind))
    assert unsafe(shown, lines=kind is views.NodeView) == []
    assert "FORGED" not in [line.strip()[:6] for line in shown.splitlines()]


def test_a_tree_as_the_demo_draws_it_is_safe():
    """Given hostile names and messages, then a tree's lines are lines."""
    error = views.ErrorView(type=NASTY, message=NASTY, traceback=NASTY)
    view = views.NodeView(id="0", kind="task", name=NASTY, state="FAILED", error=error)
    assert [unsafe(line) for line in tree_lines(view)] == [[]]


def test_an_approval_on_the_command_line_is_one_line():
    """Given hostile names and a hostile message, then a list of approvals has a line each, as text; JSON means the same."""
    since = datetime(2030, 1, 1, tzinfo=timezone.utc)
    view = filled(views.ApprovalView).model_copy(update={"since": since, "until": None, "message": NASTY})
    assert unsafe(lists._approval_line(view)) == []
    assert unsafe(as_json([view]), lines=True) in ([], ["s3cret"])


def test_lists_and_trees_on_the_command_line_are_text(capsys):
    """Given hostile names, errors and messages, then a row of a table and a node of a tree are one line each."""
    table(("RUN", "NAME"), [(NASTY, NASTY)])
    header, row = capsys.readouterr().out.splitlines()
    assert unsafe(header) == unsafe(row) == []
    nodes = [filled(views.NodeView).model_copy(update={"name": NASTY, "id": NASTY, "children": ()}) for _ in range(2)]
    root = filled(views.NodeView).model_copy(update={"name": NASTY, "children": tuple(nodes), "callbacks": ()})
    lines = tree_lines(root)
    assert [unsafe(line) for line in lines] == [[]] * len(lines)


REPRS = {
    "Swarm": lambda: Swarm([SIGNATURE], name=NASTY),
    "ConditionalGraph": lambda: ConditionalGraph(NASTY),
    "ComplexSignature": lambda: ComplexSignature(SIGNATURE, name=NASTY),
    "StoredSignature": lambda: StoredSignature(NASTY, Orchestrator.of(APP)),
    "Run": lambda: Orchestrator.of(APP).result(NASTY),
    "Approval": lambda: Approval(message=NASTY),
}


@pytest.mark.parametrize("make", REPRS.values(), ids=REPRS)
def test_a_repr_is_one_line(make):
    """Given hostile names, then what a shell shows of an object is one line without control characters."""
    assert [bad for bad in unsafe(repr(make())) if bad != "s3cret"] == []


def test_drawings_are_safe():
    """Given hostile names of nodes and keys, then the drawings hold none of it raw."""
    graph = ConditionalGraph(NASTY).add_node(NASTY, SIGNATURE).add_conditional_edges(NASTY, {NASTY: NASTY})
    assert unsafe(graph.to_mermaid(), lines=True) == []
    assert unsafe(graph._repr_mimebundle_()["text/html"]) == []
