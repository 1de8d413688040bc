"""One app for all unit tests; no service."""

from __future__ import annotations

import pytest
from celery import Celery

from orchestrator_celery.engine.compile.compiler import Compiler
from orchestrator_celery.records.payload import Codec

from .apps import make_app


@pytest.fixture(scope="session")
def app() -> Celery:
    """An app with the tasks a to e, add, total and fail."""
    return make_app()


@pytest.fixture(scope="session")
def codec(app: Celery) -> Codec:
    """The codec of that app."""
    return Codec(app, 1024 * 1024)


@pytest.fixture(scope="session")
def compiler(app: Celery, codec: Codec) -> Compiler:
    """The compiler of that app."""
    return Compiler(app, codec)
