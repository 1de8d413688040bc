"""create: a run exists whole or not at all, and its first leaves are known."""

from __future__ import annotations

import pytest
from celery import Celery
from redis import Redis

import orchestrator_celery.store.transitions.upload as upload_module
from orchestrator_celery import Orchestrator, OrchestratorSettings, StoreUnavailable, Swarm
from orchestrator_celery.model.effects import CloseRun, Dispatch
from orchestrator_celery.model.ids import Fence, LeafId
from orchestrator_celery.store import Refused, Store
from orchestrator_celery.store.transitions.upload import upload

from .play import Play, names
from .trees import chain, chord, definitions, group, leaf, swarm, unit

WINDOW = 8  # of the fixture


@pytest.mark.parametrize(
    ("tree", "first"),
    [
        (unit(leaf()), ["0.0"]),
        (unit(chain(leaf(), leaf())), ["0.0.0"]),
        (unit(group(leaf(), leaf())), ["0.0.0", "0.0.1"]),
        (unit(chord([leaf(), chain(leaf(), leaf())], leaf())), ["0.0.0.0", "0.0.0.1.0"]),
        (swarm(leaf(), leaf(), leaf()), ["0.0", "0.1", "0.2"]),
        (swarm(leaf(), leaf(), leaf(), max_concurrency=2), ["0.0", "0.1"]),
        (swarm(*[leaf()] * (WINDOW + 5)), [f"0.{i}" for i in range(WINDOW)]),
        (swarm(swarm(leaf(), leaf(), max_concurrency=1), leaf()), ["0.0.0", "0.1"]),
        (swarm(swarm(), leaf()), ["0.1"]),
        (unit(chain(swarm(), leaf())), ["0.0.1"]),
        (swarm(open=True), []),
        (swarm(), ["close"]),
        (unit(chain(swarm(), swarm())), ["close"]),
    ],
)
def test_the_first_leaves_are_dispatched(play, tree, first):
    """Given a tree, when the run is created, then exactly the leaves that need nothing are to be sent."""
    assert names(play.start(tree)) == first


def test_a_dispatch_says_all_that_is_needed(play):
    """Given a run with input, when it is created, then the dispatch has id, fence, source of input and definition."""
    [effect] = play.start(unit(leaf(b"what to send")), input=b"[[1], {}]").todo
    born = play.reader.head("r")["created"].decode()
    assert effect == Dispatch(LeafId("r", "0.0", 1), Fence(), "in", b"L\nwhat to send", 0.0, None, born)


def test_without_input_nothing_is_given(play):
    """Given a run without input, then its first leaves are given nothing."""
    [effect] = play.start(unit(leaf())).todo
    assert effect.input_ref == ""


def test_a_delay_is_part_of_the_dispatch(play):
    """Given a countdown or a time in the future, then the dispatch waits that long; a time that is over does not."""
    now = int(play.store.now() * 1000)
    effects = play.start(swarm(leaf(wait=1500), leaf(eta=now + 60_000), leaf(eta=now - 60_000)))
    first, second, third = (effect.wait for effect in effects.todo)
    assert (first, third) == (1.5, 0)
    assert 50 < second <= 60


def test_a_new_run_is_pending(play):
    """Given a new run, then it is PENDING, counts nothing, and its leaves are in the outbox."""
    play.start(swarm(leaf(), leaf(), max_concurrency=1), name="photos")
    head = play.reader.head("r")
    assert (play.status, play.counts(), head["name"], head["window"]) == ("PENDING", (2, 0, 0), b"photos", b"8")
    assert play.queued() == ["0.0"]
    assert [type(event).__name__ for event in play.events()] == ["StatusChanged"]


def test_times_are_the_stores(play):
    """Given a new run, then it was created now by the store's clock, and is listed under that time."""
    before = play.store.now()
    effects = play.start(unit(leaf()))
    created = float(play.reader.head("r")["created"])
    assert before * 1000 - 1 <= created <= play.store.now() * 1000
    assert float(effects.detail) == created == play.redis.zscore(play.store.keys.runs, "r")


def test_an_empty_swarm_has_succeeded_at_once(play):
    """Given a swarm without items, when it is created, then it has ended, and Celery is to be told."""
    assert play.start(swarm()).todo == (CloseRun(LeafId("r", "$", 1)),)
    assert (play.status, play.ended("0").ref) == ("SUCCEEDED", "*0")


def test_a_known_id_is_refused_and_changes_nothing(play):
    """Given a run, when its id is used again, then nothing starts, and every byte of it is as before."""
    play.start(swarm(leaf(), leaf(), max_concurrency=1))
    play.claim("0.0")
    derived = [play.store.keys.due]  # when it is looked at next may change
    before = play.snapshot(but=derived)
    effects = play.start(swarm(leaf(), leaf(), leaf()))
    assert (effects.refused, effects.todo) == (Refused.EXISTS, ())
    assert play.snapshot(but=derived) == before


def test_the_first_messages_of_a_known_id_are_sent_again(play):
    """Given a caller that died before it published, when the id is used again, then there are its messages; once claimed,
    a message is not sent again."""
    play.start(swarm(*[leaf()] * 20, max_concurrency=10))
    assert sorted(names(play.store.due_index.unclaimed("r"))) == [f"0.{index}" for index in range(10)]
    play.claim("0.3")
    assert sorted(names(play.store.due_index.unclaimed("r"))) == [f"0.{index}" for index in range(10) if index != 3]


def test_a_known_id_of_an_ended_run_is_not_looked_at_again(play):
    """Given an ended run, when its id is used again, then it does not become due: a refused call changes nothing."""
    play.start(unit(leaf()))
    play.succeed("0.0")
    play.tell()
    before = play.snapshot()
    assert play.start(unit(leaf())).refused is Refused.EXISTS
    assert play.snapshot() == before


def test_an_upload_that_is_gone_is_refused(play):
    """Given an upload that was dropped before the call (an hour passed), then no run comes to be."""
    script_args = ("gone-token", 2, "window", 8, "events", 100)
    effects = play.store._run("create", "r", *script_args)
    assert (effects.refused, effects.todo) == (Refused.EXPIRED, ())
    assert play.snapshot() == {}


def test_a_large_definition_is_uploaded_in_parts_and_appears_at_once(play):
    """Given more definitions than one call takes, then the run has them all, and no upload is left."""
    assert len(play.start(swarm(*[leaf()] * 2500)).todo) == WINDOW
    assert play.redis.hlen(play.store.keys.definitions("r")) == 2501
    assert play.keys() == [play.store.keys.root("r") + end for end in ("", ":d", ":e", ":l", ":m")]


def test_definitions_of_a_live_run_do_not_expire(play):
    """Given a new run, then no key of it has a time to live: live runs never expire."""
    play.start(swarm(*[leaf()] * 1500))
    assert {key: play.redis.ttl(key) for key in play.keys()} == dict.fromkeys(play.keys(), -1)


def test_a_run_is_due_before_it_exists(play, client):
    """Given definitions on their way in, then the run is due already, so that a maker's death is noticed."""
    upload(play.store.client, play.store.keys, "r", "token", definitions(unit(leaf())).items(), due=True)
    assert play.store.due_index.due_runs(None, 10) == ["r"]
    assert 0 < client.ttl(play.store.keys.upload("r", "token")) <= 3600


def test_a_store_that_is_away_says_so():
    """Given no Redis, when a run is created, then the error says that nothing was started."""
    store = Store(Redis(port=1, retry=None), OrchestratorSettings())
    with pytest.raises(StoreUnavailable, match="was not started"):
        Play(store).start(unit(leaf()))


@pytest.mark.parametrize("tree", [swarm(*[swarm()] * 9000), unit(chain(*[swarm()] * 9000))], ids=["swarm", "chain"])
def test_very_many_empty_parts_are_no_problem(play, tree):
    """Given thousands of parts that end at once, when the run is created, then it has ended as well."""
    assert names(play.start(tree)) == ["close"]
    assert play.status == "SUCCEEDED"


def test_a_caller_is_told_that_its_upload_expired(server, client, monkeypatch):
    """Given an upload that was dropped before the run was made, when a swarm is applied, then that is an error: no
    handle of a run that does not exist is given."""
    monkeypatch.setattr(upload_module, "_UPLOAD_SECONDS", 0)
    app = Celery("expired", set_as_current=False, broker="memory://", backend=server.url())
    task = app.task(client.ping, name="t", shared=False)
    Orchestrator(app)
    with pytest.raises(StoreUnavailable):
        Swarm([task.s()]).apply_async(task_id="r")
    assert list(client.scan_iter("orc:{r}*")) == []


def test_repeating_a_creation_does_not_put_off_the_look_at_the_run(play):
    """Given a live run, when its id is used again and again, then it is looked at no later than it was to be."""
    play.start(unit(leaf()))
    play.store.due_index.due_soon("r")
    play.start(unit(leaf()))
    assert play.store.due_index.due_runs(0, 10) == ["r"]
