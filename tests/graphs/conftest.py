"""Fixtures for random graphs that run in the test's own process."""

import logging

import pytest


@pytest.fixture(scope="module")
def quiet():
    """Celery logs each failure, and there are thousands."""
    logger = logging.getLogger("celery.app.trace")
    logger.disabled = True
    yield
    logger.disabled = False
