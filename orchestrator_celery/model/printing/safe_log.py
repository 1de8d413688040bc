"""Loggers of the package: their records are safe to print, whatever names and errors they contain."""

from __future__ import annotations

import logging
from traceback import format_exception

from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import printable, printable_lines

__all__ = ("safe_logger",)


def safe_logger(name: str) -> logging.Logger:
    """Return the logger of a module.

    Args:
        name: `__name__` of the module.
    """
    logger = logging.getLogger(name)
    if not any(isinstance(one, _Safe) for one in logger.filters):
        logger.addFilter(_Safe())
    return logger


class _Safe(logging.Filter):
    """Escapes the message and the traceback of a record before a handler formats them."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            words = record.getMessage()
        except Exception:  # an argument of the message fails when it is asked for its words
            arguments = record.args if isinstance(record.args, tuple) else (record.args,)
            words = f"{record.msg} ({', '.join(map(safe_repr, arguments))})"
        safe = printable(words)
        if safe != words or record.args:
            record.msg, record.args = safe, None
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            # Formatters reuse this text. The indent keeps its lines apart from other records.
            record.exc_text = printable_lines("".join(format_exception(record.exc_info[1])).rstrip(), "  ")
        return True
