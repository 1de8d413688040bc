"""Subscriptions: rules that have a signature sent when the status of a run changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from celery.canvas import Signature

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.engine.task_names import task_names
from orchestrator_celery.errors import InvalidSubscription
from orchestrator_celery.lifecycle.audit import record
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.filters.words import filter_word
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.model.printing.text import nearest
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.notices.rules import Rule, write_rule
from orchestrator_celery.store import Refused
from orchestrator_celery.store.notices.rules import MOST_RULES
from orchestrator_celery.views.workers import list_workers

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.async_twins import SubscriptionAio

__all__ = ("Subscribing", "Subscription")

_LONGEST_NAME = 100
#: Most bytes of a rule: every process reads all rules now and then.
_LARGEST = 65_536


class Subscription:
    """A rule: when a matching run changes to one of the statuses, a signature is sent.

    Args:
        rule: the stored rule.
        container: the parts of the orchestrator.
    """

    def __init__(self, rule: Rule, container: Container) -> None:
        #: Its name.
        self.name: str = rule.name
        #: The text form of the filter; '' for all runs.
        self.where: str = rule.where
        #: The statuses.
        self.on: tuple[RunStatus, ...] = tuple(RunStatus(status) for status in rule.on)
        #: The name of the task that is sent, or of the first one of a workflow.
        self.task: str = rule.task
        self._rule = rule
        self._container = container

    @property
    def created(self) -> datetime:
        """When it was made, in UTC. Earlier changes are not told."""
        return from_ms(self._rule.created)

    @property
    def aio(self) -> SubscriptionAio:
        """The same methods for asyncio: `await subscription.aio.delete()`."""
        return cast("SubscriptionAio", Twin(self))

    def delete(self) -> bool:
        """Delete the subscription. Notices that were not sent yet are dropped.

        Returns:
            Whether this call deleted it; False if it was deleted before.
        """
        done = self._container.rules.remove(self.name, self._rule.id)
        if done:
            _note(self._container, "unsubscribe", self.name)
        return done

    def __repr__(self) -> str:
        on = ",".join(self.on)
        return f"<Subscription {self.name}: {on} of {self.where or 'all runs'} to {self.task}>"


class Subscribing:
    """Makes and lists subscriptions; part of `Orchestrator`."""

    #: The parts that handles and workers use; not part of the public interface.
    container: Container

    def subscribe(
        self,
        where: RunFilter | str,
        signature: Signature,
        *,
        on: Iterable[RunStatus | str] | RunStatus | str = (RunStatus.FAILED,),
        name: str | None = None,
    ) -> Subscription:
        """Have a signature sent when a run that matches a filter changes to one of the statuses.

        It gets a `Notice` as a dict in front of its own arguments, unless it is immutable. It is started as a run, once
        for each change, even if processes die. Other processes heed the subscription after five seconds at the latest.
        Runs that a subscription starts are not told to subscriptions.

        Args:
            where: the filter, as for `runs()`; '' for all runs. A run is compared with its new status.
            signature: a task, or a workflow.
            on: the statuses.
            name: the name, for lists; made up by default.

        Raises:
            InvalidSubscription: the name is taken or not allowed, a task is not known, or there are too many
                subscriptions.
            OrchestratorError: a word of the filter or a status is not known.
            InvalidWorkflow: the signature is none.
            ForeignSignature: the signature is bound to another app.
        """
        rule = self._rule(RunFilter.parse(str(where)), signature, on, name)
        _check_added(rule, self.container.rules.add(rule))
        _note(self.container, "subscribe", rule.name)
        stored = [found for found in self.container.rules.all() if found.id == rule.id]
        return Subscription(stored[0] if stored else rule, self.container)

    def subscriptions(self) -> list[Subscription]:
        """List the subscriptions, the newest first."""
        return [Subscription(rule, self.container) for rule in reversed(self.container.rules.all())]

    def _rule(
        self,
        where: RunFilter,
        signature: Signature,
        on: Iterable[RunStatus | str] | RunStatus | str,
        name: str | None,
    ) -> Rule:
        container = self.container
        known = uuid4().hex[:12]
        called = known if name is None else name
        _check_name(called)
        statuses = _statuses(on)
        found = container.compiler.check(signature)
        names = sorted(task_names([found]))
        for task in names:
            self._check_task(task)
        if not names:
            raise InvalidSubscription(f"{safe_repr(signature)} has no task, so nothing would be sent: give a task.")
        encoded = container.codec.dump(found, found.options.get("serializer"))
        shown = str(found.get("task")) if len(names) > 1 else names[0]
        rule = Rule(called, known, str(where), tuple(status.value for status in statuses), shown, encoded)
        if len(write_rule(rule)) > _LARGEST:
            raise InvalidSubscription(
                f"The subscription has {len(write_rule(rule)):,} bytes, more than {_LARGEST:,}, because of its "
                "signature's arguments or its filter: pass a reference, such as a key or a path."
            )
        return rule

    def _check_task(self, task: str) -> None:
        tasks = self.container.app.tasks
        if task in tasks or any(task in worker.tasks for worker in list_workers(self.container)):
            return
        near = nearest(task, [known for known in tasks if not known.startswith("celery.")])
        meant = f"did you mean {near!r}? " if near else ""
        raise InvalidSubscription(
            f"The task {safe_repr(task)} is not registered, here or in a running worker: {meant}Import the module "
            "that declares it, or start a worker that has it."
        )


def _note(container: Container, verb: str, name: str) -> None:
    """Write to the audit trail who has changed which subscription."""
    container.audit_stream.append(record(verb, "", name=name).model_dump_json())


def _check_added(rule: Rule, refused: Refused | None) -> None:
    if refused is Refused.EXISTS:
        raise InvalidSubscription(
            f"There is a subscription {rule.name!r}, so nothing was changed: use another name, or delete it first."
        )
    if refused is Refused.FULL:
        raise InvalidSubscription(
            f"There are {MOST_RULES} subscriptions, which is the most an app can have: delete one, or let one "
            "subscription with a wider filter start a task that decides whom to tell."
        )


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidSubscription(
            f"name={safe_repr(name)} is not allowed: give 1 to {_LONGEST_NAME} printable characters."
        )


def _statuses(on: Iterable[RunStatus | str] | RunStatus | str) -> list[RunStatus]:
    words = [on] if isinstance(on, str) else list(on)
    found = [filter_word(RunStatus, "status", word) for word in words]
    if not found:
        raise InvalidSubscription("on=() names no status, so nothing would be sent: give one, such as 'FAILED'.")
    return [status for status in RunStatus if status in found]
