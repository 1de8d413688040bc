"""What is not part of a run is as it was."""

from celery import chain, chord, group

from tests.kit import project as p


def test_plain_tasks_and_canvas(app):
    assert p.add.delay(1, 2).get(timeout=120) == 3
    assert chain(p.add.s(1, 1), p.add.s(1))().get(timeout=120) == 3
    assert group(p.add.s(1, 1), p.add.s(2, 2))().get(timeout=120) == [2, 4]
    assert chord([p.add.s(1, 1)], p.xsum.s())().get(timeout=120) == 2
    assert p.flaky.delay(2).get(timeout=120) == 2
    assert p.replaced.delay("chain").get(timeout=120) == 13


def test_ids_that_look_like_ours(app):
    for task_id in ("a:b:1", "x:0:1", "x:0.1.l0:2"):
        assert p.add.apply_async((1, 2), task_id=task_id).get(timeout=120) == 3
        assert p.add.apply_async((1, 2), task_id=task_id + "0", parent_id="y").get(timeout=120) == 3


def test_a_foreign_base_class_keeps_its_hook(app, ledger):
    result = p.foreign.delay(1)
    assert result.get(timeout=120) == 2
    assert ledger.entries("foreign") == [["foreign", result.id]]


def test_nothing_is_kept_of_them(app, project):
    client = project.orchestrator.container.store.client
    before = set(client.scan_iter(count=1000))
    result = p.add.delay(1, 2)
    result.get(timeout=120)
    result.forget()
    added = set(client.scan_iter(count=1000)) - before
    # Runs of tests before this one may still end, and then write more keys of theirs.
    known = {key.partition(b"{")[2].partition(b"}")[0] for key in before} - {b""}
    assert [key for key in added if not any(run in key for run in known)] == []


def test_a_task_of_a_run_knows_its_place(app):
    from orchestrator_celery import ComplexSignature

    run = ComplexSignature(p.request_facts.s()).apply_async()
    facts = run.get(timeout=120)
    assert facts["id"] == f"{run.id}:0.0:1"
    assert facts["root"] == facts["parent"] == run.id
