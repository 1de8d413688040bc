"""Options that somebody misspelt are refused; Celery's own, and those a project's own classes take, pass.

A primitive takes any execution option, as every signature does. One that nobody reads would be taken and do nothing:
`apply_async(dedline=60)` would start a run without a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from celery import Celery, Task
from celery.app.amqp import AMQP
from celery.utils.functional import maybe_list
from kombu.messaging import Producer

from orchestrator_celery.errors import UnknownOption
from orchestrator_celery.model.text import nearest

if TYPE_CHECKING:
    from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("FILING", "OF_A_RUN", "check_options", "refuse_unknown", "spelled")

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

#: Arguments of every primitive by which its runs are found.
FILING = frozenset({"category", "tags"})
#: What may be given when a primitive is applied, and stands in place of its own.
OF_A_RUN = FILING | {"deadline"}

#: Options of a task's declaration that Celery does not read when the task is called.
_DECLARED = frozenset(
    "abstract acks_late acks_on_failure_or_timeout autoretry_for base bind default_retry_delay dont_autoretry_for "
    "max_retries pydantic rate_limit reject_on_worker_lost retry_backoff retry_backoff_max retry_jitter retry_kwargs "
    "send_events store_errors_even_if_ignored throws track_started trail typing".split()
)
#: What Celery and the transports read beside the parameters of the functions an option goes through.
_BESIDE = frozenset(
    "app app_id binding_key chain chord cluster_id correlation_id exchange_type immutable interval message_id "
    "queue queues reply_to subtask_type task_type throw type use_link user_id".split()
)
_NOT_ARGUMENTS = frozenset({"self", "options"})
_NOT_OPTIONS = frozenset("self name args kwargs options body properties now timezone callbacks errbacks".split())


@cache
def _of_celery() -> frozenset[str]:
    """Execution options of the installed Celery, read off the functions they go through."""
    takers = (Task.apply_async, Task.apply, Celery.send_task, AMQP.as_task_v2, Producer.publish, Producer._publish)
    found = {name for taker in takers for name in signature(taker).parameters}
    return frozenset((found | _BESIDE) - _NOT_OPTIONS)


def check_options(kind: type[Primitive], options: Mapping[str, Any], app: Callable[[], Any], *, built: bool) -> None:
    """Refuse an option that is nearly one that is known, or that belongs elsewhere.

    Args:
        kind: class of the primitive.
        options: what was given beside its own arguments.
        app: finds the app; asked only where an option would be refused.
        built: the primitive is there already, so that arguments of its constructor come too late.

    Raises:
        UnknownOption: names the option that may be meant.
    """
    stamps = maybe_list(options.get("stamped_headers")) or ()
    unknown = options.keys() - _of_celery() - OF_A_RUN - {*stamps}
    for option in sorted(unknown):
        reason = _refusal(kind, option, built)
        if reason is not None and option not in _taken_by(app()):
            raise UnknownOption(
                f"{kind.__name__} got the option {option!r}, which nobody would read: {reason} If a router or a task "
                f"class of yours reads it, name it in the setting `orchestrator_own_options`."
            )


def _refusal(kind: type[Primitive], option: str, built: bool) -> str | None:
    """Why an unknown option is no project's own, and what to do; None where it may be one."""
    arguments = {*signature(kind.__init__).parameters} - _NOT_ARGUMENTS | FILING
    if built and option in arguments:
        return f"it is an argument of the constructor. Give it there: {kind.__name__}(..., {option}=...)."
    if option in kind.fields:
        return "it is a part of the definition that methods such as add_task() or add_node() write."
    if option in _DECLARED:
        return f"it is declared with a task. Give it there: @app.task({option}=...)."
    near = nearest(option, OF_A_RUN if built else arguments) or nearest(option, _of_celery(), strict=True)
    if near is not None:
        return f"did you mean {near!r}?"
    late = nearest(option, arguments) if built else None
    return None if late is None else f"did you mean {late!r}? That is an argument of the constructor."


def _taken_by(app: Any) -> set[str]:
    """Options that classes of tasks of an app name in their own `apply_async`, or that its settings name."""
    kinds = {app.Task, *(type(task) for task in app._tasks.values())}
    found = {name for kind in kinds for name in signature(kind.apply_async).parameters}
    return found | {*(app.conf.get("orchestrator_own_options") or ())}


def spelled(*methods: str) -> Callable[[C], C]:
    """Let methods of a class say which argument is meant by one that they do not have.

    Args:
        *methods: their names; each takes only arguments that it names.
    """

    def decorate(cls: C) -> C:
        for name in methods:
            setattr(cls, name, _checked(getattr(cls, name)))
        return cls

    return decorate


def _checked(method: Callable[P, R]) -> Callable[P, R]:
    names = [*signature(method).parameters][1:]
    called = method.__qualname__.removesuffix(".__init__")

    @wraps(method)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        refuse_unknown(called, kwargs, names)
        return method(*args, **kwargs)

    return checked


def refuse_unknown(called: str, given: Iterable[str], names: Iterable[str]) -> None:
    """Refuse an argument that a function does not have.

    Raises:
        UnknownOption: names the argument that may be meant, or all there are.
    """
    known = sorted(names)
    for name in given:
        if name not in known:
            near = nearest(name, known)
            instead = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}."
            raise UnknownOption(f"{called}() got an unexpected argument {name!r}: {instead}")
