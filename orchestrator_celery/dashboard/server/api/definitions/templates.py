"""Templates of graphs: the list with their parameters, and the graph that one of them makes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator_celery import templates
from orchestrator_celery.dashboard.server.context import Found, Id

__all__ = ("router",)

router = APIRouter(prefix="/graph-templates", tags=["graphs"])


class TemplateView(BaseModel):
    """A template.

    Args:
        name: its name.
        summary: what its graph does, in one sentence.
        parameters: the JSON Schema of its parameters.
    """

    name: str
    summary: str
    parameters: dict[str, Any]


class TemplateForm(BaseModel):
    """The parameters of a template: signatures are objects, expressions are lists."""

    parameters: dict[str, Any] = {}


class TemplateGraph(BaseModel):
    """The graph that a template made.

    Args:
        document: its document.
    """

    document: dict[str, Any]


@router.get("")
def list_templates() -> list[TemplateView]:
    """List the templates by name."""
    return [TemplateView(**template._asdict()) for template in templates.catalog()]


@router.post("/{template}")
def build_template(template: Id, found: Found, form: TemplateForm) -> TemplateGraph:
    """Make a graph from a template. The problem document says which parameters are not allowed."""
    return TemplateGraph(document=templates.build(template, form.parameters, app=found.app).to_dict())
