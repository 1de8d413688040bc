"""Settings of the extension: names, defaults, validation, error text."""

from __future__ import annotations

from collections.abc import Mapping
from signal import Signals
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.model.states import Priority

__all__ = ("PREFIX", "OrchestratorSettings", "TaskPolicy")

PREFIX = "orchestrator_"


class OrchestratorSettings(BaseModel):
    """All settings; each is a Celery setting with the prefix `orchestrator_`.

    >>> OrchestratorSettings().window
    256
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    store_url: str | None = Field(
        default=None,
        description="Redis URL of the state store, when the result backend is not Redis.",
    )
    key_prefix: str = Field(
        default="orc", min_length=1, pattern=r"^[^{}\s]+$", description="First part of every key in the store."
    )
    window: int = Field(
        default=256,
        ge=1,
        description="Most items of one group or unbounded swarm that are queued or running at once.",
    )
    retention: float = Field(default=7 * 24 * 3600.0, ge=0, description="Seconds a finished run is kept.")
    audit_retention: float = Field(
        default=90 * 24 * 3600.0, ge=0, description="Seconds an entry of the audit trail is kept."
    )
    max_payload: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Largest result or argument list of one task, in bytes."
    )
    max_events: int = Field(default=10_000, ge=100, description="Events kept per run, the newest ones.")
    max_resumes: int = Field(
        default=2, ge=0, description="How often a task is started again after it lost its worker process."
    )
    republish_after: float = Field(
        default=5.0, gt=0, description="Seconds after which a message nobody claimed is sent again; doubled each time."
    )
    republish_longest: float = Field(default=600.0, gt=0, description="Longest pause between two such sendings.")
    auto_resume: bool = Field(default=True, description="Start tasks again whose worker is gone.")
    auto_resume_include: tuple[str, ...] = Field(
        default=("*",), description="Globs of task names that may be started again."
    )
    auto_resume_exclude: tuple[str, ...] = Field(
        default=(), description="Globs of task names that may not; stronger than include."
    )
    auto_resume_delay: float = Field(
        default=0.0, ge=0, description="Seconds between two tasks that one sweep starts again."
    )
    auto_resume_validators: tuple[str, ...] = Field(
        default=(), description="Import paths of callables (node) -> bool or a reason; all must agree to a resume."
    )
    store_patience: float = Field(
        default=60.0, ge=0, description="Seconds a worker tries again while the store does not answer."
    )
    heartbeat: float = Field(default=2.5, gt=0, le=10, description="Seconds between two signs of life of a worker.")
    lease: float = Field(default=10.0, gt=0, description="Seconds after which a silent worker counts as gone.")
    queue: str | None = Field(
        default=None,
        description="Queue for the message that closes a run; by default the queue of the run's last task.",
    )

    @classmethod
    def read(cls, conf: Mapping[str, Any]) -> OrchestratorSettings:
        """Read the settings out of `app.conf`.

        Args:
            conf: the Celery configuration; keys that begin with `orchestrator_` are ours, in either case,
                behind the namespace where one was given to `config_from_object`.

        Raises:
            InvalidSettings: a key is unknown or a value not allowed; every problem is named at once.
        """
        keys = list(conf)  # this loads a configuration that is pending, and only then it knows its namespace
        namespace = (getattr(conf, "prefix", None) or "").lower()
        found: dict[str, Any] = {}
        for key in keys:
            # What is set on `app.conf` itself has no namespace, and is written in lower case.
            own = key.lower().removeprefix(namespace) if namespace and not key.islower() else key.lower()
            if own.startswith(PREFIX) and (not namespace or key.islower() or own != key.lower()):
                found[own.removeprefix(PREFIX)] = conf[key]
        try:
            return cls(**found)
        except ValidationError as exc:
            raise InvalidSettings(_explain(exc)) from None


class TaskPolicy(BaseModel):
    """What a task says of itself: `@app.task(orchestrator=TaskPolicy(...))`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auto_resume: bool | None = Field(
        default=None, description="Overrides the project's rules: whether this task may be started again by itself."
    )
    max_resumes: int | None = Field(
        default=None, ge=0, description="Overrides `orchestrator_max_resumes` for this task."
    )
    priority: Priority | None = Field(
        default=None, description="Priority of this task's items in a swarm that are given none."
    )
    interrupt_signal: str | None = Field(
        default=None, description="What the process of this task gets when its run is interrupted, e.g. SIGINT."
    )

    @field_validator("interrupt_signal")
    @classmethod
    def _is_a_signal(cls, name: str | None) -> str | None:
        if name is not None and name not in Signals.__members__:
            raise ValueError(f"{name!r} is no signal here; SIGTERM and SIGINT are, for example")
        return name


def _explain(exc: ValidationError) -> str:
    lines = []
    for error in exc.errors():
        name = PREFIX + str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            known = ", ".join(sorted(PREFIX + field for field in OrchestratorSettings.model_fields))
            lines.append(f"{name} is not a setting; known ones are: {known}")
        else:
            lines.append(f"{name}={error['input']!r} is not allowed: {error['msg']}")
    return "; ".join(lines)
