"""Tools for the tests of projects that use the extension: crash points here, fixtures in `plugin`.

pytest imports this package at the start of every session, so the crash points are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator_celery.testing.crash import CrashPoint, crash_points, points

__all__ = ("CrashPoint", "crash_points", "points")


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("orchestrator_celery.testing.crash"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
