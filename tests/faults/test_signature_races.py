"""Races for one signature between processes: whoever comes second is told, no run is lost, no key is left."""

import pytest

from orchestrator_celery import SignatureGone, SignatureInUse, SignatureStatus
from orchestrator_celery.lifecycle.delete import Deletion
from orchestrator_celery.model.ids import CLOSE, Fence, LeafId
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.faults.races import race
from tests.kit.answers import is_answers
from tests.kit.cases import amount
from tests.worker.support import Stand

ROUNDS = amount(250, 1000)


@pytest.fixture
def stand():
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as found:
        yield found


def deletes_and_purges(stand, id):
    try:
        stand.orchestrator.signature(id).delete()
    except SignatureGone:
        return "gone"
    return purges(stand, id)


def purges(stand, id):
    """What the reconciler does with it."""
    try:
        Deletion(stand.orchestrator.container).purge(id, forced=False)
    except SignatureGone:
        return "gone"
    except SignatureInUse:
        return "in use"
    except Exception as exc:
        return str(exc)
    return "purged"


def reruns(stand, id):
    try:
        return stand.orchestrator.signature(id).rerun().id
    except SignatureGone:
        return None


def restores(stand, id):
    try:
        stand.orchestrator.signature(id).restore()
    except SignatureGone:
        return False
    return True


def finishes(stand, id):
    """The body ends, and Celery is told."""
    store = stand.orchestrator.container.store
    [member] = store.signatures.members(id)
    refused = [store.finish(LeafId(member.run, "0.0", 1), Fence(), b"1").refused]
    closing = LeafId(member.run, CLOSE, 1)
    refused += [store.claim(closing, Fence(), "w/1/a").refused, store.ended(closing).refused]
    return refused


def end(stand, run):
    """A run of an empty swarm is over as soon as Celery is told."""
    stand.orchestrator.container.store.claim(LeafId(run, CLOSE, 1), Fence(), "w/1/a")
    stand.orchestrator.container.store.ended(LeafId(run, CLOSE, 1))


def nothing_left(stand, but=()):
    client = stand.orchestrator.container.store.client
    found = {key.decode() for key in client.scan_iter("orc:{*") if not is_answers(client, key)}
    assert {key for key in found if not any(id in key for id in but)} == set()
    keys = stand.orchestrator.container.store.keys
    for index in (keys.runs, keys.due, keys.signatures, keys.deletions):
        assert {member.decode() for member in client.zrange(index, 0, -1)} <= set(but), index


def ended_signatures(stand, count, kind):
    """Signatures with a run that is over: saved ones, or runs themselves."""
    for _ in range(count):
        if kind == "saved":
            kept = stand.orchestrator.save(stand.swarm([]))
            end(stand, kept.run().id)
            yield kept.id
        else:
            run = stand.swarm([]).apply_async()
            end(stand, run.id)
            yield run.id


@pytest.mark.parametrize("kind", ["saved", "run"])
def test_delete_against_rerun(stand, kind):
    """Given a mark and a purge at the moment of a rerun, then the rerun has won and its run lives, or it was refused."""
    ids = list(ended_signatures(stand, ROUNDS // 2, kind))
    won = 0
    for id, deleted, other, run in race(stand, ids, deletes_and_purges, purges, reruns):
        if run is None:
            assert "purged" in (deleted, other) or "gone" in (deleted, other), (deleted, other)
            continue
        won += 1
        assert "purged" not in (deleted, other)
        assert stand.orchestrator.run(run).signature.id == id, (
            "a run that was started is there, and so is its signature"
        )
        assert stand.orchestrator.container.reader.definitions(run, ["0"]) != [None]
        end(stand, run)
        assert purges(stand, id) == "purged"
    print(f"{won} of {len(ids)} reruns came first")
    nothing_left(stand)


def test_restore_against_purge(stand):
    """Given a purge at the moment of a restoration, then it is restored and whole, or it was refused and is gone."""
    ids = list(ended_signatures(stand, ROUNDS, "saved"))
    for id in ids:
        stand.orchestrator.signature(id).delete()
    restored = []
    for id, first, second, done in race(stand, ids, purges, purges, restores):
        if done:
            assert "purged" not in (first, second)
            kept = stand.orchestrator.signature(id)
            assert kept.status is SignatureStatus.ACTIVE
            assert len(kept.runs()) == 1
            restored.append(id)
        else:
            assert "purged" in (first, second) or first == second == "gone"
    runs = [view.id for id in restored for view in stand.orchestrator.signature(id).runs()]
    print(f"{len(restored)} of {len(ids)} restorations came first")
    nothing_left(stand, but={*restored, *runs})


def test_purge_against_finish(stand):
    """Given a purge while the last body ends, then the body's end counts, and the purge comes after it."""
    o, ids = stand.orchestrator, []
    for _ in range(ROUNDS):
        kept = o.save(stand.tasks("identity", 1))
        run = kept.run()
        assert o.container.store.claim(LeafId(run.id, "0.0", 1), Fence(), "w/1/a").refused is None
        kept.delete()
        ids.append(kept.id)
    early = 0
    for id, first, second, ended in race(stand, ids, purges, purges, finishes):
        assert ended == [None, None, None], "nothing of a live run is purged"
        if "purged" not in (first, second):
            early += 1
            assert purges(stand, id) == "purged"
    print(f"{early} of {len(ids)} purges came too early")
    nothing_left(stand)
