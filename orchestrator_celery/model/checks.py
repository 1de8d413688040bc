"""The checks of a project's set-up, as `orchestrator.doctor()` returns them."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.printing.text import printable

__all__ = ("Check", "CheckLevel")


class CheckLevel(str, Enum):
    """How serious the outcome of a check is."""

    OK = "ok"  #: nothing is wrong
    WARNING = "warning"  #: it works, and something may be lost or wait
    ERROR = "error"  #: runs cannot start or go on

    def __str__(self) -> str:
        return self.value


class Check(BaseModel):
    """The outcome of one check.

    Args:
        name: what was checked.
        level: how serious the outcome is.
        found: what was found.
        advice: what to do; '' if nothing is wrong.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    level: CheckLevel
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return printable(f"{self.level}: {self.name}: {self.found}" + (f" {self.advice}" if self.advice else ""))
