"""Lines that tasks of a run have logged."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.scripting.script_call import Effects, Transitions

__all__ = ("LogTransitions",)


@raises_store_unavailable
class LogTransitions(Transitions):
    """Changes of a run's logs."""

    def append(self, run: str, lines: Sequence[bytes]) -> Effects:
        """Keep lines; the run has the newest `orchestrator_log_lines`. Lines of a run that is gone are dropped.

        Args:
            run: the run.
            lines: what `records.logs.write_line` returns, the oldest first.
        """
        return self._run("log", run, self._settings.log_lines, *lines)
