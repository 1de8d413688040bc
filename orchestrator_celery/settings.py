"""The settings of the extension: names, defaults, validation and error texts."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from signal import Signals
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import nearest
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
        repr=False,  # the URL may hold a password
        description="Redis URL of the state store, if the result backend is not Redis.",
    )
    key_prefix: str = Field(
        default="orc", min_length=1, pattern=r"^[^{}\s]+$", description="First part of every key in the store."
    )
    app: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="The app that runs belong to; by default the app's name and the place of its broker.",
    )
    window: int = Field(
        default=256,
        ge=1,
        description="Most items of one group or unlimited swarm that may be queued or running at once.",
    )
    retention: float = Field(default=7 * 24 * 3600.0, ge=0, description="Seconds a finished run is kept.")
    audit_retention: float = Field(
        default=90 * 24 * 3600.0, ge=0, description="Seconds an entry of the audit trail is kept."
    )
    stats_retention: float = Field(
        default=7 * 24 * 3600.0, ge=0, description="Seconds that statistics of tasks are kept; 0: none are kept."
    )
    max_audit: int = Field(
        default=100_000, ge=1, description="Entries of the audit trail that are kept, the newest ones."
    )
    max_payload: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Largest result or argument list of one task, in bytes."
    )
    max_events: int = Field(default=10_000, ge=100, description="Events kept per run, the newest ones.")
    max_feed: int = Field(
        default=10_000, ge=100, description="Changes kept for `orchestrator.watch()`, about; the newest ones."
    )
    max_resumes: int = Field(
        default=2, ge=0, description="How often a task is restarted after it lost its worker process."
    )
    republish_after: float = Field(
        default=5.0,
        gt=0,
        description="Seconds after which an unclaimed message may count as lost and is sent again; the pause doubles.",
    )
    republish_longest: float = Field(
        default=600.0, gt=0, description="Seconds that an unclaimed message waits at most."
    )
    auto_resume: bool = Field(default=True, description="Whether tasks whose worker is gone are restarted.")
    auto_resume_include: tuple[str, ...] = Field(
        default=("*",), description="Globs of task names that may be restarted."
    )
    auto_resume_exclude: tuple[str, ...] = Field(
        default=(), description="Globs of task names that may not be restarted; stronger than include."
    )
    auto_resume_delay: float = Field(
        default=0.0, ge=0, description="Seconds between two tasks that one sweep restarts."
    )
    auto_resume_validators: tuple[str, ...] = Field(
        default=(), description="Import paths of callables (node) -> bool or a reason; all must allow a restart."
    )
    store_patience: float = Field(
        default=60.0, ge=0, description="Seconds for which a worker retries while the store does not answer."
    )
    unknown_task_patience: float = Field(
        default=60.0,
        ge=0,
        description="Seconds until a task fails that no running worker of its queue has registered.",
    )
    capture_logs: bool = Field(default=True, description="Whether runs keep what their tasks log and print.")
    log_level: str = Field(
        default="INFO", description="Lowest level of lines that runs keep: DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )
    log_lines: int = Field(default=10_000, ge=100, description="Log lines kept per run, the newest ones.")
    log_line_length: int = Field(
        default=4000, ge=100, le=100_000, description="Most characters of a log line; the rest is cut."
    )
    log_index: str | None = Field(
        default=None,
        description="File for the index of log lines of the process that searches them; by default in the user's "
        "folder for caches. It may be deleted at any time.",
    )
    redact: str | None = Field(
        default=None,
        description="Import path of a function (text) -> text that removes secrets from log lines; by default the "
        "values of keys such as password, token or api_key, and passwords of URLs.",
    )
    heartbeat: float = Field(
        default=2.5, gt=0, le=10, description="Longest time between two heartbeats of a worker, in seconds."
    )
    lease: float = Field(default=10.0, gt=0, description="Seconds after which a silent worker counts as gone.")
    queue: str | None = Field(
        default=None,
        description="Queue for the message that closes a run; by default the queue of the run's last task.",
    )

    # `continue` is a word of Python.
    continue_: bool | Literal["auto"] = Field(
        default="auto",
        alias="continue",
        description="Whether a worker goes on with the next task of a run without a message: `'auto'` for short "
        "tasks, `True` or `False`.",
    )
    traces: bool = Field(
        default=False,
        description="Whether runs and their tasks are traced with OpenTelemetry; needs the extra `otel`.",
    )
    notify_private: tuple[str, ...] = Field(
        default=(),
        description="Networks that webhooks may post to although they are not public, such as `10.0.0.0/8`.",
    )
    smtp_url: str | None = Field(
        default=None,
        repr=False,  # the URL may hold a password
        description="Server for `notify.email`: `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`.",
    )
    email_from: str | None = Field(default=None, description="Sender of `notify.email`.")
    own_options: tuple[str, ...] = Field(
        default=(), description="Execution options that the project's routers or task classes read, besides Celery's."
    )

    @field_validator("store_url")
    @classmethod
    def _is_a_url(cls, url: str | None) -> str | None:
        if url is not None and "://" not in url:
            raise ValueError("give a URL such as 'redis://localhost:6379/1'")
        return url

    @field_validator("notify_private")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{safe_repr(network)} is no network: write 10.0.0.0/8 or 10.1.2.3/32") from None
        return networks

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: str | None) -> str | None:
        parts = None if url is None else urlsplit(url)
        if parts is not None and not (parts.scheme in ("smtp", "smtp+starttls", "smtps") and parts.hostname):
            raise ValueError("give a URL such as 'smtps://user:password@mail.example.com'")
        return url

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, level: str) -> str:
        if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            raise ValueError("give DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level.upper()

    @classmethod
    def read(cls, conf: Mapping[str, Any], policies: Mapping[str, object] | None = None) -> OrchestratorSettings:
        """Read the settings from `app.conf`.

        Args:
            conf: the Celery configuration. Keys that begin with `orchestrator_` belong to the extension, in lower or
                upper case, after the namespace that was passed to `config_from_object`.
            policies: the value of `orchestrator=` of each task, by the task's name.

        Raises:
            InvalidSettings: a key is unknown, a value is not allowed, or a policy is not a `TaskPolicy`; the message
                names every problem.
        """
        keys = list(conf)  # loads a pending configuration; only then `conf` has its namespace
        namespace = (getattr(conf, "prefix", None) or "").lower()
        found: dict[str, Any] = {}
        for key in keys:
            # Keys that were set on `app.conf` directly have no namespace and are in lower case.
            own = key.lower().removeprefix(namespace) if namespace and not key.islower() else key.lower()
            if own.startswith(PREFIX) and (not namespace or key.islower() or own != key.lower()):
                found[own.removeprefix(PREFIX)] = conf[key]
        wrong = [
            f"the task {name} has orchestrator={safe_repr(policy)}: give orchestrator=TaskPolicy(...)"
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
    """The policy of one task: `@app.task(orchestrator=TaskPolicy(...))`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auto_resume: bool | None = Field(
        default=None, description="Overrides the project's rules: whether this task may be restarted automatically."
    )
    max_resumes: int | None = Field(
        default=None, ge=0, description="Overrides `orchestrator_max_resumes` for this task."
    )
    priority: Priority | None = Field(
        default=None, description="Priority of this task's items in a swarm, if they have none of their own."
    )
    capture_logs: bool | None = Field(
        default=None, description="Overrides `orchestrator_capture_logs`: whether this task's log lines are kept."
    )
    may_continue: bool = Field(
        default=True,
        description="Whether a worker may run this task right after another task of the run, without a message.",
    )
    interrupt_signal: str | None = Field(
        default=None, description="First signal for the process of this task when its run is interrupted, e.g. SIGINT."
    )

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as exc:
            raise InvalidSettings(_explain(exc, TaskPolicy, "", "a field of TaskPolicy")) from None

    @field_validator("interrupt_signal")
    @classmethod
    def _is_a_signal(cls, name: str | None) -> str | None:
        if name is not None and name not in Signals.__members__:
            raise ValueError(f"{safe_repr(name)} is not a signal here; use SIGTERM or SIGINT, for example")
        return name


def _explain(exc: ValidationError, model: type[BaseModel], prefix: str, kind: str) -> str:
    """Describe every problem of a model's input."""
    known = sorted(prefix + (field.alias or name) for name, field in model.model_fields.items())
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
    """Show a value in an error; if it may hold a password, show only its type."""
    secret = field in ("store_url", "smtp_url") and not isinstance(value, (int, float))
    return f"<{type(value).__name__}>" if secret else repr(value)
