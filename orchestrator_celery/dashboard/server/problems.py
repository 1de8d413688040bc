"""Turns errors into problem documents (RFC 9457). This is the only place that decides which error has which status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from kombu.exceptions import EncodeError, KombuError
from pydantic import BaseModel
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from orchestrator_celery import (
    BulkRejected,
    ConfirmationRequired,
    FormatTooNew,
    FormatTooOld,
    GraphChanged,
    GraphInvalid,
    GraphNotFound,
    InvalidTransition,
    InvalidView,
    InvalidWorkflow,
    NodeNotFound,
    OrchestratorError,
    PayloadTooLarge,
    RunCancelled,
    RunNotFound,
    SignatureGone,
    SignatureInUse,
    StoreUnavailable,
    SwarmClosed,
    SwarmFull,
    ViewChanged,
)

__all__ = ("PROBLEMS", "Problem", "RefusedByAccess", "install_problems", "problem")

#: The statuses of errors; of the classes of an error, the nearest counts.
_STATUS: Mapping[type[BaseException], int] = {
    OrchestratorError: 400,
    RunNotFound: 404,
    NodeNotFound: 404,
    SignatureGone: 404,
    GraphNotFound: 404,
    RunCancelled: 404,
    InvalidTransition: 409,
    ConfirmationRequired: 409,
    SignatureInUse: 409,
    SwarmClosed: 409,
    SwarmFull: 409,
    GraphChanged: 409,
    ViewChanged: 409,
    FormatTooNew: 409,
    FormatTooOld: 409,
    PayloadTooLarge: 413,
    InvalidWorkflow: 422,
    InvalidView: 422,
    BulkRejected: 422,
    EncodeError: 422,
    StoreUnavailable: 503,
    KombuError: 503,
    RedisError: 503,
}
_TITLES = {
    400: "The request was refused",
    401: "Log in first",
    403: "Your role does not allow this",
    404: "There is no such thing",
    405: "This method is not possible here",
    409: "The state does not allow this",
    413: "The request is too large",
    421: "This host name is not served",
    422: "The request has wrong values",
    429: "Too many attempts",
    500: "The server failed",
    503: "A service is away",
}


class FieldProblem(BaseModel):
    """One problem of a field, or of a node of a graph.

    Args:
        place: the field, or the node.
        message: what is wrong.
        hint: what to do; '' without one.
    """

    place: str
    message: str
    hint: str = ""


class Problem(BaseModel):
    """A problem document (RFC 9457).

    Args:
        type: names the kind of the problem.
        title: the kind of the problem in words.
        status: the HTTP status.
        detail: what was refused, why, and what to do.
        error: the name of the error's class.
        problems: single problems, of a graph or of the fields of a request.
    """

    type: str
    title: str
    status: int
    detail: str
    error: str
    problems: list[FieldProblem] = []


class RefusedByAccess(HTTPException):
    """Access was refused.

    Args:
        status: the HTTP status.
        detail: what was refused, why, and what to do.
        headers: more headers of the answer.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)


#: What the OpenAPI document says of every operation.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "5XX": {
        "description": "A service is away",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}


def problem(
    status: int,
    detail: str,
    error: str = "",
    problems: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response with a problem document."""
    kind = error or f"HTTP{status}"
    found = Problem(
        type=f"urn:orchestrator-celery:error:{kind}",
        title=_TITLES.get(status, "The request was refused"),
        status=status,
        detail=detail,
        error=kind,
        problems=problems or [],
    )
    return JSONResponse(
        found.model_dump(mode="json"), status, headers=dict(headers or {}), media_type="application/problem+json"
    )


def install_problems(app: FastAPI) -> None:
    """Answer all errors of an application with problem documents."""
    app.add_exception_handler(OrchestratorError, _of_error)
    app.add_exception_handler(KombuError, _of_error)
    app.add_exception_handler(RedisError, _of_error)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_bug)


async def _of_error(_: Request, exc: Exception) -> JSONResponse:
    status = next(_STATUS[cls] for cls in type(exc).__mro__ if cls in _STATUS)
    listed = exc.problems if isinstance(exc, GraphInvalid) else []
    found = [FieldProblem(place=one.node or "", message=one.message, hint=one.hint) for one in listed]
    return problem(status, str(exc), type(exc).__name__, found, {"Retry-After": "2"} if status == 503 else None)  # noqa: PLR2004


async def _of_request(_: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    found = [
        FieldProblem(place=".".join(str(part) for part in error["loc"]), message=error["msg"]) for error in exc.errors()
    ]
    places = ", ".join(one.place for one in found[:5])
    return problem(422, f"These values are not allowed: {places}. `problems` says why.", "InvalidRequest", found)


async def _of_http(_: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    return problem(exc.status_code, exc.detail, headers=exc.headers)


async def _of_bug(_: Request, exc: Exception) -> JSONResponse:
    """Answer an unexpected error; its text may contain secrets, so only its class is told."""
    return problem(500, f"The dashboard failed ({type(exc).__name__}). Its log has the traceback.", "InternalError")
