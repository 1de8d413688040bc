"""The common base of all canvas primitives: each is a signature, and applying it starts a run.

A primitive keeps its definition in `kwargs` under fixed names, as Celery's
chain and chord do. So it serialises, clones and travels in messages like any
signature. Partial arguments of `apply_async` are kept in `args` (and in
`kwargs` under other names) and go to the first tasks of the workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

from celery import current_app
from celery.canvas import Signature, maybe_signature
from celery.local import maybe_evaluate
from celery.result import allow_join_result
from celery.utils.functional import maybe_list
from kombu.utils.uuid import uuid
from typing_extensions import TypeVar

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.canvas.on_commit import start_on_commit
from orchestrator_celery.canvas.options import FILTER_FIELDS, check_options
from orchestrator_celery.canvas.own_copy import own_copy
from orchestrator_celery.canvas.start_time import check_times
from orchestrator_celery.errors import InvalidWorkflow, NotInstalled
from orchestrator_celery.model.printing.safe_text import safe_repr

if TYPE_CHECKING:
    from celery import Celery
    from celery.canvas import StampingVisitor  # type: ignore[attr-defined, unused-ignore]
    from typing_extensions import Self

    from orchestrator_celery.handles.async_twins import PrimitiveAio
    from orchestrator_celery.handles.run import Run

__all__ = ("Primitive", "R_co", "app_of", "deadline_in_seconds", "installed", "registered", "signature_list")

PrimitiveType = TypeVar("PrimitiveType", bound="type[Primitive]")
#: The result of a run, as far as the types of the tasks tell it.
R_co = TypeVar("R_co", covariant=True, default=Any)


def installed(app: Celery) -> Any:
    """Return the orchestrator of an app.

    Raises:
        NotInstalled: the app has no orchestrator.
    """
    orchestrator = getattr(app, "orchestrator", None)
    if orchestrator is None:
        raise NotInstalled(
            f"The Celery app {app.main!r} has no orchestrator: add `orchestrator = Orchestrator(app)` "
            "in the module that makes the app, which both clients and workers import."
        )
    return orchestrator


def app_of(tasks: Iterable[Any]) -> Any:
    """Return the app of the first signature, else the current app."""
    for task in tasks:
        if isinstance(task, Signature):
            # A chain or group finds the app of its tasks even if it is not bound to an app itself.
            return maybe_evaluate(task.app)
    return current_app._get_current_object()  # type: ignore[attr-defined, unused-ignore]


def category_and_tags(category: Any, tags: Any) -> dict[str, Any]:
    """Return the category and tags of a run as they travel in messages; absent ones are left out.

    Raises:
        InvalidWorkflow: the category or a tag is not a non-empty string, or `tags` is not a list.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise InvalidWorkflow(f"tags={safe_repr(tags)} is not allowed: give a list of words, such as tags=['eu'].")
    given = list(tags)
    for word in [*given, *(() if category is None else (category,))]:
        if not isinstance(word, str) or not word:
            raise InvalidWorkflow(f"{safe_repr(word)} is not allowed as a category or tag: give a word.")
    words = list(dict.fromkeys(given))
    return {**({"category": category} if category else {}), **({"tags": words} if words else {})}


def deadline_in_seconds(
    value: Any, name: str = "deadline", meaning: str = "the seconds the run may take"
) -> float | None:
    """Return a deadline in seconds, as it travels in messages.

    Args:
        value: seconds, a timedelta or None.
        name: the name of the argument, for the error message.
        meaning: the meaning of the number, for the error message.

    Raises:
        InvalidWorkflow: the value is neither a number of seconds above 0 nor a timedelta.
    """
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < inf:
        raise InvalidWorkflow(f"{name}={safe_repr(value)} is not allowed: give {meaning}, more than 0, or a timedelta.")
    return float(seconds)


def signature_list(value: Any, name: str) -> list[Signature]:
    """Return one or several signatures as a list.

    Raises:
        InvalidWorkflow: a value is not a signature.
    """
    found: Iterable[Any] = () if value is None else maybe_list(value)
    for sig in found:
        if not isinstance(sig, dict):
            raise InvalidWorkflow(
                f"{name}={safe_repr(sig)} is not a signature: pass task.s(...) or a list of signatures."
            )
    return list(found)


class Primitive(Signature[R_co], Generic[R_co]):
    """Base class of the canvas primitives; use its subclasses."""

    #: Name of the registered task that starts the primitive; also its `subtask_type`.
    _task_name: ClassVar[str]
    #: Names in `kwargs` that belong to the definition.
    _fields: ClassVar[tuple[str, ...]]
    #: Id of the run that the last application of this object started.
    _applied: str | None = None
    #: The run of the last application of this object, if that was eager.
    _applied_eagerly: Run[R_co] | None = None
    #: A task of a run replaces itself by this very object; set by its worker, and never part of a message.
    _stands_in: bool = False

    if TYPE_CHECKING:
        _app: Any

    def __init__(
        self,
        definition: Mapping[str, Any],
        args: Any = (),
        *,
        app: Celery | None = None,
        immutable: bool = False,
        category: str | None = None,
        tags: Iterable[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(
            self._task_name,
            args=args,
            kwargs={**definition, **category_and_tags(category, tags)},
            options=options,
            app=app,
            immutable=immutable,
            subtask_type=self._task_name,
        )

    @classmethod
    def from_dict(cls, d: dict[str, Any], app: Celery | None = None) -> Primitive:
        """Rebuild the primitive from a message; nested dicts become signatures again."""
        self = cls.__new__(cls)
        Primitive.__init__(
            self,
            d.get("kwargs") or {},
            d.get("args") or (),
            app=app,
            immutable=bool(d.get("immutable")),
            **(d.get("options") or {}),
        )
        self._restore(app)
        return self

    def _restore(self, app: Celery | None) -> None:
        """Turn nested dicts into signatures that belong to this object alone."""
        raise TypeError(f"{type(self).__name__} does not implement _restore().")

    def _nested(self) -> list[Any]:
        """The nested signatures, for stamping and for finding the app."""
        raise TypeError(f"{type(self).__name__} does not implement _nested().")

    @property
    def label(self) -> str | None:
        """The name that the user gave to the workflow."""
        name: str | None = self.kwargs.get("name")
        return name

    @property
    def _partial_args(self) -> tuple[list[Any], dict[str, Any]]:
        """The partial arguments of the signature, positional and by keyword."""
        return list(self.args), {k: v for k, v in self.kwargs.items() if k not in self._fields}

    @property
    def app(self) -> Any:
        """The app of this signature, else of its first nested signature, else the current app."""
        return app_of(self._nested()) if self._app is None else self._app

    def set(self, immutable: bool | None = None, **options: Any) -> Self:
        """Set options like `Signature.set`; `deadline`, `category` and `tags` are checked at once.

        Raises:
            UnknownOption: an option is misspelled, or is an argument of the constructor.
        """
        self._check_options(options)
        self.kwargs.update(category_and_tags(options.pop("category", None), options.pop("tags", ())))
        if "deadline" in options:
            self.kwargs["deadline"] = deadline_in_seconds(options.pop("deadline"))
        super().set(immutable=immutable, **options)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Run[R_co]:  # type: ignore[override, unused-ignore]
        """Start a run, as calling a chain does."""
        return self.apply_async(args, kwargs)

    def delay(self, *args: Any, **kwargs: Any) -> Run[R_co]:
        """Start a run with these partial arguments. Errors are those of `apply_async`."""
        return self.apply_async(args, kwargs)

    def apply_async(
        self, args: Any = None, kwargs: Any = None, route_name: str | None = None, **options: Any
    ) -> Run[R_co]:
        """Start a run of this workflow.

        Under `task_always_eager` the run has ended when the call returns, see `apply`.

        Args:
            args: partial positional arguments; they are prepended for the first tasks, as in a chain or group.
            kwargs: partial keyword arguments for the same tasks.
            route_name: accepted and ignored, as by Celery's own composites.
            **options: as for `Signature.apply_async`. `task_id` is an idempotency key: applying the same definition
                again with the id of a known run returns that run and starts nothing. With `any_definition=True`
                that holds for another definition too, such as that of a newer release. `deadline` is the longest time
                the run may take, in seconds or as a timedelta; a run that takes longer ends FAILED with
                `DeadlineExceeded`. `category` and `tags` replace the signature's own. `countdown` and `eta` delay
                the start of the run, which is recorded at once; the deadline counts from that start. Routing options,
                priority, time limits, `serializer`, `expires` and the like go to every task of the workflow.

        Returns:
            The `Run`.

        Raises:
            NotInstalled: the app has no orchestrator.
            StoreNotConfigured: no Redis is configured as the store.
            StoreUnavailable: the store did not answer; no run was started.
            StartUnconfirmed: the store's answer was lost; the run may have started. `error.run` is its id.
            InvalidWorkflow: a part of the workflow cannot be run, or a time or the `task_id` is not allowed.
            DefinitionMismatch: the `task_id` belongs to a run with another definition, and `any_definition` is not
                set; or it belongs to a run of another app.
            UnknownOption: an option is misspelled, or is an argument of the constructor.
            kombu.exceptions.EncodeError: an argument cannot be serialised.
        """
        if self.app.conf.task_always_eager:
            with allow_join_result():
                return self.apply(args, kwargs, **options)
        options = self._checked(options)
        positional, named = self._merged_args(args, kwargs)
        return self._start(list(positional), named, {**self.options, **options})

    def apply_async_on_commit(self, args: Any = None, kwargs: Any = None, **options: Any) -> Run[R_co]:
        """Start a run when Django's transaction commits, as `DjangoTask.apply_async_on_commit` starts a task.

        The run starts after the outermost transaction of the default database. It does not start if that is rolled
        back. Outside a transaction it starts at once. Wrong options are refused at the call.

        Args:
            args: as for `apply_async`.
            kwargs: as for `apply_async`.
            **options: as for `apply_async`; a `countdown` begins at the commit.

        Returns:
            The run. Its id is chosen at the call, so the same transaction can store `run.id`. Before the commit, the
            run is not on record.

        Raises:
            InvalidSettings: Django is not installed.
        """
        checked = self._checked({"task_id": self.options.get("task_id") or uuid(), **options})
        self._check_definition()
        found = installed(self.app)
        return start_on_commit(
            lambda: self.apply_async(args, kwargs, **checked), lambda: found.result(checked["task_id"])
        )

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> Run[R_co]:
        """Start a run when Django's transaction commits; a shortcut for `apply_async_on_commit(args, kwargs)`."""
        return self.apply_async_on_commit(args, kwargs)

    def _check_definition(self) -> None:
        """Refuse a definition that cannot run; the others are checked as they are built."""

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> Run[R_co]:  # type: ignore[override, unused-ignore]
        """Run this workflow in the calling process, one task after the other, without store, broker and result backend.

        Delays, pauses of retries, limits and the deadline have no effect. An approval ends at once with the decision
        of its timeout. Under `task_eager_propagates` the error of a failed run is raised here.

        Args:
            args: as for `apply_async`.
            kwargs: as for `apply_async`.
            **options: as for `apply_async`.

        Returns:
            The `Run`, which has ended. What it tells comes from memory; verbs that change a run are refused.

        Raises:
            NotInstalled: the app has no orchestrator.
            SwarmClosed: a swarm in the workflow is open. Items can be added only to a swarm that runs on workers.
            InvalidWorkflow: a part of the workflow cannot be run, or an approval has no timeout.
            UnknownOption: an option is misspelled, or is an argument of the constructor.
        """
        options = self._checked(options)
        positional, named = self._merged_args(args, kwargs)
        run: Run[R_co] = installed(self.app)._start_eagerly(self, list(positional), named, {**self.options, **options})
        self._applied_eagerly = run
        return run

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        self._check_options(options)
        options["deadline"] = deadline_in_seconds(options.get("deadline", self.kwargs.get("deadline")))
        options.update(self._category_and_tags(options))
        present = {k: v for k, v in options.items() if v is not None}
        check_times({**self.options, **present})
        return present

    def _start(self, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run[R_co]:
        run: Run[R_co] = installed(self.app)._start(self, args, kwargs, options)
        self._applied, self._applied_eagerly = run.id, None
        return run

    def _check_options(self, options: Mapping[str, Any]) -> None:
        """Refuse options of an application that nothing reads.

        Raises:
            UnknownOption: an option is misspelled, or is an argument of the constructor.
        """
        check_options(type(self), options, lambda: self.app, built=True)

    def _category_and_tags(self, options: dict[str, Any]) -> dict[str, Any]:
        values = {name: options.pop(name, None) or self.kwargs.get(name) for name in FILTER_FIELDS}
        return category_and_tags(values["category"], values["tags"] or ())

    @property
    def AsyncResult(self) -> Any:
        """The factory of the `Run` that `freeze` and `apply_async` return."""
        return installed(self.app).result

    @property
    def aio(self) -> PrimitiveAio[R_co]:
        """The async methods: `await signature.aio.apply_async()`; none of them blocks the event loop."""
        return cast("PrimitiveAio[R_co]", Twin(self))

    def stamp(self, visitor: StampingVisitor | None = None, append_stamps: bool = False, **headers: Any) -> Any:
        """Stamp this signature and all nested signatures, as a chain does."""
        stamps = dict(headers)
        for task in self._nested():
            cast("Any", maybe_signature(task, app=self._app)).stamp(visitor, append_stamps, **stamps)
        return super().stamp(visitor, append_stamps, **headers)

    def _merged_args(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Merge the arguments of an application with the partial arguments of the signature."""
        own_args, own_kwargs = self._partial_args
        if self.immutable:
            return tuple(own_args), own_kwargs
        return (*(args or ()), *own_args), {**own_kwargs, **(kwargs or {})}

    def _eager_callbacks(self, state: str, value: Any, options: Mapping[str, Any]) -> None:
        """Call `link` or `link_error` in this process, after an eager application."""
        merged = {**self.options, **options}
        name = "link" if state == "SUCCESS" else "link_error"
        for callback in maybe_list(merged.get(name)) or []:
            cast("Any", maybe_signature(own_copy(callback), app=self.app)).apply((own_copy(value),))


def registered(kind: PrimitiveType) -> PrimitiveType:
    """Decorator that makes Celery rebuild this class of signatures from messages.

    `Signature.register_type` does the same, but in the stubs of Celery it returns any signature class.
    """
    Signature.register_type(name=kind._task_name)(kind)
    return kind
