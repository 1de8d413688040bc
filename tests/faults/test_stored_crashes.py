"""R3 for stored signatures: whoever saves, runs, marks or purges may die at any point; nothing is lost, no key is left."""

import time

import pytest

from orchestrator_celery import SignatureGone, SignatureInUse
from orchestrator_celery.testing import points
from tests.faults.test_crash_points import HASTY, STORED, kind
from tests.kit import project as p
from tests.kit.answers import is_answers
from tests.kit.clients import crash_client
from tests.kit.waiting import wait_for

#: These tests are about messages.
pytestmark = pytest.mark.message_each

STORY = """
import time
from tests.kit.project import *
kept = orchestrator.save(nap.si(1), name="story")
run = kept.run()
run.get(timeout=120)
while orchestrator.container.store.due_index.alive(run.id):
    time.sleep(0.02)
kept.delete(after=3600)
kept.restore()
kept.delete(after=3600)
kept.purge(confirm=True)
"""


def left(client):
    """Keys of runs and signatures; uploads and answers to callers, which expire by themselves, aside."""
    found = [key for key in client.scan_iter("orc:{*") if not is_answers(client, key)]
    return [key for key in found if not (b":d:" in key and client.ttl(key) > 0)]


@pytest.mark.parametrize("point", [point for point in points() if kind(point) in STORED])
def test_r3_a_client_of_signatures_crashes_at(default_site, ledger, tmp_path, point):
    default_site.worker(**HASTY)
    crash_client(default_site, point, tmp_path / "crashed", STORY)
    store, o = p.orchestrator.container.store, p.orchestrator
    for kept in o.signatures(saved=True):
        for field in store.client.hkeys(store.keys.root(kept.id)):
            if field.startswith(b"new:"):  # an hour later
                store.client.hset(store.keys.root(kept.id), field, int(time.time() * 1000) - 4_000_000)
        wait_for(lambda kept=kept: purged(kept), 40, "the purge")
    # What was claimed is finished by the reconciler.
    wait_for(lambda: left(store.client) == [], 40, "nothing to be left")
    assert store.client.zcard(store.keys.signatures) <= 1, "one that was listed before it was to exist"
    assert store.client.zcard(store.keys.deletions) <= 1
    assert len(ledger.entries("start")) <= 1
    audit = [entry for entry in o.audit(verb="purge") if not entry.refused]
    assert len(audit) <= 2


def purged(kept):
    try:
        kept.purge(confirm=True)
    except SignatureInUse:
        return False
    except SignatureGone:
        return True
    return True
