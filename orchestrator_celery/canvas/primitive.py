"""What all canvas primitives share: they are signatures, and applying one starts a run.

A primitive keeps its definition in `kwargs` under fixed names, as Celery's
chain and chord do, so that it serialises, clones and travels in messages as
any signature. Arguments it is given when it is applied wait in `args` (and
in `kwargs` under other names) and go to the first tasks of its workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, cast

from celery import current_app
from celery.canvas import Signature, maybe_signature
from celery.local import maybe_evaluate
from celery.result import allow_join_result
from celery.utils.functional import maybe_list

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.errors import InvalidWorkflow, NotInstalled

if TYPE_CHECKING:
    from celery import Celery
    from celery.canvas import StampingVisitor
    from celery.result import EagerResult

    from orchestrator_celery.handles.async_twins import PrimitiveAio
    from orchestrator_celery.handles.run import Run

__all__ = ("Primitive", "deadline_in_seconds", "installed", "refuse_misspelt", "signatures")


#: Arguments of every primitive by which its runs are found.
_FILING = frozenset({"category", "tags"})


def installed(app: Celery) -> Any:
    """The orchestrator of an app.

    Raises:
        NotInstalled: the app has none.
    """
    orchestrator = getattr(app, "orchestrator", None)
    if orchestrator is None:
        raise NotInstalled(
            f"The Celery app {app.main!r} has no orchestrator: add `orchestrator = Orchestrator(app)` "
            "in the module that makes the app, which both clients and workers import."
        )
    return orchestrator


def refuse_misspelt(options: Mapping[str, Any], kind: type[Primitive]) -> None:
    """Refuse what is nearly the name of an argument: as an execution option it would be taken and do nothing.

    Raises:
        TypeError: names the argument that may be meant.
    """
    for option in options.keys() - _FILING:
        if near := get_close_matches(option, kind.fields, 1, cutoff=0.8):
            raise TypeError(f"{kind.__name__}() got an unexpected argument {option!r}: did you mean {near[0]!r}?")


def filing(category: Any, tags: Any) -> dict[str, Any]:
    """What a run is found by, as it travels in messages; what is not given is left out.

    Raises:
        InvalidWorkflow: not a word, or not a list of words.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise InvalidWorkflow(f"tags={tags!r} is not allowed: give a list of words, such as tags=['eu'].")
    words = list(dict.fromkeys(tags))
    for word in [*words, *(() if category is None else (category,))]:
        if not isinstance(word, str) or not word:
            raise InvalidWorkflow(f"{word!r} is not allowed as a category or tag: give a word.")
    return {**({"category": category} if category else {}), **({"tags": words} if words else {})}


def deadline_in_seconds(value: Any, name: str = "deadline", what: str = "the seconds the run may take") -> float | None:
    """A deadline as it travels in messages: seconds.

    Raises:
        InvalidWorkflow: it is neither a number of seconds above 0 nor a timedelta.
    """
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < inf:
        raise InvalidWorkflow(f"{name}={value!r} is not allowed: give {what}, more than 0, or a timedelta.")
    return float(seconds)


def signatures(value: Any, name: str) -> list[Signature]:
    """One signature or several as a list.

    Raises:
        InvalidWorkflow: one of them is not a signature.
    """
    found: Iterable[Any] = () if value is None else maybe_list(value)
    for sig in found:
        if not isinstance(sig, dict):
            raise InvalidWorkflow(f"{name}={sig!r} is not a signature: pass task.s(...) or a list of signatures.")
    return list(found)


class Primitive(Signature):
    """Base of the canvas primitives; not used by itself."""

    #: Name of the registered task that starts it, and its `subtask_type`.
    task_name: ClassVar[str]
    #: Names in `kwargs` that define it.
    fields: ClassVar[tuple[str, ...]]
    #: Id of the run this very object was last applied as.
    applied: str | None = None

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
            self.task_name,
            args=args,
            kwargs={**definition, **filing(category, tags)},
            options=options,
            app=app,
            immutable=immutable,
            subtask_type=self.task_name,
        )

    @classmethod
    def from_dict(cls, d: dict[str, Any], app: Celery | None = None) -> Primitive:
        """Rebuild from a message; nested signatures become signatures again."""
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
        """Turn nested dicts back into signatures of our own copy."""
        raise TypeError(f"{type(self).__name__} does not say what is nested in it.")

    def nested(self) -> list[Any]:
        """The signatures in it, for stamping and for finding the app."""
        raise TypeError(f"{type(self).__name__} does not say what is nested in it.")

    @property
    def label(self) -> str | None:
        """The name the user gave it."""
        name: str | None = self.kwargs.get("name")
        return name

    @property
    def given(self) -> tuple[list[Any], dict[str, Any]]:
        """Partial arguments it carries, positional and by keyword."""
        return list(self.args), {k: v for k, v in self.kwargs.items() if k not in self.fields}

    @property
    def app(self) -> Any:
        """The app of the signature, else of the first signature in it, else the current one."""
        if self._app is not None:
            return self._app
        for task in self.nested():
            if isinstance(task, Signature):
                # A chain or group knows the app of its tasks without being bound to one itself.
                return maybe_evaluate(task.app)
        return current_app._get_current_object()

    def set(self, immutable: bool | None = None, **options: Any) -> Primitive:
        """As `Signature.set`; `deadline`, `category` and `tags` are checked here and now."""
        self.kwargs.update(filing(options.pop("category", None), options.pop("tags", ())))
        if "deadline" in options:
            self.kwargs["deadline"] = deadline_in_seconds(options.pop("deadline"))
        changed: Primitive = super().set(immutable=immutable, **options)
        return changed

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Start it, as calling a chain does."""
        return self.apply_async(args, kwargs)

    def apply_async(
        self, args: Any = None, kwargs: Any = None, route_name: str | None = None, **options: Any
    ) -> Run | EagerResult:
        """Start a run of this workflow.

        Args:
            args: partial positional arguments, prepended for the first tasks, as in a chain or group.
            kwargs: partial keyword arguments for the same tasks.
            route_name: taken and ignored, as by Celery's own composites.
            **options: as for `Signature.apply_async`. `task_id` is an idempotency key: applying again
                with the id of a known run starts nothing. `deadline` is how long the run may take, in
                seconds or as a timedelta; then it FAILS with `DeadlineExceeded`. `category` and `tags` stand
                in place of the signature's own. `countdown` and `eta` delay the start; the deadline counts from then.
                Routing options, priority, time limits, `serializer`, `expires` and the like go to every task in it.

        Returns:
            The `Run`; under `task_always_eager` an `EagerResult`.

        Raises:
            NotInstalled: the app has no orchestrator.
            StoreNotConfigured: there is no Redis to keep the run in.
            StoreUnavailable: the store did not answer; nothing was started.
            InvalidWorkflow: something in it cannot be run.
            kombu.exceptions.EncodeError: an argument cannot be serialised.
        """
        app = self.app
        options["deadline"] = deadline_in_seconds(options.get("deadline", self.kwargs.get("deadline")))
        options.update(self._filed(options))
        options = {k: v for k, v in options.items() if v is not None}
        if app.conf.task_always_eager:
            # Nobody is there to end, or to look for, what runs in the caller's own process.
            options = {k: v for k, v in options.items() if k != "deadline" and k not in _FILING}
            with allow_join_result():
                return self.apply(args, kwargs, **options)
        own_args, own_kwargs = self.given
        if not self.immutable:
            own_args = [*(args or ()), *own_args]
            own_kwargs = {**own_kwargs, **(kwargs or {})}
        return self._start(own_args, own_kwargs, {**self.options, **options})

    def _start(self, args: list[Any], kwargs: dict[str, Any], options: dict[str, Any]) -> Run:
        run: Run = installed(self.app).start(self, args, kwargs, options)
        self.applied = run.id
        return run

    def _filed(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {name: options.pop(name, None) or self.kwargs.get(name) for name in _FILING}
        return filing(given["category"], given["tags"] or ())

    @property
    def AsyncResult(self) -> Any:
        """Makes the `Run` that `freeze` and `apply_async` give back."""
        return installed(self.app).result

    @property
    def aio(self) -> PrimitiveAio:
        """The same methods for asyncio: `await signature.aio.apply_async()`; none blocks the event loop."""
        return cast("PrimitiveAio", Twin(self))

    def stamp(self, visitor: StampingVisitor | None = None, append_stamps: bool = False, **headers: Any) -> Any:
        """Stamp it and everything in it, as a chain does."""
        stamps = dict(headers)
        for task in self.nested():
            maybe_signature(task, app=self._app).stamp(visitor, append_stamps, **stamps)
        return super().stamp(visitor, append_stamps, **headers)

    def eager_args(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Partial arguments of an eager application, merged with those it carries."""
        own_args, own_kwargs = self.given
        if self.immutable:
            return tuple(own_args), own_kwargs
        return (*(args or ()), *own_args), {**own_kwargs, **(kwargs or {})}

    def eager_callbacks(self, state: str, value: Any, options: Mapping[str, Any]) -> None:
        """Fire `link` or `link_error` in this process, after an eager application."""
        merged = {**self.options, **options}
        name = "link" if state == "SUCCESS" else "link_error"
        for callback in maybe_list(merged.get(name)) or []:
            maybe_signature(callback, app=self.app).apply((value,))
