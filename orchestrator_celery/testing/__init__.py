"""Tools for the tests of projects that use the extension."""

from orchestrator_celery.testing.crash import CrashPoint, crash_points, points

__all__ = ("CrashPoint", "crash_points", "points")
