"""Where the `graph` commands read graphs: what is no source is refused in one line."""

from __future__ import annotations

import json

import pytest

from orchestrator_celery import Orchestrator
from orchestrator_celery.cli.graphs.sources import SourceRefused, read_graph

from .apps import make_app

ORCHESTRATOR = Orchestrator.of(make_app("graph sources"))
FLOWS = """
from celery import signature
from orchestrator_celery import END, START, ConditionalGraph

print("loading")
adds = ConditionalGraph("adds").add_node("a", signature("add", args=(1,)))
adds.add_edge(START, "a").add_edge("a", END)
count = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, from which modules are imported."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("source", ["flows_here.py", "flows_here.py:adds", "flows_here:adds", "./flows_here.py:adds"])
def test_graphs_in_code_are_found(here, capsys, source):
    """Given a module in the current folder, then its graph is found, and what it prints is no part of the output."""
    (here / "flows_here.py").write_text(FLOWS)
    graph = read_graph(ORCHESTRATOR, source)
    assert (graph.label, graph.app) == ("adds", ORCHESTRATOR.app)
    assert capsys.readouterr().out == ""


def test_a_document_is_found(here, monkeypatch):
    """Given a document, then it is read as a file, also if the name has a colon."""
    (here / "flows_here.py").write_text(FLOWS)
    document = read_graph(ORCHESTRATOR, "flows_here.py").to_dict()
    (here / "a:b").write_text(json.dumps(document))
    assert read_graph(ORCHESTRATOR, "a:b").to_dict() == document


@pytest.mark.parametrize(
    "source, code, told",
    [
        ("flows.py:x", "import sys\nsys.exit(3)", "cannot be imported: SystemExit: 3 (flows.py, line 2)\nHint: "),
        ("flows.py:x", "def f():\n  1/0\nf()", "ZeroDivisionError: division by zero (flows.py, line 2)\nHint: "),
        ("flows.py", "def (", "cannot be imported: SyntaxError: "),
        ("flows.py:count", FLOWS, "flows.py:count is no ConditionalGraph. It has flows.py:adds."),
        ("flows.py:nothing", FLOWS, "flows.py:nothing names nothing in flows.py. It has flows.py:adds."),
        ("flows.py", FLOWS + "more = ConditionalGraph()", "which graph. It has flows.py:adds, flows.py:more."),
        ("flows.py", "x = 1", "flows.py does not say which graph. It has no graph."),
        ("no.such:graph", "", "cannot be imported: ModuleNotFoundError: No module named 'no'\nHint: "),
        ("other.py:graph", "", "cannot be imported: FileNotFoundError"),
        ("..:graph", "", "cannot be imported: "),
        (":graph", "", "cannot be imported: "),
        ("nowhere.json", "", "There is no file nowhere.json.\nHint: a saved graph of this name is saved:nowhere.json"),
        ("orders/eu", "", "There is no file orders/eu.\nHint: a saved graph of this name is saved:orders/eu"),
        ("evil\x1b[2J.json", "", r"There is no file evil\x1b[2J.json."),
        (".", "", ". cannot be read: "),
        ("flows.json", "[1]", "flows.json is not the document of a graph"),
        ("flows.json", '{"version": 9}', "flows.json cannot be read: version=9 of a graph's document is unknown"),
        ("flows.json", '{"version": 1, "nodes": [3]}', "flows.json cannot be read: 3 is not allowed in 'nodes'"),
        ("flows.json", "{", "is not JSON"),
        ("flows.json", "[" * 100_000, "is not JSON"),
        ("flows.json", "\x00\ud800", "flows.json cannot be read: "),
    ],
)
def test_what_is_no_source_is_refused(here, source, code, told):
    """Given a file or module without such a graph, then the error says why, and which graphs there are."""
    file = here / ("flows.json" if source == "flows.json" else "flows.py")
    file.write_bytes(code.encode("utf-8", "surrogatepass"))
    with pytest.raises(SourceRefused) as refused:
        read_graph(ORCHESTRATOR, source)
    assert told in refused.value.message
    assert refused.value.exit_code == 2
    has_hint = any(words in refused.value.message for words in ("cannot be imported", "There is no file"))
    assert len(refused.value.message.splitlines()) == 1 + has_hint
