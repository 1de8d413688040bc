"""A crawler over imports: each item reads one module and adds the modules that it imports to its own swarm."""

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
    """Read one module; return its name, its number of lines and its imports, or None if another item reads it."""
    if not is_first(name):
        return None
    path = source(name)
    if path is None:
        return [name, 0, []]  # built in, or not part of the standard library
    text = path.read_text(encoding="utf-8")
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = sorted(set(imports(ast.parse(text), package)))
    current_node().swarm.add_tasks_bulk(read.s(module) for module in found)
    return [name, len(text.splitlines()), found]


def source(name):
    """Return the file of a module of the standard library, or None."""
    place = Path(sysconfig.get_path("stdlib"), *name.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.exists()), None)


def imports(tree, package):
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            yield resolve_name("." * part.level + (part.module or ""), package)


def is_first(name):
    """Return whether this item reads the module; several items of the run may have added it.

    The node's id decides, not the attempt: if the task runs again after a crash, it still reads the module.
    """
    node = current_node()
    key = f"crawler:{node.run_id}"
    app.backend.client.hsetnx(key, name, node.id)
    app.backend.client.expire(key, 3600)
    return app.backend.client.hget(key, name).decode() == node.id
