"""Gives the metrics to Prometheus: as a text, or by a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, start_http_server

from orchestrator_celery.metrics.collector import Collector

if TYPE_CHECKING:
    from orchestrator_celery.orchestrator import Orchestrator

__all__ = ("CONTENT_TYPE", "exposition", "serve")

#: The content type of `exposition`.
CONTENT_TYPE: str = CONTENT_TYPE_LATEST


def exposition(orchestrator: Orchestrator) -> bytes:
    """Return all metrics as Prometheus reads them.

    If the store cannot be reached, `orchestrator_up` is 0 and the other metrics are missing.

    Args:
        orchestrator: the project's orchestrator.
    """
    return generate_latest(_registry(orchestrator))


def serve(orchestrator: Orchestrator, port: int, host: str = "127.0.0.1") -> tuple[Any, Any]:
    """Start an HTTP server in a thread; every path returns the metrics.

    Args:
        orchestrator: the project's orchestrator.
        port: its port; 0 for any free one.
        host: the address to listen on.

    Returns:
        The server, with `server_port` and `shutdown()`, and its thread.
    """
    server, thread = start_http_server(port, host, registry=_registry(orchestrator))
    return server, thread


def _registry(orchestrator: Orchestrator) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(orchestrator.container))
    return registry
