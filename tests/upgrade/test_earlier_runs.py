"""Runs that an earlier version started end under this one, from each place in which an upgrade may meet them."""

import base64
import json
import os
from pathlib import Path

import pytest

from orchestrator_celery import RunStatus, SwarmFailed
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.workers import Worker

#: One for each version that was recorded; see `record.py`.
RECORDS = sorted(Path(__file__).with_name("records").glob("*.json"))


def raw(value):
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def fields(pairs):
    return {raw(name): raw(value) for name, value in pairs}


def _write_stream(client, key, entries):
    for place, found in entries:
        client.xadd(key, fields(found), id=place)


WRITERS = {
    "string": lambda client, key, value: client.set(key, raw(value)),
    "hash": lambda client, key, value: client.hset(key, mapping=fields(value)),
    "list": lambda client, key, value: client.rpush(key, *map(raw, value)),
    "set": lambda client, key, value: client.sadd(key, *map(raw, value)),
    "zset": lambda client, key, value: client.zadd(key, {raw(member): score for member, score in value}),
    "stream": _write_stream,
}


def load(server, record):
    """Write the keys of a record into an empty server."""
    for db, entries in record["databases"].items():
        with server.client(int(db)) as client:
            for entry in entries:
                key = raw(entry["key"])
                WRITERS[entry["type"]](client, key, entry["value"])
                if entry["ttl"] > 0:
                    client.pexpire(key, entry["ttl"])


@pytest.fixture(scope="module", params=RECORDS, ids=lambda path: path.stem)
def upgraded(request):
    """The project of this version on the data of an earlier one, and the scenes of it; no worker runs yet."""
    with EmbeddedRedis() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_BROKER", server.url(0))
        patch.setenv("TEST_BACKEND", server.url(1))
        from tests.upgrade import project, scenes

        project.app.conf.update(broker_url=server.url(0), result_backend=server.url(1))
        load(server, json.loads(request.param.read_text()))
        yield project, scenes
        project.app.close()


def test_runs_of_an_earlier_version_end(upgraded):
    """Given runs in all states, when workers of this version come, then each ends as its definition says."""
    project, scenes = upgraded
    orchestrator, every = project.orchestrator, {**scenes.SCENES, **scenes.UNBEGUN}
    runs = {name: orchestrator.run(name) for name in every}
    for name, scene in every.items():
        assert (name, runs[name].status.value, runs[name].progress().done) == (name, scene.status, scene.done)
    assert {run.id for run in orchestrator.runs()} == set(every)
    [question] = orchestrator.run("approval").approvals()
    assert question.message == "Pay?"
    with project.gate() as client:
        client.set(project.GATE, 1)
    with Worker(os.environ["TEST_BROKER"], os.environ["TEST_BACKEND"], app="tests.upgrade.project"):
        for name in (name for name, scene in every.items() if scene.suspended):
            runs[name].resume()
        orchestrator.run("approval").approve("second", by="ada")
        swarm = orchestrator.swarm("open-swarm")
        swarm.add_task(project.add.s(3, 4))
        swarm.close()
        with pytest.raises(SwarmFailed, match="not yet"):
            runs["failed-swarm"].get(timeout=10)
        runs["failed-swarm"].retry()
        [saved] = orchestrator.signatures(name=scenes.SAVED)
        again = saved.run()
        for name, scene in every.items():
            found = runs[name].get(timeout=120)
            assert (name, found["decision"] if name == "approval" else found) == (name, scene.result)
            assert runs[name].status is RunStatus.SUCCEEDED
        assert again.get(timeout=120) == 5
    for run in runs.values():
        progress = run.progress()
        assert progress.done == progress.total, run.id
        assert run.tree().state.value == "SUCCEEDED", run.id
    with project.gate() as client:
        assert client.smembers("noted") == {b"0", b"1", b"2", b"3"}
    assert orchestrator.runs("status:RUNNING") == orchestrator.runs("status:PENDING") == []
