"""The OpenAPI document; `make openapi` writes it to `docs/dashboard/openapi.json`."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from orchestrator_celery.dashboard.server.problems import Problem

__all__ = ("document", "written")


def document(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the API, with the form of its problem documents."""
    found = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = found["components"]["schemas"]
    schemas.update({**problem.pop("$defs", {}), "Problem": problem})
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def written(api: FastAPI) -> str:
    """Return the document as text, as it is published in `docs/dashboard/openapi.json`."""
    return json.dumps(document(api), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
