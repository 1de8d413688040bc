"""Words of filters, such as a status, that must be known."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import nearest

__all__ = ("filter_word",)

Word = TypeVar("Word", bound=Enum)


def filter_word(kind: type[Word], name: str, value: Word | str | None) -> Word | None:
    """Return the member that a filter asks for; None for a filter that was not given.

    Args:
        kind: the allowed words.
        name: the argument, for the error.
        value: the word.

    Raises:
        OrchestratorError: the word is not known; the error names the known words and the nearest one.
    """
    if value is None:
        return None
    known = [str(member.value) for member in kind]
    try:
        return kind(value)
    except ValueError:
        word = str(value).strip().upper() if isinstance(value, str) else ""
        near = word if word in known else nearest(word, known)
        meant = f"did you mean {near!r}? " if near else ""
        raise OrchestratorError(
            f"{name}={safe_repr(value)} is not a known {name}: {meant}Use one of {', '.join(known)}."
        ) from None
