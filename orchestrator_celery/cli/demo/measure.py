"""Measures one Python source file by its syntax tree."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

__all__ = ("Function", "Measure", "Unreadable", "measure_file", "source_files", "stdlib")

#: Folders below the standard library that contain installed packages.
FOREIGN = frozenset({"site-packages", "dist-packages", "__pycache__"})


class Unreadable(Exception):
    """The interpreter cannot parse a source file: it refuses the syntax or the encoding."""


class Function(TypedDict):
    """A function, the line where it begins, and its length."""

    name: str
    line: int
    lines: int


class Measure(TypedDict):
    """The counts of one file. It is plain JSON because it is a task's result."""

    name: str
    lines: int
    functions: int
    classes: int
    branches: int
    imports: list[str]
    longest: Function | None


def stdlib() -> Path:
    """Return the folder of the running interpreter's standard library."""
    return Path(sysconfig.get_path("stdlib"))


def source_files(root: Path) -> list[str]:
    """Return the sorted names of all Python files below `root`, relative to it, without installed packages."""
    names = (path.relative_to(root) for path in root.rglob("*.py"))
    return sorted(name.as_posix() for name in names if FOREIGN.isdisjoint(name.parts))


def measure_file(path: Path, name: str | None = None) -> Measure:
    """Parse a file and count its lines, functions, classes, branches and imports.

    Args:
        path: The file.
        name: The name in the measure; by default the path.

    Raises:
        Unreadable: The file cannot be parsed. The message contains the line and the reason.
    """
    source = path.read_bytes()
    nodes = list(ast.walk(_parse(source, name or str(path))))
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return Measure(
        name=name or str(path),
        lines=len(source.splitlines()),
        functions=len(functions),
        classes=sum(isinstance(node, ast.ClassDef) for node in nodes),
        branches=sum(map(_branches, nodes)),
        imports=sorted({module for node in nodes for module in _imported(node)}),
        longest=max(map(_function, functions), key=lambda function: function["lines"], default=None),
    )


def _parse(source: bytes, name: str) -> ast.Module:
    with warnings.catch_warnings():
        # Warnings about the measured files, such as invalid escapes, do not matter here.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except SyntaxError as exc:
            raise Unreadable(f"{name}, line {exc.lineno}: {exc.msg}") from None
        except (ValueError, RecursionError) as exc:
            raise Unreadable(f"{name}: {exc}") from None


def _branches(node: ast.AST) -> int:
    """Count the decision points of a node, as cyclomatic complexity does."""
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    decisions = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
    return int(isinstance(node, decisions))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    return Function(name=node.name, line=node.lineno, lines=(node.end_lineno or node.lineno) - node.lineno + 1)
