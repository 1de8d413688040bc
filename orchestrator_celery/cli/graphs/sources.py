"""Where the `graph` commands read graphs: documents, the standard input, Python code, and saved versions."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from celery.utils import imports
from celery.utils.imports import cwd_in_path, import_from_cwd

from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.errors import GraphNotFound, InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("SourceRefused", "json_of", "read_graph", "saved_version")

#: Stands before the name of a saved graph that is also the name of a file, or has a colon.
_SAVED = "saved:"

#: The name under which a file of Python is imported.
_FILE_MODULE = "orchestrator_graph_source"


class SourceRefused(click.ClickException):
    """A source names no graph: one line and perhaps a hint, and the exit status of a wrong command line."""

    exit_code = 2


def read_graph(found: Orchestrator, source: str) -> ConditionalGraph:
    """Return the graph that a source names, bound to the project's app.

    Args:
        found: the project's orchestrator.
        source: a file with a document, `-`, `package.module:name`, `file.py:name`, `file.py` with one graph, or a saved
            graph: `name`, `name@version`, or `saved:` before one of these if a file or a module has this name.

    Raises:
        SourceRefused: there is no such file, module or graph, or it cannot be read.
    """
    path, colon, name = source.rpartition(":")
    if (saved := saved_version(source)) is not None:
        graph = _from_catalog(found, source, *saved)
    elif source == "-":
        graph = _from_document(found, source, sys.stdin.read())
    elif not colon or Path(source).is_file():
        is_code = source.endswith(".py")
        graph = _from_code(source, source, "", _file(source)) if is_code else _from_file(found, source)
    elif colon and path.endswith(".py"):
        graph = _from_code(source, path, name, _file(path))
    else:
        graph = _from_code(source, path, name, lambda: import_from_cwd(path))
    return ConditionalGraph.from_dict(graph.to_dict(), app=found.app)


def saved_version(source: str) -> tuple[str, int | None] | None:
    """Return the name and the version of a source that is a saved graph; None for another source.

    >>> saved_version("orders@3"), saved_version("saved:a:b"), saved_version("proj.flows:orders")
    (('orders', 3), ('a:b', None), None)
    """
    if not source.startswith(_SAVED) and (source == "-" or ":" in source or _is_path(source)):
        return None
    name, at, number = source.removeprefix(_SAVED).rpartition("@")
    return (name, int(number)) if at and number.isdecimal() else (source.removeprefix(_SAVED), None)


def _is_path(source: str) -> bool:
    if "/" in source or source.endswith((".json", ".py")):
        return True
    try:
        return Path(source).exists()
    except OSError:  # too long for the name of a file
        return False


def _from_catalog(found: Orchestrator, source: str, name: str, version: int | None) -> ConditionalGraph:
    try:
        saved = found.graphs.get(name, version)
    except GraphNotFound:
        which = f"no version {version} of " if version is not None else "no file and no "
        raise _refusal(
            f"There is {which}saved graph {name!r}.",
            "Hint: `graph list` shows the saved graphs, `graph list NAME` versions.",
        ) from None
    return ConditionalGraph.from_dict(saved.document, app=found.app)


def json_of(text: str, hint: str) -> Any:
    """Return the value of a JSON text.

    Args:
        text: the text.
        hint: where it comes from, for the message.

    Raises:
        SourceRefused: the text is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise SourceRefused(printable(f"{hint}: {text[:40]!r} is not JSON: {exc}")) from None


def _from_file(found: Orchestrator, source: str) -> ConditionalGraph:
    try:
        text = Path(source).read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = f"Hint: a saved graph of this name is {_SAVED}{source}; `graph list` shows the saved graphs."
        raise _refusal(f"There is no file {source}.", hint) from None
    except (OSError, UnicodeError, ValueError) as exc:
        raise _refusal(f"{source} cannot be read: {exc}") from None
    return _from_document(found, source, text)


def _from_document(found: Orchestrator, source: str, text: str) -> ConditionalGraph:
    document = json_of(text, source)
    if not isinstance(document, dict):
        raise _refusal(f"{source} is not the document of a graph: `graph export` writes one.")
    try:
        return ConditionalGraph.from_dict(document, app=found.app)
    except InvalidWorkflow as exc:
        raise _refusal(f"{source} cannot be read: {exc}") from None


def _file(path: str) -> Callable[[], ModuleType]:
    """Return what imports a file of Python."""

    def load() -> ModuleType:
        spec = spec_from_file_location(_FILE_MODULE, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no file of Python")
        module = sys.modules[_FILE_MODULE] = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def _from_code(source: str, module: str, name: str, load: Callable[[], ModuleType]) -> ConditionalGraph:
    try:
        # What a module prints is no part of a document.
        with redirect_stdout(sys.stderr), cwd_in_path():
            loaded = load()
    except (Exception, SystemExit) as exc:
        raise _refusal(f"{source} cannot be imported: {_told(exc)}", _hint(module)) from None
    graphs = {key: value for key, value in vars(loaded).items() if isinstance(value, ConditionalGraph)}
    if name in graphs:
        return graphs[name]
    if not name and len(graphs) == 1:
        return next(iter(graphs.values()))
    if not name:
        what = "does not say which graph"
    else:
        what = "is no ConditionalGraph" if hasattr(loaded, name) else f"names nothing in {module}"
    known = f"It has {', '.join(f'{module}:{each}' for each in sorted(graphs))}." if graphs else "It has no graph."
    raise _refusal(f"{source} {what}. {known}")


def _told(exc: BaseException) -> str:
    """Return an error in one line, with the place in the module that raised it."""
    text = f"{type(exc).__name__}: {safe_str(exc)}".rstrip(".: ")
    frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if not frame.filename.startswith("<frozen")]
    machinery = (__file__, importlib.__file__, imports.__file__)
    own = [frame for frame in frames if frame.filename not in machinery]
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text


def _hint(module: str) -> str:
    command = f"python {module}" if module.endswith(".py") else f"python -c 'import {module}'"
    return f"Hint: `{command}` shows the traceback."


def _refusal(text: str, hint: str = "") -> SourceRefused:
    return SourceRefused(printable(text) + (f"\n{printable(hint)}" if hint else ""))
