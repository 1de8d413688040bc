"""The types of template parameters: each reads Python values and JSON values, and has a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Annotated, Any, TypeAlias

from celery.canvas import Signature
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.conditions.language import Expression, result
from orchestrator_celery.canvas.graphs.graph import ConditionalGraph
from orchestrator_celery.canvas.graphs.graph_definition import restored
from orchestrator_celery.canvas.retry import Errors, error_names
from orchestrator_celery.errors import InvalidWorkflow
from orchestrator_celery.model.printing.safe_text import safe_repr

__all__ = ("Body", "Cases", "Level", "OnErrors", "OnTimeout", "Seconds", "Stage", "Target", "Value")


def _as_validator(read: Callable[[Any, ValidationInfo], Any]) -> Callable[[Any, ValidationInfo], Any]:
    """Turn InvalidWorkflow into ValueError, so that pydantic collects all errors and reports them together."""

    @wraps(read)
    def validate(value: Any, info: ValidationInfo) -> Any:
        try:
            return read(value, info)
        except InvalidWorkflow as error:
            raise ValueError(str(error)) from None

    return validate


@_as_validator
def _body(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Approval):
        raise ValueError(
            "an Approval needs paths for its decisions: use approval_gate, or add it to the graph yourself"
        )
    if isinstance(value, Signature):
        return value
    app = (info.context or {}).get("app")
    if isinstance(value, dict) and "version" in value:
        return ConditionalGraph.from_dict(value, app)
    if not isinstance(value, dict) or not isinstance(value.get("task"), str):
        raise ValueError(f"{safe_repr(value)} is not a signature: give task.s(...), a canvas of signatures or a graph")
    return restored({"signature": value}, app)["signature"]


@_as_validator
def _target(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and value:
        return value
    return _body(value, info)


@_as_validator
def _value(value: Any, _: ValidationInfo) -> Any:
    if isinstance(value, str) and value:
        return result[value]
    if isinstance(value, list):
        return Expression(value)
    if not isinstance(value, Expression):
        raise ValueError(
            f"{safe_repr(value)} is not an expression: give result['field'], for example, or the field's name"
        )
    return value


@_as_validator
def _errors(value: Any, _: ValidationInfo) -> Any:
    return error_names(value)


_SIGNATURE = {
    "type": "object",
    "format": "signature",
    "description": "A Celery signature: `task`, and optionally `args`, `kwargs`, `options`, `immutable`; also a graph.",
    "properties": {"task": {"type": "string"}},
}
_NODE = {"type": "string", "format": "node", "description": "An existing node, or __end__."}
_TARGET = {"anyOf": [_SIGNATURE, _NODE]}
_FIELD = {"type": "string", "format": "field", "description": "A field of the result."}
_EXPRESSION = {"type": "array", "format": "expression", "description": 'Such as ["item", ["result"], "score"].'}
_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}

#: The body of a node: any signature, also another graph.
Body: TypeAlias = Annotated[Any, PlainValidator(_body), WithJsonSchema(_SIGNATURE)]
#: The target of a path: a body for a new node, the name of an existing node, or END.
Target: TypeAlias = Annotated[Any, PlainValidator(_target), WithJsonSchema(_TARGET)]
#: An expression such as `result["score"]`; a string is the name of a field of the result.
Value: TypeAlias = Annotated[Any, PlainValidator(_value), WithJsonSchema({"anyOf": [_FIELD, _EXPRESSION]})]
#: Error classes or their names; None: any error.
OnErrors: TypeAlias = Annotated[
    Errors | None, PlainValidator(_errors), WithJsonSchema({"anyOf": [_NAMES, {"type": "null"}]})
]
#: The values to compare results with.
Key: TypeAlias = str | int | bool | None


def _pairs(value: Any) -> Any:
    """Convert a list of pairs to a mapping. JSON needs pairs, because keys of JSON objects are strings."""
    is_pairs = isinstance(value, list) and all(isinstance(pair, (list, tuple)) for pair in value)
    return dict(value) if is_pairs else value


_PAIR = {
    "type": "array",
    "prefixItems": [{"type": ["string", "integer", "boolean", "null"]}, _TARGET],
    "minItems": 2,
    "maxItems": 2,
}
#: Targets by key; in JSON also as pairs.
Cases: TypeAlias = Annotated[
    dict[Key, Target],
    BeforeValidator(_pairs),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": _TARGET, "minProperties": 1},
                {"type": "array", "items": _PAIR, "minItems": 1},
            ]
        }
    ),
]
#: Seconds, or a timedelta.
Seconds: TypeAlias = Annotated[float | timedelta, Field(description="Seconds, or an ISO 8601 duration.")]


def _on_timeout(value: Any) -> Any:
    if value not in ("reject", "approve", "fail"):
        raise ValueError("give 'reject', 'approve' or 'fail'")
    return value


#: The decision of an approval that got no answer in time.
OnTimeout: TypeAlias = Annotated[
    str, BeforeValidator(_on_timeout), WithJsonSchema({"type": "string", "enum": ["reject", "approve", "fail"]})
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Level(_Part):
    """A level of a `threshold`: its lowest number and its target."""

    at_least: float = Field(description="The lowest number of the level.")
    target: Target = Field(description="Runs if the level is taken: a signature, or the name of a node.")


class Stage(_Part):
    """A stage of `validation_stages`: a check, and optionally the condition for asking a person."""

    name: str = Field(min_length=1, description="The name of the stage, in node names and in a rejection.")
    check: Body = Field(description="Checks the value; its result says whether the value is valid.")
    ask_when: Value | None = Field(
        default=None,
        description="Condition on the check's result: if it is true or undecided, a person has to approve too.",
    )
    timeout: Seconds | None = Field(default=None, description="Seconds to answer; none: without a limit.")
    on_timeout: OnTimeout = Field(default="reject", description="After the timeout: reject, approve or fail.")
    message: str = Field(default="", description="The text that the person sees.")
