"""Prints the graphs of all examples as JSON, a document a line: `python -m tests.kit.example_graphs`.

A process of its own, because each example has a module `tasks`.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

from orchestrator_celery import ConditionalGraph

ROOT = Path(__file__).parents[2]


def example_documents():
    """The documents, by a process of its own; a list of pairs of the example's name and the document."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kit.example_graphs"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def graphs_of(path):
    """The graphs that a module of an example builds."""
    names = {"__name__": "example"}
    for part in ast.parse(path.read_text()).body:
        # What starts runs and what serves stays away; a function that builds a graph is called.
        if isinstance(part, ast.Import | ast.ImportFrom | ast.FunctionDef) or (
            isinstance(part, ast.Assign)
            and any(word in ast.unparse(part) for word in ("templates.", "ConditionalGraph("))
        ):
            exec(compile(ast.Module([part], []), str(path), "exec"), names)
    values = list(names.values())
    values += [each for value in values if isinstance(value, dict) for each in value.values()]
    if "stages" in names:
        values.append(names["stages"]({"who": 'Ada "the first"', "what": "a\nbook", "amount": 3}))
    if "order" in names:
        values.append(names["order"]("book"))
    return [value for value in values if isinstance(value, ConditionalGraph)]


def main():
    """Print them all."""
    for path in sorted((ROOT / "examples").glob("*/*.py")):
        text = path.read_text()
        if "ConditionalGraph(" in text or "templates." in text:
            sys.modules.pop("tasks", None)
            sys.path.insert(0, str(path.parent))
            graphs = graphs_of(path)
            assert graphs, path
            for graph in graphs:
                assert ConditionalGraph.from_dict(graph.to_dict()) == graph, path
                print(json.dumps([path.parent.name, graph.to_dict()]))


if __name__ == "__main__":
    main()
