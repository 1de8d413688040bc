"""The package's loggers: what they write is safe to print, whatever names and errors are in it."""

from __future__ import annotations

import logging
from traceback import format_exception

from orchestrator_celery.model.text import printable, printable_lines

__all__ = ("safe_logger",)


def safe_logger(name: str) -> logging.Logger:
    """The logger of a module.

    Args:
        name: `__name__` of the module.
    """
    logger = logging.getLogger(name)
    if not any(isinstance(one, _Safe) for one in logger.filters):
        logger.addFilter(_Safe())
    return logger


class _Safe(logging.Filter):
    """Escapes a record's words and its traceback before any handler formats them."""

    def filter(self, record: logging.LogRecord) -> bool:
        words = record.getMessage()
        safe = printable(words)
        if safe != words:
            record.msg, record.args = safe, None
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            # Handlers print this text where it is there. Indented, no line of it passes for another record.
            record.exc_text = printable_lines("".join(format_exception(record.exc_info[1])).rstrip(), "  ")
        return True
