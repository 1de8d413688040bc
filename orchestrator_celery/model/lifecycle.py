"""The verbs on a run and their effect in each status: the only source for refusals, documentation and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from orchestrator_celery.model.states import RunStatus

__all__ = ("VERBS", "Verb", "VerbChoice", "choices", "possible", "refusal", "refusal_of_nodes", "table")

_PENDING, _RUNNING = RunStatus.PENDING, RunStatus.RUNNING
_SUSPENDED, _INTERRUPTED = RunStatus.SUSPENDED, RunStatus.INTERRUPTED
_SUCCEEDED, _FAILED = RunStatus.SUCCEEDED, RunStatus.FAILED


class Verb(NamedTuple):
    """One verb.

    Args:
        done: the participle of the verb, for messages.
        does: the effect by status; the verb is refused in a status that is not listed.
        unless: the effect on tasks of a run in a status that otherwise refuses the verb.
    """

    done: str
    does: Mapping[RunStatus, str]
    unless: Mapping[RunStatus, str] = {}


class VerbChoice(BaseModel):
    """Whether a verb is possible on a run, as `RunView.verbs` lists it.

    Args:
        verb: the name of the method of `Run`.
        allowed: whether the status allows it.
        effect: what it does; '' if it is not allowed.
        refusal: why it is not allowed, and what is possible; '' if it is allowed.
    """

    model_config = ConfigDict(frozen=True)

    verb: str
    allowed: bool
    effect: str = ""
    refusal: str = ""


_HOLD = "→ SUSPENDED; running tasks may finish"
_STOP = "→ INTERRUPTED; running tasks are stopped"
_DELETE = "stopped and deleted"
_AGAIN = "a new run of the same signature"
_HELD = "restarts tasks that a rule holds back"

#: Every verb that depends on the status.
VERBS: Mapping[str, Verb] = {
    "suspend": Verb("suspended", {_PENDING: _HOLD, _RUNNING: _HOLD}),
    "interrupt": Verb(
        "interrupted",
        {_PENDING: _STOP, _RUNNING: _STOP, _SUSPENDED: _STOP},
        {_INTERRUPTED: "stops tasks that still run"},
    ),
    "resume": Verb(
        "resumed",
        {
            _SUSPENDED: "→ PENDING or RUNNING, as before",
            _INTERRUPTED: "→ PENDING or RUNNING, as before; stopped tasks start from their last checkpoint",
        },
        {_PENDING: _HELD, _RUNNING: _HELD, _FAILED: _HELD, _SUCCEEDED: _HELD},
    ),
    "retry": Verb("retried", {_FAILED: "→ RUNNING; failed tasks start again"}),
    "rerun": Verb("run again", {status: _AGAIN for status in RunStatus if status is not RunStatus.CANCELLED}),
    "cancel": Verb("cancelled", {status: _DELETE for status in RunStatus if status is not RunStatus.CANCELLED}),
}


def possible(status: RunStatus) -> list[str]:
    """Return the verbs that a status allows.

    >>> possible(RunStatus.FAILED)
    ['retry', 'rerun', 'cancel']
    """
    return [name for name, verb in VERBS.items() if status in verb.does]


def choices(run: str, status: RunStatus) -> tuple[VerbChoice, ...]:
    """Return each verb, and whether a status allows it.

    >>> [choice.verb for choice in choices("r1", RunStatus.FAILED) if choice.allowed]
    ['retry', 'rerun', 'cancel']
    """
    return tuple(
        VerbChoice(verb=name, allowed=True, effect=verb.does[status])
        if status in verb.does
        else VerbChoice(verb=name, allowed=False, refusal=refusal(run, name, status))
        for name, verb in VERBS.items()
    )


def refusal(run: str, name: str, status: RunStatus) -> str:
    """Return the text of a refusal: the reason, and the verbs that are allowed instead.

    >>> print(refusal("r1", "suspend", RunStatus.FAILED))
    The run r1 is FAILED and cannot be suspended. Possible now: `run.retry()`, `run.rerun()`, `run.cancel()`.
    """
    verb = VERBS[name]
    unless = f" (it {verb.unless[status]}, but there is none)" if status in verb.unless else ""
    return f"The run {run} is {status} and cannot be {verb.done}{unless}. {_instead(status)}"


def refusal_of_nodes(run: str, done: str, status: RunStatus) -> str:
    """Return the text of a refusal of a verb on single nodes: the reason, and the verbs that are allowed instead.

    >>> print(refusal_of_nodes("r1", "skipped", RunStatus.SUCCEEDED))
    The run r1 is SUCCEEDED: no node of it can be skipped. Possible now: `run.rerun()`, `run.cancel()`.
    """
    return f"The run {run} is {status}: no node of it can be {done}. {_instead(status)}"


def _instead(status: RunStatus) -> str:
    found = ", ".join(f"`run.{name}()`" for name in possible(status))
    return f"Possible now: {found or 'nothing'}."


def table() -> str:
    """Return the table for the documentation in Markdown: a row for each status, a column for each verb."""
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
