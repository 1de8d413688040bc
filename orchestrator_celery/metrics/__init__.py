"""Metrics for Prometheus, read from the store when they are asked for. This needs the extra `metrics`.

A web application serves `exposition(orchestrator)` under `/metrics`; `serve` starts a server of its own. One process of
a project is enough: every process would tell the same.
"""

from __future__ import annotations

from orchestrator_celery.metrics.exposition import CONTENT_TYPE, exposition, serve

__all__ = ("CONTENT_TYPE", "exposition", "serve")
