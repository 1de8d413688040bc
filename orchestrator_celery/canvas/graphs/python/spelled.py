"""An expression of a module together with the value that it builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any, NamedTuple

from orchestrator_celery.canvas.graphs.python.layout import Bracket, Code, Pair
from orchestrator_celery.canvas.graphs.python.literals import called, literal
from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("Spelled", "built", "constant", "listed", "mapped")


class Spelled(NamedTuple):
    """Code and the value that it builds.

    Both come from the same calls. So the writer compares the value with the definition, and never runs the code.
    """

    code: Code
    value: Any


def constant(value: Any) -> Spelled:
    """Spell a plain value."""
    return Spelled(literal(value), value)


def listed(parts: list[Spelled]) -> Spelled:
    """Spell a list."""
    return Spelled(Bracket(tuple(part.code for part in parts)), [part.value for part in parts])


def mapped(parts: Mapping[str, Spelled]) -> Spelled:
    """Spell a mapping."""
    pairs = (Pair(literal(key), part.code) for key, part in parts.items())
    return Spelled(Bracket(tuple(pairs), "{}"), {key: part.value for key, part in parts.items()})


def built(path: str, function: Callable[..., Any], /, *arguments: Spelled, **keywords: Spelled) -> Spelled:
    """Spell a call, and make it.

    Args:
        path: the function in the module: a name, or a name with an attribute.
        function: the function itself.
        *arguments: its positional arguments.
        **keywords: its keyword arguments.

    Raises:
        InvalidWorkflow: a keyword is no name of Python.
    """
    if wrong := [key for key in keywords if not (key.isascii() and key.isidentifier()) or iskeyword(key)]:
        raise InvalidWorkflow(f"{wrong[0]!r} cannot be written as a keyword argument: pass it in a mapping.")
    code = called(path, *(part.code for part in arguments), **{key: part.code for key, part in keywords.items()})
    value = function(*(part.value for part in arguments), **{key: part.value for key, part in keywords.items()})
    return Spelled(code, value)
