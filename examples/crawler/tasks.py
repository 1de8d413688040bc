"""A crawler over imports: each module it reads adds those it imports to the swarm it is an item of."""

import ast
import sysconfig
from importlib.util import resolve_name
from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def read(name):
    """Read one module; returns its name, its lines of code and what it imports; None if it was read before."""
    if not is_first(name):
        return None
    path = source(name)
    if path is None:
        return [name, 0, []]  # built in, or not of the standard library
    text = path.read_text(encoding="utf-8")
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = sorted(set(imports(ast.parse(text), package)))
    current_node().swarm.add_tasks_bulk(read.s(module) for module in found)
    return [name, len(text.splitlines()), found]


def source(name):
    """The file of a module of the standard library."""
    place = Path(sysconfig.get_path("stdlib"), *name.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.exists()), None)


def imports(tree, package):
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            yield resolve_name("." * part.level + (part.module or ""), package)


def is_first(name):
    """Whether this item is the one that reads a module, in this run: several may have added it.

    It asks by its own place, so that a body that runs again after a crash is still the one.
    """
    node = current_node()
    key = f"crawler:{node.run_id}"
    app.backend.client.hsetnx(key, name, node.id)
    app.backend.client.expire(key, 3600)
    return app.backend.client.hget(key, name).decode() == node.id
