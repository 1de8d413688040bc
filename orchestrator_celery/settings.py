"""Settings of the extension: names, defaults, validation, error text."""

from __future__ import annotations

from collections.abc import Mapping
from signal import Signals
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.model.states import Priority
from orchestrator_celery.model.text import nearest

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
        repr=False,  # it may hold a password
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

    own_options: tuple[str, ...] = Field(
        default=(), description="Execution options that routers or task classes of the project read beside Celery's."
    )

    @field_validator("store_url")
    @classmethod
    def _is_a_url(cls, url: str | None) -> str | None:
        if url is not None and "://" not in url:
            raise ValueError("give a URL such as 'redis://localhost:6379/1'")
        return url

    @classmethod
    def read(cls, conf: Mapping[str, Any], policies: Mapping[str, object] | None = None) -> OrchestratorSettings:
        """Read the settings out of `app.conf`.

        Args:
            conf: the Celery configuration; keys that begin with `orchestrator_` are ours, in either case,
                behind the namespace where one was given to `config_from_object`.
            policies: what tasks have as `orchestrator=`, by their names.

        Raises:
            InvalidSettings: a key is unknown, a value not allowed, or a policy none; every problem is named at once.
        """
        keys = list(conf)  # this loads a configuration that is pending, and only then it knows its namespace
        namespace = (getattr(conf, "prefix", None) or "").lower()
        found: dict[str, Any] = {}
        for key in keys:
            # What is set on `app.conf` itself has no namespace, and is written in lower case.
            own = key.lower().removeprefix(namespace) if namespace and not key.islower() else key.lower()
            if own.startswith(PREFIX) and (not namespace or key.islower() or own != key.lower()):
                found[own.removeprefix(PREFIX)] = conf[key]
        wrong = [
            f"the task {name} has orchestrator={policy!r}: give orchestrator=TaskPolicy(...)"
            for name, policy in (policies or {}).items()
            if isinstance(policy, Mapping)
        ]
        try:
            settings = cls(**found)
        except ValidationError as exc:
            wrong.insert(0, _explain(exc, cls, PREFIX, "a setting"))
        if wrong:
            raise InvalidSettings("; ".join(wrong))
        return settings


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

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as exc:
            raise InvalidSettings(_explain(exc, TaskPolicy, "", "a field of TaskPolicy")) from None

    @field_validator("interrupt_signal")
    @classmethod
    def _is_a_signal(cls, name: str | None) -> str | None:
        if name is not None and name not in Signals.__members__:
            raise ValueError(f"{name!r} is no signal here; SIGTERM and SIGINT are, for example")
        return name


def _explain(exc: ValidationError, model: type[BaseModel], prefix: str, kind: str) -> str:
    """Every problem of a model's input, in words."""
    known = sorted(prefix + field for field in model.model_fields)
    lines = []
    for error in exc.errors():
        name = prefix + str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            near = nearest(name, known)
            meant = f": did you mean {near}?" if near else ";"
            lines.append(f"{name} is not {kind}{meant} known ones are: {', '.join(known)}")
        else:
            lines.append(f"{name}={_shown(error['loc'][0], error['input'])} is not allowed: {error['msg']}")
    return "; ".join(lines)


def _shown(field: int | str, value: Any) -> str:
    """A value as an error shows it; of one that may hold a password only its type."""
    secret = field == "store_url" and not isinstance(value, (int, float))
    return f"<{type(value).__name__}>" if secret else repr(value)
