"""What the parameters of templates may be: each reads what Python writes and what comes as JSON, and has a schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Annotated, Any, TypeAlias

from celery.canvas import Signature
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.conditions.language import Expression, result
from orchestrator_celery.canvas.graph import ConditionalGraph
from orchestrator_celery.canvas.graph_definition import restored
from orchestrator_celery.canvas.retry import Errors, error_names
from orchestrator_celery.errors import InvalidWorkflow

__all__ = ("Body", "Cases", "Level", "OnErrors", "OnTimeout", "Seconds", "Stage", "Target", "Value")


def _readable(read: Callable[[Any, ValidationInfo], Any]) -> Callable[[Any, ValidationInfo], Any]:
    """What the builder refuses, pydantic collects, so that all that is wrong is told at once."""

    @wraps(read)
    def reading(value: Any, info: ValidationInfo) -> Any:
        try:
            return read(value, info)
        except InvalidWorkflow as error:
            raise ValueError(str(error)) from None

    return reading


@_readable
def _body(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Approval):
        raise ValueError("an Approval has ways of its own: take approval_gate, or add it to the graph yourself")
    if isinstance(value, Signature):
        return value
    app = (info.context or {}).get("app")
    if isinstance(value, dict) and "version" in value:
        return ConditionalGraph.from_dict(value, app)
    if not isinstance(value, dict) or not isinstance(value.get("task"), str):
        raise ValueError(f"{value!r} is no signature: give task.s(...), a canvas of signatures or a graph")
    return restored({"signature": value}, app)["signature"]


@_readable
def _target(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and value:
        return value
    return _body(value, info)


@_readable
def _value(value: Any, _: ValidationInfo) -> Any:
    if isinstance(value, str) and value:
        return result[value]
    if isinstance(value, list):
        return Expression(value)
    if not isinstance(value, Expression):
        raise ValueError(f"{value!r} is no expression: give result['field'], for example, or the field's name")
    return value


@_readable
def _errors(value: Any, _: ValidationInfo) -> Any:
    return error_names(value)


_SIGNATURE = {
    "type": "object",
    "format": "signature",
    "description": "A Celery signature: `task`, and perhaps `args`, `kwargs`, `options`, `immutable`; a graph's, too.",
    "properties": {"task": {"type": "string"}},
}
_NODE = {"type": "string", "format": "node", "description": "A node that is there already, or __end__."}
_TARGET = {"anyOf": [_SIGNATURE, _NODE]}
_FIELD = {"type": "string", "format": "field", "description": "A field of the result."}
_EXPRESSION = {"type": "array", "format": "expression", "description": 'Such as ["item", ["result"], "score"].'}
_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}

#: What a node runs: any signature, another graph too.
Body: TypeAlias = Annotated[Any, PlainValidator(_body), WithJsonSchema(_SIGNATURE)]
#: Where a path leads: what a new node runs, or the name of a node that is there already, or END.
Target: TypeAlias = Annotated[Any, PlainValidator(_target), WithJsonSchema(_TARGET)]
#: An expression such as `result["score"]`; a word is the field of that name.
Value: TypeAlias = Annotated[Any, PlainValidator(_value), WithJsonSchema({"anyOf": [_FIELD, _EXPRESSION]})]
#: Error classes, or their names; None: any.
OnErrors: TypeAlias = Annotated[
    Errors | None, PlainValidator(_errors), WithJsonSchema({"anyOf": [_NAMES, {"type": "null"}]})
]
#: What results are compared with.
Key: TypeAlias = str | int | bool | None


def _pairs(value: Any) -> Any:
    """A mapping of what may be a list of pairs: keys of JSON objects are words."""
    is_pairs = isinstance(value, list) and all(isinstance(pair, (list, tuple)) for pair in value)
    return dict(value) if is_pairs else value


_PAIR = {
    "type": "array",
    "prefixItems": [{"type": ["string", "integer", "boolean", "null"]}, _TARGET],
    "minItems": 2,
    "maxItems": 2,
}
#: Targets by key; in JSON also pairs of them.
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


#: What an approval does when nobody answered in time.
OnTimeout: TypeAlias = Annotated[
    str, BeforeValidator(_on_timeout), WithJsonSchema({"type": "string", "enum": ["reject", "approve", "fail"]})
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Level(_Part):
    """A level of a `threshold`, which is reached from a number on."""

    at_least: float = Field(description="The number from which on it is reached.")
    target: Target = Field(description="What runs then: a signature, or the name of a node.")


class Stage(_Part):
    """A stage of `validation_stages`: a check, and when a person is asked as well."""

    name: str = Field(min_length=1, description="What its nodes are called, and what a rejection calls it.")
    check: Body = Field(description="Looks at what is validated; its result says whether it holds.")
    ask_when: Value | None = Field(
        default=None,
        description="Condition on the check's result: a person has to approve, too; also if it cannot be told.",
    )
    timeout: Seconds | None = Field(default=None, description="Seconds the person has; none: for ever.")
    on_timeout: OnTimeout = Field(default="reject", description="What happens then: reject, approve or fail.")
    message: str = Field(default="", description="What the person is shown.")
