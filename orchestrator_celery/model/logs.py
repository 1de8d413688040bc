"""Lines that tasks have logged, as `run.logs()` yields them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.printing.text import printable, printable_lines

__all__ = ("LogHit", "LogLine")


class LogLine(BaseModel):
    """One line.

    Args:
        id: the place in the run's logs; later lines have greater ids.
        time: the time by the worker's clock, in UTC.
        level: the name of the level, such as `WARNING`.
        logger: the name of the logger; `celery.redirected` for what was printed.
        message: the text.
        exception: the traceback that was logged with it; '' without one.
        run: the run.
        node: the id of the node.
        task: the task's name.
        attempt: the attempt.
        worker: the worker's node name.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime
    level: str
    logger: str
    message: str
    exception: str = ""
    run: str
    node: str
    task: str
    attempt: int
    worker: str

    def __str__(self) -> str:
        head = printable(f"{self.time:%H:%M:%S} {self.level:<8} {self.node} {self.task}: {self.message}")
        return f"{head}\n{printable_lines(self.exception.rstrip(), '  | ')}" if self.exception else head


class LogHit(LogLine):
    """A line that a search has found.

    Args:
        spans: the places in `message` that match, each from a character to the one after its last.
    """

    spans: tuple[tuple[int, int], ...] = ()
