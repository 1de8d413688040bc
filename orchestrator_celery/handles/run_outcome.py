"""The outcome of a run, read from the store. Celery's result is a copy of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, cast

from celery import states
from celery.backends.asynchronous import AsyncBackendMixin
from celery.backends.base import DisabledBackend
from celery.backends.rpc import RPCBackend
from celery.exceptions import TimeoutError as CeleryTimeoutError
from celery.result import AsyncResult, assert_will_not_block  # type: ignore[attr-defined, unused-ignore]
from vine import promise

from orchestrator_celery.canvas.primitive import R_co
from orchestrator_celery.dispatch.run_results import RunGoesOn
from orchestrator_celery.errors import OrchestratorError, RunCancelled, RunNotFound
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.printing.safe_text import safe_str
from orchestrator_celery.model.printing.text import printable
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.head.fields import HeadField
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.store.availability import UNREACHABLE

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("RunOutcome",)

#: Longest wait, in seconds, for a message of the result backend before the store is polled again.
_MESSAGE = 1.0
#: Longest wait, in seconds, for the message that tells Celery of the end.
_TELLING = 5.0
#: Seconds between two polls of the store if the result backend sends no messages: at first, and at most.
_FIRST, _LONGEST = 0.02, 0.5


class _PatientPoll:
    """Polls the store for the end of a run, and tolerates that the store is away for a while.

    Args:
        ended: asks the store whether the run has ended.
        patience: seconds for which the store may be away.
    """

    def __init__(self, ended: Callable[[], bool], patience: float) -> None:
        self._ended = ended
        self._patience = patience
        self._away: float | None = None

    def poll(self) -> bool:
        """Ask once; return False while the store is away.

        Raises:
            StoreUnavailable: the store has been away for too long.
        """
        try:
            ended = self._ended()
        except UNREACHABLE:
            now = time.monotonic()
            self._away = now if self._away is None else self._away
            if now - self._away > self._patience:
                raise
            return False
        self._away = None
        return ended


if TYPE_CHECKING:

    class _Result(AsyncResult[R_co]): ...

else:  # Celery's own class takes no type parameter

    class _Result(AsyncResult, Generic[R_co]):
        pass


class RunOutcome(_Result[R_co], Generic[R_co]):
    """The part of `Run` that `AsyncResult` defines: state, result, waiting.

    It reads the run's record, and Celery's result only if there is no record.
    """

    #: Whether this handle has seen the record of the run.
    _seen = False

    if TYPE_CHECKING:

        @property
        def _container(self) -> Container: ...

        _head: Callable[[], Head]

    def get(  # type: ignore[override, unused-ignore]
        self, timeout: float | None = None, propagate: bool = True, **options: Any
    ) -> R_co:
        """Wait for the end of the run; return its result, or raise its error.

        The result comes from the run's record, so it needs no result backend and is there until the record is deleted.
        The failure of a chord raises the error of the task that failed, while Celery's copy is a `ChordError`.

        Args:
            timeout: seconds to wait at most.
            propagate: raise the error of a failed run; False: return the error.
            **options: the other arguments of `AsyncResult.get`, of which `interval` and `no_ack` have no effect.

        Raises:
            celery.exceptions.TimeoutError: the run has not ended in time; it continues.
            RunNotFound: the record of the run was deleted during the wait.
            RunCancelled: the run was cancelled.
            StoreUnavailable: the store was away for longer than `orchestrator_store_patience`.
        """
        if self.ignored:
            return cast("R_co", None)
        if options.get("disable_sync_subtasks", True):
            assert_will_not_block()
        until = None if timeout is None else time.monotonic() + timeout
        parents = propagate and options.get("follow_parents", True) and self.parent is not None
        pause, end = _FIRST, _PatientPoll(self._has_ended, self._container.settings.store_patience)
        while True:
            if parents:
                self._maybe_reraise_parent_error()  # type: ignore[attr-defined, unused-ignore]
            if end.poll():
                self._wait_until_told(until)
                return cast("R_co", self._deliver(propagate, options.get("callback")))
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise CeleryTimeoutError(f"The run {printable(self.id)} did not end in {timeout:g} s; it continues.")
            self._pause(pause if left is None else min(pause, left), left, options.get("on_message"))
            pause = min(pause * 2, _LONGEST)
            if options.get("on_interval") is not None:
                options["on_interval"]()

    wait = get  # type: ignore[assignment, unused-ignore]

    def outcome(self) -> R_co:
        """Return the result from the run's record without waiting; raise the error of a failed run.

        Raises:
            OrchestratorError: the run has not ended.
            RunNotFound: the run has no record.
        """
        status = RunStatus(self._head()["status"].decode())
        if not status.ended:
            raise OrchestratorError(f"The run {self.id} is {status}, so it has no outcome yet. Wait with `run.get()`.")
        try:
            return cast("R_co", self._container.results.outcome(self.id))
        except RunGoesOn as exc:
            raise OrchestratorError(f"{exc} Wait with `run.get()`.") from exc

    def then(self, callback: Any, on_error: Any = None, weak: bool = False) -> Any:
        """Call a function when Celery's message about the end arrives. The arguments are those of `AsyncResult.then`.

        Raises:
            OrchestratorError: the app has no result backend, which would send this message.
        """
        if isinstance(self.backend, DisabledBackend):
            raise OrchestratorError(
                "`then` waits for a message of the result backend, and the app has none: set `result_backend`, or wait "
                "with `run.get()` or `run.watch()`."
            )
        return super().then(callback, on_error, weak)

    def forget(self) -> None:
        """Delete Celery's copy of the result. The run's record stays, so `get` and `result` still work."""
        with suppress(NotImplementedError, FileNotFoundError):  # there may be no copy
            super().forget()

    def revoke(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to revoke the run as a task, because its tasks would still run; only Celery's copy would change.

        Raises:
            OrchestratorError: always; the message names the verbs to use.
        """
        raise OrchestratorError(
            f"The run {printable(self.id)} cannot be revoked as a task: call `run.cancel(confirm=True)` to stop and "
            "delete it, `run.interrupt()` to stop its tasks for now, or `run.suspend()` to let them finish."
        )

    revoke_by_stamped_headers = revoke

    # -- the sources of AsyncResult ------------------------------------------------------------------

    def _get_task_meta(self) -> Any:
        """Return the result for `AsyncResult`: from the store, or from Celery if the store has no record."""
        if self._cache is not None:
            return self._cache
        meta = self._recorded_meta()
        if meta is None:
            meta = self._celery_meta()
        if meta["status"] in states.READY_STATES:
            meta = self._set_cache(meta)  # type: ignore[attr-defined, unused-ignore]
            self.on_ready(self)
        return meta

    def _recorded_meta(self) -> dict[str, Any] | None:
        status, finished = self._container.reader.head_fields(self.id, HeadField.STATUS, HeadField.FINISHED)
        if status is None:
            return None
        self._seen = True
        meta: dict[str, Any] = {"task_id": self.id, "status": states.PENDING, "result": None, "traceback": None}
        meta["children"] = []
        if status == b"CANCELLED":
            return {**meta, "status": states.REVOKED, "result": RunCancelled.of(self.id)}
        if not RunStatus(status.decode()).ended:
            return meta
        try:
            result, error = self._container.results.result_or_error(self.id)
        except (RunNotFound, RunGoesOn) as exc:  # the run was deleted, or retried, meanwhile
            return None if isinstance(exc, RunNotFound) else meta
        if finished is not None:
            meta["date_done"] = from_ms(finished)
        if error is None:
            return {**meta, "status": states.SUCCESS, "result": result}
        trace = safe_str(error.__cause__ or "").strip() or None
        return {**meta, "status": states.FAILURE, "result": error, "traceback": trace}

    def _celery_meta(self) -> dict[str, Any]:
        if isinstance(self.backend, DisabledBackend):
            return {"task_id": self.id, "status": states.PENDING, "result": None, "traceback": None}
        # Celery's cache would return the old result if the id of the run is used again.
        options = {} if isinstance(self.backend, RPCBackend) else {"cache": False}
        found: dict[str, Any] = self.backend.get_task_meta(self.id, **options)
        return found

    def _has_ended(self) -> bool:
        """Whether the run has ended.

        Raises:
            RunNotFound: this handle has seen the run, and its record is deleted.
        """
        if self._cache is not None or self._get_task_meta()["status"] in states.READY_STATES:
            return True
        if self._seen and self._container.reader.head_field(self.id, HeadField.STATUS) is None:
            raise RunNotFound(
                f"The run {printable(self.id)} and its result were deleted: its signature was purged, or its retention "
                "is over."
            )
        return False

    def _wait_until_told(self, until: float | None) -> None:
        """Wait until Celery has its copy and has sent what follows the run, as `AsyncResult.get` does; not for long."""
        last = time.monotonic() + _TELLING
        if until is not None:
            last = min(last, until)
        with suppress(*UNREACHABLE):
            while time.monotonic() < last:
                status, closed = self._container.reader.head_fields(self.id, HeadField.STATUS, HeadField.CLOSED)
                if closed is not None or status in (None, b"CANCELLED"):
                    return
                time.sleep(_FIRST)

    def _deliver(self, propagate: bool, callback: Callable[[str, Any], Any] | None) -> Any:
        meta = self._get_task_meta()
        value = meta["result"]
        if meta["status"] in states.PROPAGATE_STATES:
            if propagate:
                raise self._own_error() or value
            return value
        if callback is not None:
            callback(self.id, value)
        return value

    def _own_error(self) -> BaseException | None:
        """Return the error of the failed task; None if the run has no record, or the store is away."""
        with suppress(RunNotFound, RunGoesOn, KeyError, *UNREACHABLE):
            if self._recorded_status() is RunStatus.FAILED:
                return self._container.results.result_or_error(self.id, own=True)[1]
        return None

    def _recorded_status(self) -> RunStatus | None:
        status = self._container.reader.head_field(self.id, HeadField.STATUS)
        return RunStatus(status.decode()) if status else None

    def _read_again(self) -> None:
        """Take Celery's message as a sign only: it may be late, and tell an end that the run had before a retry."""
        if self._seen and self._recorded_status() is not None:
            self._cache = None
            self.on_ready = promise(self._on_fulfilled, weak=True)  # type: ignore[attr-defined, unused-ignore]

    def _pause(self, seconds: float, left: float | None, on_message: Any) -> None:
        """Wait for Celery's message about the end, or a fixed time if the result backend sends no messages."""
        if not isinstance(self.backend, AsyncBackendMixin) or isinstance(self.backend, RPCBackend):
            time.sleep(seconds)
            return
        wait = _MESSAGE if left is None else min(_MESSAGE, left)
        try:
            super().get(wait, propagate=False, follow_parents=False, disable_sync_subtasks=False, on_message=on_message)
            self._read_again()
        except CeleryTimeoutError:
            pass
        except Exception:  # the result backend is away: poll the store again
            time.sleep(seconds)
