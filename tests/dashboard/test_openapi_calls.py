"""Every operation of the published document, called with values that it allows and with others: the server never fails."""

import uuid

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from orchestrator_celery import ComplexSignature, Swarm
from orchestrator_celery.dashboard import TokenAuth, create_dashboard
from tests.kit.cases import amount
from tests.kit.workers import ROOT

TOKEN = "fuzz-" + "f" * 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: `GET /api/stream` does not end; `test_stream.py` has its bad topics.
ENDLESS = {"GET /api/stream"}
#: Asks all workers, and waits for those that do not answer.
SLOW = {"GET /api/doctor"}


def operations():
    schema = schemathesis.openapi.from_path(str(ROOT / "docs/dashboard/openapi.json"))
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


OPERATIONS = {label: found for label, found in operations().items() if label not in ENDLESS}


@pytest.fixture(scope="module")
def known(project, shared_worker):
    """What addresses may name: a run, its node, its signature, a task."""
    project.app.set_current()
    orchestrator = project.app.orchestrator
    swarm = Swarm([project.identity.s(i) for i in range(3)], app=project.app, open=True).apply_async(countdown=3600)
    saved = orchestrator.save(ComplexSignature(project.identity.s(1), app=project.app), name=f"fuzz {uuid.uuid4().hex}")
    yield {"run": swarm.id, "node": "0.0", "signature": saved.id, "task": "tests.kit.project.identity"}


@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_never_fails(app, visit, known, label):
    """Given any values for an operation, then it answers as the document says, or refuses with a problem document."""
    found = OPERATIONS[label]
    caller = visit(create_dashboard(app, auth=TokenAuth({TOKEN: ("fuzz", "admin")})))
    caller.headers["Authorization"] = f"Bearer {TOKEN}"
    named = {name: value for name, value in known.items() if f"{{{name}}}" in found.path}
    cases = [found.as_strategy(path_parameters=named), found.as_strategy()]
    if any(True for _ in found.iter_parameters()) or found.body:
        cases.append(found.as_strategy(GenerationMode.NEGATIVE, path_parameters=named))

    @settings(
        max_examples=1 if label in SLOW else amount(8, 200),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(cases))
    def call(case):
        request = case.as_transport_kwargs(base_url=caller.origin)
        request.pop("cookies", None)
        url = request.pop("url")
        if isinstance(request.get("data"), bytes | str):
            request["content"] = request.pop("data")
        try:
            answer = caller.request(request.pop("method"), url, **request)
        except (httpx.InvalidURL, UnicodeEncodeError):
            return  # no client can send it
        case.validate_response(answer, checks=CHECKS)

    call()
