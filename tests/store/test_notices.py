"""Notices that a run owes: written with the change of status, kept until they were sent, at no cost without rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.ids import CLOSE
from orchestrator_celery.records.notices.pending import parse_owed
from orchestrator_celery.records.notices.rules import Rule
from orchestrator_celery.store import Refused, Store
from orchestrator_celery.store.notices.rules import MOST_RULES, Rules
from orchestrator_celery.store.scripting.script_call import Subscribed
from tests.kit.resending import resending_client

from .play import Play
from .test_lifecycle import begin, fail, stop
from .trees import chain, leaf, unit

EVERY = "PENDING,RUNNING,SUSPENDED,INTERRUPTED,SUCCEEDED,FAILED,CANCELLED"


class Asked(Play):
    """A run whose caller knows of subscriptions.

    Args:
        client: the store's client.
        statuses: those that a subscription asks for.
    """

    def __init__(self, client: Redis, statuses: str) -> None:
        self.told: list[str] = []
        subscribed = Subscribed(lambda: statuses, lambda run, change: self.told.append(change.status))
        super().__init__(Store(client, OrchestratorSettings(window=8, retention=100), subscribed=subscribed))

    def owed(self, run: str = "r") -> list[str]:
        """The statuses that the run owes notices of."""
        return [change.status for change in parse_owed(self.field("notices", run) or b"")]

    def field(self, name: str, run: str = "r") -> bytes | None:
        """A field of the head."""
        return self.redis.hget(self.store.keys.root(run), name)

    def pay(self) -> None:
        """Send all notices."""
        self.store.notices.sent("r", (self.field("notices") or b"").decode().split())


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (begin, "PENDING RUNNING"),
        (fail, "PENDING RUNNING FAILED"),
        (lambda play: play.run_out(), "PENDING RUNNING SUCCEEDED"),
        (lambda play: (play.store.suspend("r"), play.store.resume("r")), "PENDING SUSPENDED PENDING"),
        (lambda play: (begin(play), play.store.interrupt("r"), stop(play)), "PENDING RUNNING INTERRUPTED"),
        (lambda play: (fail(play), play.store.retry("r")), "PENDING RUNNING FAILED RUNNING"),
        (lambda play: play.store.cancel("r", "", view="{}"), "PENDING CANCELLED"),
        (lambda play: play.store.overdue("r", b"late", inner=True), "PENDING FAILED"),
    ],
    ids=["begins", "fails", "succeeds", "suspended", "interrupted", "retried", "cancelled", "late"],
)
def test_a_transition_owes_what_was_asked_for(client: Redis, happens: Callable[[Play], object], expected: str) -> None:
    """Given rules for some statuses, when these come, then the run owes them, and no other; the caller is told."""
    for statuses in (EVERY, "FAILED,CANCELLED", ""):
        client.flushall()
        play = Asked(client, statuses)
        play.start(unit(chain(leaf(), leaf())))
        happens(play)
        wanted = [status for status in expected.split() if status in statuses]
        assert play.owed() == wanted
        assert play.field("owed") is not None or not wanted or "CANCELLED" in expected
        assert play.told == [status for status in wanted if status != "CANCELLED"], "the caller knows that it cancels"


def test_a_run_that_owes_is_kept_and_checked(client: Redis) -> None:
    """Given an ended run with a notice to send, then it has no time to live, is no purge's, and the sweep sees it."""
    play = Asked(client, "SUCCEEDED")
    play.start(unit(leaf()))
    play.run_out()
    play.claim(CLOSE)
    assert play.store.ended(play.leaf(CLOSE)).detail == 0
    assert client.ttl(play.store.keys.root("r")) == -1
    assert play.store.signatures.purge("r").refused is Refused.STATE
    [check] = play.store.due_index.check(["r"])
    assert (check.state, check.pending_side_effects) == ("ok", True)
    play.pay()
    assert all(0 < client.ttl(key) <= 100 for key in play.keys())
    assert [check.state for check in play.store.due_index.check(["r"])] == ["over"]


def test_what_is_sent_is_taken_off_one_by_one(client: Redis) -> None:
    """Given several changes, when one is sent twice and others come, then only what was sent is off."""
    play = Asked(client, EVERY)
    play.start(unit(leaf()))
    first = (play.field("notices") or b"").decode()
    play.store.suspend("r")
    for _ in range(2):
        play.store.notices.sent("r", [first])
    assert play.owed() == ["SUSPENDED"]
    assert play.field("owed") == b"1"
    play.pay()
    assert play.owed() == []
    assert play.field("owed") is None


def test_a_cancelled_run_owes_what_it_owed_before(client: Redis) -> None:
    """Given a failure that was not told yet, when the run is cancelled, then both are owed, with the view before."""
    play = Asked(client, "FAILED")
    play.start(unit(leaf()))
    fail(play)
    play.store.cancel("r", "", view='{"id": "r"}')
    assert play.owed() == ["FAILED"]
    assert play.field("view") == b'{"id": "r"}'
    play.pay()
    assert play.owed() == []
    assert play.store.erase("r").refused is None
    other = Asked(client, "FAILED")
    other.start(unit(leaf()))
    other.store.cancel("r", "", view='{"id": "r"}')
    assert other.field("view") is None, "nobody asked"


def test_a_lost_answer_leaves_the_debt_for_a_sweep(client: Redis) -> None:
    with resending_client(client) as losing:
        play = Asked(losing, EVERY)
        play.start(unit(leaf()))
        play.store.suspend("r")
    assert play.owed() == ["PENDING", "SUSPENDED"]
    assert play.store.due_index.check(["r"])[0].pending_side_effects


def test_rules_are_read_again_after_a_while(client: Redis, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a process that has read the rules, when another one changes them, then it knows after five seconds, and it
    asks no more often than that."""
    mine, other = Rules(client, store.keys), Rules(client, store.keys)
    clock = 0.0
    monkeypatch.setattr("orchestrator_celery.store.notices.rules.time.monotonic", lambda: clock)
    assert mine.statuses() == ""
    before = client.info("commandstats")["cmdstat_hgetall"]["calls"]
    other.add(Rule("n", "a1", "", ("SUCCEEDED", "FAILED"), "t", b"{}"))
    for _ in range(100):
        assert mine.statuses() == ""
    assert client.info("commandstats")["cmdstat_hgetall"]["calls"] == before
    clock = 5.0
    assert mine.statuses() == "SUCCEEDED,FAILED"
    mine.remove("n", "a1")
    assert mine.statuses() == "", "its own changes it knows at once"


def test_names_and_numbers_of_rules(client: Redis, store: Store) -> None:
    rules = Rules(client, store.keys)
    first, second = Rule("n", "a1", "x", ("FAILED",), "t", b"\n\n"), Rule("n", "a2", "", ("FAILED",), "t", b"{}")
    assert rules.add(first) is None
    assert rules.add(second) is Refused.EXISTS
    assert [rule._replace(created=0.0) for rule in rules.all()] == [first]
    assert rules.all()[0].created == pytest.approx(store.now() * 1000, abs=60_000)
    assert not rules.remove("n", "a2"), "another rule has this name"
    assert rules.remove("n", "a1")
    assert not rules.remove("n", "a1")
    for number in range(MOST_RULES):
        assert rules.add(second._replace(name=str(number))) is None
    assert rules.add(second) is Refused.FULL
    assert rules.add(second._replace(name="7")) is None, "the same again"
