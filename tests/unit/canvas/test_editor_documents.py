"""The documents with which the tests of the graph editor work: those of all templates and examples, and random ones.

`python -m tests.unit.canvas.test_editor_documents` writes them anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from orchestrator_celery import ConditionalGraph, templates
from tests.kit.example_graphs import example_documents

from .test_templates import CALLS
from .written_graphs import Maker

FILE = Path(__file__).resolve().parents[3] / "orchestrator_celery/dashboard/frontend/src/editor/model/documents.json"
SEEDS = range(100)


def documents() -> list[dict[str, Any]]:
    """One document of each template, those of the examples, and those random ones that a browser can hold."""
    graphs: list[ConditionalGraph] = [templates.build(name, parameters) for name, parameters in CALLS.items()]
    texts = [json.dumps(graph.to_dict(), default=repr) for graph in [*graphs, *(Maker(seed).graph() for seed in SEEDS)]]
    texts += [json.dumps(document) for _, document in example_documents()]
    return [json.loads(text) for text in texts if not re.search(r"NaN|Infinity|\d{17}", text)]


def test_the_editor_is_tested_with_documents_of_today() -> None:
    """Given the templates and the form of documents as they are, then the editor's tests have them."""
    assert json.loads(FILE.read_text("utf-8")) == documents(), "run python -m tests.unit.canvas.test_editor_documents"


if __name__ == "__main__":
    FILE.write_text(json.dumps(documents(), separators=(",", ":")) + "\n", encoding="utf-8")
