"""The call of a Lua script, and the parsing of its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from orchestrator_celery.errors import FormatTooOld
from orchestrator_celery.model.effects import (
    Await,
    Begun,
    Cause,
    CloseRun,
    Decide,
    Dispatch,
    EdgeContext,
    Effect,
    FailRest,
    Release,
    StartMore,
    Withdraw,
)
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.records.head.fields import GRAPH_FORMAT, NO_APP, AppId, HeadField, check_app, check_format
from orchestrator_celery.records.notices.pending import OwedChange, owed_change
from orchestrator_celery.records.streams.feed import FeedEntry, FeedKind
from orchestrator_celery.store.availability import asking
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts

if TYPE_CHECKING:
    from orchestrator_celery.settings import OrchestratorSettings

__all__ = (
    "NO_SUBSCRIPTIONS",
    "Effects",
    "Refused",
    "Subscribed",
    "Tell",
    "Transitions",
    "check_answer",
    "edge_context",
    "effect",
    "in_chunks",
    "now_ms",
)


#: Answered by every script for a run of a later release; raised as `FormatTooNew`.
NEWER = b"newer"
#: Answered by every script for a run of another app; raised as `ForeignRun`.
FOREIGN = b"foreign"
#: The kind of an effect that tells of a change for the feed of all runs; it is not executed.
CHANGED = b"changed"
#: Answered by scripts that touch graphs for a graph of an earlier release; raised as `FormatTooOld`.
OLDER = b"older"


#: Takes an entry for the feed of all runs.
Tell = Callable[[FeedEntry], None]


class Subscribed(NamedTuple):
    """What a transition has to know about subscriptions.

    Args:
        statuses: returns the statuses that a subscription asks for, separated by commas.
        owed: takes a run and its change of status of which notices are owed; it must not wait.
    """

    statuses: Callable[[], str] = lambda: ""
    owed: Callable[[str, OwedChange], None] = lambda run, change: None


#: No subscription asks for anything.
NO_SUBSCRIPTIONS = Subscribed()


class Refused(str, Enum):
    """The codes with which a script refuses; `RETURNS` in each script says when."""

    GONE = "gone"  #: no such run
    HELD = "held"  #: the run starts no tasks now
    STALE = "stale"  #: a later message has superseded this one, or the node has ended
    DUPLICATE = "duplicate"  #: another delivery of the same message is running
    EXISTS = "exists"  #: a run with this id exists
    EXPIRED = "expired"  #: the upload took longer than an hour
    CLOSED = "closed"  #: the swarm accepts no more items
    FULL = "full"  #: more items than `max_items`
    STATE = "state"  #: the run's status does not allow the verb
    CHANGED = "changed"  #: the run has changed since the confirmed plan was made
    POISONED = "poisoned"  #: the leaf has lost too many processes
    LARGE = "large"  #: a part of the run is too large for one call, and has to be counted first
    UNFINISHED = "unfinished"  #: a retry goes on, which has to be finished first
    EARLY = "early"  #: the start time of the run has not come
    NODE = "node"  #: the node's state does not allow the verb


class Effects(NamedTuple):
    """The answer of a transition: a refusal with details, or the effects to execute next."""

    refused: Refused | None
    todo: tuple[Effect, ...] = ()
    detail: Any = None
    more: tuple[Any, ...] = ()


Subject = TypeVar("Subject", bound="Transitions")


class Transitions:
    """Calls the scripts; each subclass has the transitions of one subject.

    Args:
        client: a redis-py client.
        settings: limits, and the prefix of the keys.
        app: the app that the runs belong to.
        tell: takes the entries for the feed of all runs; it must not wait.
        subscribed: what subscriptions ask for.
    """

    def __init__(
        self,
        client: Any,
        settings: OrchestratorSettings,
        app: AppId = NO_APP,
        tell: Tell = lambda entry: None,
        subscribed: Subscribed = NO_SUBSCRIPTIONS,
    ) -> None:
        self._tell = tell
        self._subscribed = subscribed
        self.client = client
        self.keys = Keys(settings.key_prefix, app)
        self._settings = settings
        self._make_parts()

    def _make_parts(self) -> None:
        """Make what the transitions of a subject need besides; nothing by default."""

    def _beside(self, kind: type[Subject]) -> Subject:
        """Return the transitions of another subject in the same store."""
        return kind(self.client, self._settings, self.keys.app, self._tell, self._subscribed)

    @property
    def _owner(self) -> dict[str, str]:
        """The fields of a head that say which app a run or a signature belongs to."""
        app = self.keys.app
        return {HeadField.APP.value: app.id, HeadField.APP_NAME.value: app.label} if app.id else {}

    def finish_retry(self, run: str) -> Effects:
        """Do the remaining slices of a retry; `refused` if none goes on.

        Any process may do this, several at once too: each slice is done once. The effects of the last slice start the
        run.
        """
        todo, effects = list[Effect](), self._run("go_on_retry", run)
        while effects.refused is None and effects.detail:
            todo += effects.todo
            effects = self._run("go_on_retry", run)
        return effects._replace(todo=(*todo, *effects.todo))

    def _after_retry(self, verb: str, run: str, *args: Any) -> Effects:
        """Call a script that refuses a run whose retry goes on; finish the retry first, if so."""
        todo, effects = list[Effect](), self._run(verb, run, *args)
        while effects.refused is Refused.UNFINISHED:
            todo += self.finish_retry(run).todo
            effects = self._run(verb, run, *args)
        return effects._replace(todo=(*todo, *effects.todo))

    def _run(self, verb: str, run: str, *args: Any, tell: Tell | None = None) -> Effects:
        with asking():
            asked = self._subscribed.statuses()
            caller = f"{self.keys.app.id} {asked}" if asked else self.keys.app.id
            word, effects, *rest = scripts.load(verb).run(self.client, self.keys.root(run), (*args, caller))
        check_answer(word, rest, run, self.keys.app)
        refused = None if word == b"ok" else Refused(word.decode())
        todo = []
        for item in effects:
            if item[0] == CHANGED:
                _, *change, owes_notices = item
                (tell or self._tell)(_change(run, *change))
                if owes_notices:
                    self._subscribed.owed(run, owed_change(change[1], change[2]))
            else:
                todo.append(effect(run, item))
        return Effects(refused, tuple(todo), rest[0] if rest else None, tuple(rest[1:]))


def _change(run: str, node: bytes, status: bytes, place: bytes) -> FeedEntry:
    kind = FeedKind.STATUS if status else FeedKind.AWAITING
    return FeedEntry(kind.value, run, node.decode(), status.decode(), place.decode())


def check_answer(word: bytes, rest: Sequence[Any], run: str, app: AppId) -> None:
    """Refuse the answer of a script about a run that this process may not touch.

    Args:
        word: the first word of the answer.
        rest: what follows the effects.
        run: the run.
        app: the app of this process.

    Raises:
        FormatTooNew: a later release wrote the run.
        FormatTooOld: an earlier release started a graph in it.
        ForeignRun: another app started the run.
    """
    if word == NEWER:
        check_format(rest[0], run)
    if word == OLDER:
        raise FormatTooOld.of(run, int(rest[0]), GRAPH_FORMAT)
    if word == FOREIGN:
        check_app(rest[0], rest[1], run, app)


def edge_context(more: tuple[Any, ...]) -> EdgeContext | None:
    """Parse the data in a claim's answer for choosing the edges of a graph's node."""
    if not more:
        return None
    spec, *rest = more
    if not rest:
        return EdgeContext(spec)
    graph_input, last, visits, found = rest
    records = {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)}
    return EdgeContext(spec, True, graph_input.decode(), json.loads(last), int(visits), records)


def in_chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Split an iterable into lists of at most `size`, holding only one list at a time."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


#: Effects that name nothing but a run.
_OF_A_RUN: dict[bytes, type[FailRest | Release | StartMore | Withdraw]] = {
    b"fail_rest": FailRest,
    b"more": StartMore,
    b"release": Release,
    b"withdraw": Withdraw,
}


def effect(run: str, item: list[Any]) -> Effect:
    """Parse one effect of an answer."""
    kind, node, attempt, *rest = item
    if kind == b"await":
        return Await(run, float(rest[0]) if rest[0] else None)
    if kind == b"begun":
        return Begun(int(attempt) / 1000, rest[0].decode())
    if kind in _OF_A_RUN:
        return _OF_A_RUN[kind](run)
    if kind == b"decide":
        cause, ref, spec, graph_input, last, visits, tries, found, created = rest
        return Decide(
            run,
            node.decode(),
            Cause(cause.decode()),
            ref.decode(),
            spec,
            graph_input.decode(),
            json.loads(last),
            int(visits),
            int(tries),
            {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)},
            created.decode(),
        )
    leaf = LeafId(run, node.decode(), int(attempt))
    if kind == b"close":
        return CloseRun(leaf)
    retries, nesting, input_ref, spec, wait, level, created = rest
    fence = Fence(nesting=int(nesting), retries=int(retries))
    own_level = int(level) if level else None
    return Dispatch(leaf, fence, input_ref.decode(), spec, int(wait) / 1000, own_level, created.decode())


def now_ms(client: Any) -> float:
    """Return the store's clock in milliseconds since the epoch."""
    seconds, micros = client.time()
    return float(seconds) * 1000 + float(micros) / 1000
