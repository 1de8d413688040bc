"""Refuses misspelled options; Celery's options and options of the project's own classes pass.

A primitive accepts any execution option, as every signature does. Without this check, an option that nothing reads has
no effect: `apply_async(dedline=60)` starts a run without a deadline.
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
from orchestrator_celery.model.printing.text import nearest

if TYPE_CHECKING:
    from orchestrator_celery.canvas.primitive import Primitive

__all__ = ("FILTER_FIELDS", "OF_A_RUN", "check_options", "refuse_unknown", "spelled")

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

#: Arguments of every primitive that serve to find its runs.
FILTER_FIELDS = frozenset({"category", "tags"})
#: Options of an application, beside those of Celery. The first three replace arguments of the primitive.
OF_A_RUN = FILTER_FIELDS | {"deadline", "any_definition"}

#: Options of a task's declaration. Celery does not read them when it sends the task.
_DECLARED = frozenset(
    "abstract acks_late acks_on_failure_or_timeout autoretry_for base bind default_retry_delay dont_autoretry_for "
    "max_retries pydantic rate_limit reject_on_worker_lost retry_backoff retry_backoff_max retry_jitter retry_kwargs "
    "send_events store_errors_even_if_ignored throws track_started trail typing".split()
)
#: Options that Celery and the transports read, but that are no parameters of the functions below.
_BESIDE = frozenset(
    "app app_id binding_key chain chord cluster_id correlation_id exchange_type immutable interval message_id "
    "queue queues reply_to subtask_type task_type throw type use_link user_id".split()
)
_NOT_ARGUMENTS = frozenset({"self", "options"})
_NOT_OPTIONS = frozenset("self name args kwargs options body properties now timezone callbacks errbacks".split())


@cache
def _of_celery() -> frozenset[str]:
    """Return the execution options of the installed Celery: parameters of the functions that receive them."""
    takers = (Task.apply_async, Task.apply, Celery.send_task, AMQP.as_task_v2, Producer.publish, Producer._publish)
    found = {name for taker in takers for name in signature(taker).parameters}
    return frozenset((found | _BESIDE) - _NOT_OPTIONS)


def check_options(kind: type[Primitive], options: Mapping[str, Any], app: Callable[[], Any], *, built: bool) -> None:
    """Refuse an option that looks like a misspelled option, or that belongs elsewhere.

    Args:
        kind: the class of the primitive.
        options: the options beside the primitive's own arguments.
        app: returns the app; called only if an option looks wrong.
        built: the primitive exists already, so arguments of its constructor are refused too.

    Raises:
        UnknownOption: the message names the option that was probably meant.
    """
    stamps = maybe_list(options.get("stamped_headers")) or ()
    unknown = options.keys() - _of_celery() - OF_A_RUN - {*stamps}
    for option in sorted(unknown):
        reason = _refusal(kind, option, built)
        if reason is not None and option not in _taken_by(app()):
            raise UnknownOption(
                f"{kind.__name__} got the option {option!r}, which nothing reads: {reason} If a router or a task class "
                "of your project reads it, add it to the setting `orchestrator_own_options`."
            )


def _refusal(kind: type[Primitive], option: str, built: bool) -> str | None:
    """Return why an unknown option is refused and what to do; None if the project may have its own such option."""
    arguments = {*signature(kind.__init__).parameters} - _NOT_ARGUMENTS | FILTER_FIELDS
    if built and option in arguments:
        return f"it is an argument of the constructor. Write {kind.__name__}(..., {option}=...)."
    if option in kind._fields:
        return "it is a part of the definition. Use methods such as add_task() and add_node()."
    if option in _DECLARED:
        return f"it is an option of a task's declaration. Write @app.task({option}=...)."
    near = nearest(option, OF_A_RUN if built else arguments | OF_A_RUN) or nearest(option, _of_celery(), strict=True)
    if near is not None:
        return f"did you mean {near!r}?"
    late = nearest(option, arguments) if built else None
    return None if late is None else f"did you mean {late!r}? That is an argument of the constructor."


def _taken_by(app: Any) -> set[str]:
    """Return the options that task classes name in their `apply_async`, and those of `orchestrator_own_options`."""
    kinds = {app.Task, *(type(task) for task in app._tasks.values())}
    found = {name for kind in kinds for name in signature(kind.apply_async).parameters}
    return found | {*(app.conf.get("orchestrator_own_options") or ())}


def spelled(*methods: str) -> Callable[[C], C]:
    """Make methods of a class suggest the argument that was meant by a misspelled argument.

    Args:
        *methods: names of the methods; none of them may accept arbitrary keyword arguments.
    """

    def decorate(cls: C) -> C:
        for name in methods:
            # A method may be inherited from a class that users do not know.
            called = f"{cls.__name__}.{name}".removesuffix(".__init__")
            setattr(cls, name, _checked(getattr(cls, name), called))
        return cls

    return decorate


def _checked(method: Callable[P, R], called: str) -> Callable[P, R]:
    names = [*signature(method).parameters][1:]

    @wraps(method)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        refuse_unknown(called, kwargs, names)
        return method(*args, **kwargs)

    return checked


def refuse_unknown(called: str, given: Iterable[str], names: Iterable[str]) -> None:
    """Refuse keyword arguments that a function does not have.

    Raises:
        UnknownOption: the message names the argument that was probably meant, or lists all arguments.
    """
    known = sorted(names)
    for name in given:
        if name not in known:
            near = nearest(name, known)
            instead = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}."
            raise UnknownOption(f"{called}() got an unexpected argument {name!r}: {instead}")
