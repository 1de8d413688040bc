"""What a template is: a function that makes a graph, and, read off its signature, the model of its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from celery import Celery
    from typing_extensions import Unpack

    from orchestrator_celery.canvas.templates.draft import Where

__all__ = ("TemplateInfo", "build", "catalog", "template")

P = ParamSpec("P")

#: An argument in a docstring, with what is said of it.
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


class TemplateInfo(NamedTuple):
    """A template as it is listed.

    Args:
        name: of its function, and for `build`.
        summary: in one sentence.
        parameters: JSON Schema of what `build` takes.
    """

    name: str
    summary: str
    parameters: dict[str, Any]


class _Template(NamedTuple):
    function: Callable[..., ConditionalGraph]
    model: type[BaseModel]

    def __call__(self, given: Mapping[str, Any], app: Any, where: Mapping[str, Any]) -> ConditionalGraph:
        try:
            read = self.model.model_validate(dict(given), context={"app": app})
        except ValidationError as error:
            raise InvalidWorkflow(_explain(self.function.__name__, error)) from None
        return self.function(**{name: getattr(read, name) for name in self.model.model_fields}, **where)


_TEMPLATES: dict[str, _Template] = {}


def template(function: Callable[P, ConditionalGraph]) -> Callable[P, ConditionalGraph]:
    """Make a template of a function: its arguments are read by a model that has the function's own parameters.

    Whatever goes by keyword is a parameter, and described by the docstring; `**where` is where it is put.
    """
    known = _TEMPLATES[function.__name__] = _Template(function, _model(function))
    declared = signature(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> ConditionalGraph:
        try:
            given = declared.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{function.__name__}(): {error}.") from None
        where = given.pop("where", {})
        return known(given, None, where)

    return checked


def catalog() -> tuple[TemplateInfo, ...]:
    """All templates, with what a form for each has to ask."""
    return tuple(
        TemplateInfo(name, _summary(known.function), known.model.model_json_schema())
        for name, known in sorted(_TEMPLATES.items())
    )


def build(
    name: str, parameters: Mapping[str, Any], /, *, app: Celery | None = None, **where: Unpack[Where]
) -> ConditionalGraph:
    """Make a graph of a template's name and plain JSON, as an editor does.

    Args:
        name: of the template.
        parameters: as its schema says: signatures are objects, expressions lists.
        app: of the signatures; None: the current one.
        **where: where it is put, as for the template's function.

    Raises:
        InvalidWorkflow: there is no such template, or a parameter is not what it should be; each is named.
    """
    if name not in _TEMPLATES:
        raise InvalidWorkflow(f"There is no template {name!r}: there are {', '.join(sorted(_TEMPLATES))}.")
    return _TEMPLATES[name](parameters, app, where)


def _model(function: Callable[..., Any]) -> type[BaseModel]:
    said = {name: _sentence(text) for name, text in _ARGUMENT.findall(cleandoc(function.__doc__ or ""))}
    fields: dict[str, Any] = {}
    for parameter in signature(function).parameters.values():
        if parameter.kind is not Parameter.VAR_KEYWORD:
            default = ... if parameter.default is Parameter.empty else parameter.default
            fields[parameter.name] = (parameter.annotation, Field(default, description=said.get(parameter.name)))
    config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    model: type[BaseModel] = create_model(
        function.__name__, __config__=config, __module__=function.__module__, **fields
    )
    model.__doc__ = _summary(function)  # the first Pydantic 2 takes it for a field
    return model


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words[:1].upper() + words[1:]


def _summary(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").split("\n", 1)[0]


def _explain(name: str, error: ValidationError) -> str:
    found = []
    for one in error.errors():
        place = ".".join(map(str, one["loc"]))
        reason = one["ctx"]["error"] if one["type"] == "value_error" else one["msg"]
        found.append(f"{place}: {reason}" if place else str(reason))
    return f"{name}() cannot make a graph of this. {'; '.join(found)}."
