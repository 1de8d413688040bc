"""Writes a graph as a Python module: imports, then one block of statements for each graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator_celery.canvas.graphs.documents import document_of
from orchestrator_celery.canvas.graphs.equality import same, with_defaults
from orchestrator_celery.canvas.graphs.python.entries import edge_call, node_call, retry_code
from orchestrator_celery.canvas.graphs.python.layout import WIDTH, Code, laid_out
from orchestrator_celery.canvas.graphs.python.literals import called, name
from orchestrator_celery.canvas.graphs.python.signatures import seconds, spelled_options
from orchestrator_celery.canvas.graphs.python.spelled import Spelled, built, constant
from orchestrator_celery.canvas.graphs.python.variables import IMPORTS, Names
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from orchestrator_celery.canvas.graphs.graph import ConditionalGraph

__all__ = ("module_of",)

_DOCSTRING = '"""A graph: `celery orchestrator graph import` saves it, `graph run` starts it."""'


class Statement(NamedTuple):
    """A statement: an assignment, or a call if there is no variable."""

    variable: str | None
    code: Code

    def lines(self) -> list[str]:
        """Return the statement as it stands in the module."""
        first = "" if self.variable is None else f"{self.variable} = "
        head, *rest = laid_out(self.code, 0, len(first))
        return [first + head, *rest]


def module_of(graph: ConditionalGraph, variable: str) -> str:
    """Write a module that builds an equal graph as one of its variables.

    Args:
        graph: the graph.
        variable: the name of the variable.

    Raises:
        InvalidWorkflow: the name is no variable's, or a value in the graph cannot be written as Python.
    """
    module = _Module(Names(variable))
    try:
        module.write(graph, variable)
    except RecursionError:
        raise InvalidWorkflow("The graph cannot be written as Python: its parts are nested too deeply.") from None
    return module.text()


class _Module:
    """The blocks of one module."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._blocks: list[list[Statement]] = []

    # -- variables, as the signatures use them --------------------------------------------------------

    def graph(self, graph: Any, hint: str) -> Spelled:
        """Write a nested graph as a variable of its own."""
        variable = self.reserve(hint)
        return Spelled(name(variable), self.write(graph, variable))

    def reserve(self, hint: str) -> str:
        """Return a new name for a variable."""
        return self._names.new(hint)

    def block(self, statements: list[tuple[str | None, Code]]) -> None:
        """Write statements before the graph that uses them."""
        self._blocks.append([Statement(*statement) for statement in statements])

    def mark(self) -> int:
        """Return the number of blocks, for `back_to`."""
        return len(self._blocks)

    def back_to(self, mark: int) -> None:
        """Take back the blocks that were written since."""
        del self._blocks[mark:]

    # -- writing --------------------------------------------------------------------------------------

    def write(self, graph: ConditionalGraph, variable: str) -> ConditionalGraph:
        """Write the block of a graph, after the blocks of its parts; return the graph that the block builds."""
        statements, copy = self._head(graph, variable)
        entries = [*((node_call, entry) for entry in graph.nodes), *((edge_call, entry) for entry in graph.edges)]
        for write, entry in entries:
            method, arguments = write(entry, copy, self)
            statements.append(Statement(None, called(f"{variable}.{method}", *arguments)))
        self._blocks.append(statements)
        return copy

    def _head(self, graph: ConditionalGraph, variable: str) -> tuple[list[Statement], ConditionalGraph]:
        """Write the statements that build the graph without nodes and edges."""
        empty = {**document_of(graph), "nodes": [], "edges": []}
        mark = self.mark()
        try:
            statements, copy = self._constructed(graph, variable)
            if same(with_defaults(document_of(copy)), with_defaults(empty)):
                return statements, copy
        except Exception:  # the constructor does not take these options
            pass
        self.back_to(mark)
        head = built("ConditionalGraph.from_dict", type(graph).from_dict, constant(empty))
        return [Statement(variable, head.code)], head.value

    def _constructed(self, graph: ConditionalGraph, variable: str) -> tuple[list[Statement], ConditionalGraph]:
        document = document_of(graph)
        label = [constant(document["name"])] if document.get("name") else []
        head = built("ConditionalGraph", type(graph), *label, **self._settings(document, graph, variable))
        statements, copy = [Statement(variable, head.code)], head.value
        args, kwargs = graph._partial_args
        if args or kwargs:
            given = built(
                f"{variable}.clone", copy.clone, constant(tuple(args)), *([constant(kwargs)] if kwargs else [])
            )
            statements, copy = [*statements, Statement(variable, given.code)], given.value
        if graph.immutable:
            changed = built(f"{variable}.set", copy.set, immutable=constant(True))
            statements.append(Statement(None, changed.code))
        return statements, copy

    def _settings(self, document: Mapping[str, Any], graph: ConditionalGraph, hint: str) -> dict[str, Spelled]:
        found: dict[str, Spelled] = {}
        full = with_defaults(document)
        if full["max_visits"] != with_defaults({})["max_visits"]:
            found["max_visits"] = constant(full["max_visits"])
        if document.get("retry"):
            found["retry"] = retry_code(full["retry"])
        if document.get("deadline"):
            found["deadline"] = seconds(document["deadline"])
        found.update({field: constant(document[field]) for field in ("category", "tags") if document.get(field)})
        return {**found, **spelled_options(document.get("options", {}), self, hint)}

    # -- text -----------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the text of the module."""
        blocks = ["\n".join(line for statement in block for line in statement.lines()) for block in self._blocks]
        return "\n\n".join([_DOCSTRING, *self._imports(), *blocks]) + "\n"

    def _imports(self) -> Iterator[str]:
        used = {found for block in self._blocks for statement in block for found in statement.code.names()}
        lines = {
            module: _import(module, [each for each in names if each in used])
            for module, names in IMPORTS.items()
            if used.intersection(names)
        }
        standard = [line for module, line in lines.items() if module in ("datetime", "decimal", "uuid")]
        others = [line for module, line in lines.items() if module not in ("datetime", "decimal", "uuid")]
        yield from ("\n".join(part) for part in (standard, others) if part)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    return (
        line if len(line) <= WIDTH else "\n".join([f"from {module} import (", *(f"    {each}," for each in names), ")"])
    )
