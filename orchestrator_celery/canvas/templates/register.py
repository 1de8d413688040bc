"""The register of templates: each is a function that makes a graph, with a model of the function's parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.canvas.options import refuse_unknown
from orchestrator_celery.canvas.templates.draft import Where
from orchestrator_celery.errors import InvalidWorkflow

if TYPE_CHECKING:
    from celery import Celery
    from typing_extensions import Unpack

__all__ = ("TemplateInfo", "build", "catalog", "template")

P = ParamSpec("P")

#: An argument in a docstring, with its description.
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


class TemplateInfo(NamedTuple):
    """A template in the catalog.

    Args:
        name: the name of the template's function; `build` takes it too.
        summary: one sentence.
        parameters: the JSON Schema of the parameters that `build` takes.
    """

    name: str
    summary: str
    parameters: dict[str, Any]


class _Template(NamedTuple):
    function: Callable[..., ConditionalGraph]
    model: type[BaseModel]

    def __call__(self, parameters: Mapping[str, Any], app: Any, where: Mapping[str, Any]) -> ConditionalGraph:
        try:
            read = self.model.model_validate(dict(parameters), context={"app": app})
        except ValidationError as error:
            raise InvalidWorkflow(_explain(self.function.__name__, error)) from None
        return self.function(**{name: getattr(read, name) for name in self.model.model_fields}, **where)


_TEMPLATES: dict[str, _Template] = {}


def template(function: Callable[P, ConditionalGraph]) -> Callable[P, ConditionalGraph]:
    """Register a function as a template; a model with the function's parameters validates its arguments.

    Each keyword argument is a parameter, and the docstring describes it. `**where` is the place in a graph.
    """
    known = _TEMPLATES[function.__name__] = _Template(function, _model(function))
    declared = signature(function)
    names = {*declared.parameters} - {"where"} | Where.__optional_keys__

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> ConditionalGraph:
        refuse_unknown(function.__name__, kwargs, names)
        try:
            arguments = declared.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{function.__name__}(): {error}.") from None
        where = arguments.pop("where", {})
        return known(arguments, None, where)

    return checked


def catalog() -> tuple[TemplateInfo, ...]:
    """Return all templates, with the JSON Schemas of their parameters for forms."""
    return tuple(
        TemplateInfo(name, _summary(known.function), known.model.model_json_schema())
        for name, known in sorted(_TEMPLATES.items())
    )


def build(
    name: str, parameters: Mapping[str, Any], /, *, app: Celery | None = None, **where: Unpack[Where]
) -> ConditionalGraph:
    """Make a graph from a template's name and plain JSON, as an editor does.

    Args:
        name: the name of the template.
        parameters: the parameters as the schema describes them: signatures are objects, expressions are lists.
        app: the app of the signatures. None: the current app.
        **where: the place in a graph, as for the template's function.

    Raises:
        InvalidWorkflow: no template has the name, or a parameter is not allowed; the message names each parameter.
    """
    if name not in _TEMPLATES:
        raise InvalidWorkflow(f"There is no template {name!r}: use one of {', '.join(sorted(_TEMPLATES))}.")
    return _TEMPLATES[name](parameters, app, where)


def _model(function: Callable[..., Any]) -> type[BaseModel]:
    descriptions = {name: _sentence(text) for name, text in _ARGUMENT.findall(cleandoc(function.__doc__ or ""))}
    fields: dict[str, Any] = {}
    for parameter in signature(function).parameters.values():
        if parameter.kind is not Parameter.VAR_KEYWORD:
            default = ... if parameter.default is Parameter.empty else parameter.default
            description = descriptions.get(parameter.name)
            fields[parameter.name] = (parameter.annotation, Field(default, description=description))
    config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    model: type[BaseModel] = create_model(
        function.__name__, __config__=config, __module__=function.__module__, **fields
    )
    model.__doc__ = _summary(function)  # passed as `__doc__`, the earliest Pydantic 2 would take it for a field
    return model


def _sentence(text: str) -> str:
    words = " ".join(text.split())
    return words[:1].upper() + words[1:]


def _summary(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").split("\n", 1)[0]


def _explain(name: str, error: ValidationError) -> str:
    messages = []
    for detail in error.errors():
        place = ".".join(map(str, detail["loc"]))
        reason = detail["ctx"]["error"] if detail["type"] == "value_error" else detail["msg"]
        messages.append(f"{place}: {reason}" if place else str(reason))
    return f"{name}() cannot make a graph from these parameters. {'; '.join(messages)}."
