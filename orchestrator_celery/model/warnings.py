"""The warnings of the package, as classes that `warnings.filterwarnings` can name."""

from __future__ import annotations

__all__ = ("WorkerWithoutExtension",)


class WorkerWithoutExtension(UserWarning):
    """A worker that consumes the queue of a run lacks the extension, so it cannot report the tasks that it runs."""
