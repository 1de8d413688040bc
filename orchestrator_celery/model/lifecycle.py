"""The verbs on a run, and what each does in each status: the one source of refusals, documentation and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from orchestrator_celery.model.states import RunStatus

__all__ = ("VERBS", "Verb", "possible", "refusal", "refusal_of_nodes", "table")

_PENDING, _RUNNING = RunStatus.PENDING, RunStatus.RUNNING
_SUSPENDED, _INTERRUPTED = RunStatus.SUSPENDED, RunStatus.INTERRUPTED
_SUCCEEDED, _FAILED = RunStatus.SUCCEEDED, RunStatus.FAILED


class Verb(NamedTuple):
    """One verb.

    Args:
        done: its participle, as messages say it.
        does: what it does, by the status it finds; a status that is not there refuses it.
        unless: what it may do for the tasks of a run whose status refuses it.
    """

    done: str
    does: Mapping[RunStatus, str]
    unless: Mapping[RunStatus, str] = {}


_HOLD = "→ SUSPENDED; what runs may finish"
_STOP = "→ INTERRUPTED; what runs is stopped"
_DELETE = "stopped and deleted"
_AGAIN = "a new run of the same"
_HELD = "starts tasks again that a rule holds back"

#: Every verb that depends on the status.
VERBS: Mapping[str, Verb] = {
    "suspend": Verb("suspended", {_PENDING: _HOLD, _RUNNING: _HOLD}),
    "interrupt": Verb(
        "interrupted",
        {_PENDING: _STOP, _RUNNING: _STOP, _SUSPENDED: _STOP},
        {_INTERRUPTED: "stops what still runs"},
    ),
    "resume": Verb(
        "resumed",
        {
            _SUSPENDED: "→ PENDING or RUNNING, as before",
            _INTERRUPTED: "→ PENDING or RUNNING, as before; what was stopped starts from its last checkpoint",
        },
        {_PENDING: _HELD, _RUNNING: _HELD, _FAILED: _HELD, _SUCCEEDED: _HELD},
    ),
    "retry": Verb("retried", {_FAILED: "→ RUNNING; what failed starts again"}),
    "rerun": Verb("run again", {status: _AGAIN for status in RunStatus if status is not RunStatus.CANCELLED}),
    "cancel": Verb("cancelled", {status: _DELETE for status in RunStatus if status is not RunStatus.CANCELLED}),
}


def possible(status: RunStatus) -> list[str]:
    """Verbs a status allows.

    >>> possible(RunStatus.FAILED)
    ['retry', 'rerun', 'cancel']
    """
    return [name for name, verb in VERBS.items() if status in verb.does]


def refusal(run: str, name: str, status: RunStatus) -> str:
    """Why a verb is refused, and what is possible instead.

    >>> print(refusal("r1", "suspend", RunStatus.FAILED))
    The run r1 is FAILED and cannot be suspended. Possible now: `run.retry()`, `run.rerun()`, `run.cancel()`.
    """
    verb = VERBS[name]
    unless = f" (it {verb.unless[status]}, but there is none)" if status in verb.unless else ""
    return f"The run {run} is {status} and cannot be {verb.done}{unless}. {_instead(status)}"


def refusal_of_nodes(run: str, done: str, status: RunStatus) -> str:
    """Why a verb on single nodes is refused, and what is possible instead.

    >>> print(refusal_of_nodes("r1", "skipped", RunStatus.SUCCEEDED))
    The run r1 is SUCCEEDED: no node of it can be skipped. Possible now: `run.rerun()`, `run.cancel()`.
    """
    return f"The run {run} is {status}: no node of it can be {done}. {_instead(status)}"


def _instead(status: RunStatus) -> str:
    found = ", ".join(f"`run.{name}()`" for name in possible(status))
    return f"Possible now: {found or 'nothing'}."


def table() -> str:
    """The table of the documentation, in Markdown: a status each row, a verb each column."""
    lines = [
        "| status | " + " | ".join(f"`{name}`" for name in VERBS) + " |",
        "|---" * (len(VERBS) + 1) + "|",
    ]
    for status in RunStatus:
        if status is not RunStatus.CANCELLED:
            lines.append(f"| {status} | " + " | ".join(_cell(verb, status) for verb in VERBS.values()) + " |")
    return "\n".join(lines)


def _cell(verb: Verb, status: RunStatus) -> str:
    if status in verb.does:
        return verb.does[status]
    return f"refused; else {verb.unless[status]}" if status in verb.unless else "refused"
