"""What is no part of a run is Celery's alone: the wrapped `before_start` asks nobody, and vetoes nobody."""

import pytest
from celery import Task, chain, chord, group
from celery.exceptions import TimeoutError as ResultTimeout
from kombu.utils.uuid import uuid

from tests.kit.waiting import wait_for


@pytest.mark.parametrize("task_id", ["x:0:1", "x:0.1:1", "x:0", "x", ":0:1", "a:b:0.0:2", "x:$:1"])
@pytest.mark.parametrize("parent_id", [None, "y", "x:0:1"])
def test_ids_that_look_like_a_leaf_s(busy, task_id, parent_id):
    task_id, parent_id = (f"{uuid()}{task_id}", parent_id)
    result = busy.tasks("add", 1, 1).apply_async(task_id=task_id, parent_id=parent_id)
    assert result.get(timeout=120) == 2
    assert result.id == task_id


def test_id_that_begins_with_the_parent_s(busy):
    parent = uuid()
    for rest in ("y:0:1", "y", "0", "0:x", "1:1", ":0:1", "0.a:1"):
        result = busy.tasks("add", 1, 1).apply_async(task_id=f"{parent}:{rest}", parent_id=parent)
        assert result.get(timeout=120) == 2, rest


def test_id_that_looks_like_a_leaf_s_of_its_parent(busy):
    """The one form that means a leaf of a run, of a run that is not there; nothing else is ever vetoed."""
    result = busy.tasks("add", 1, 1).apply_async(task_id="x:0:1", parent_id="x")
    assert busy.tasks("add", 2, 2).apply_async().get(timeout=120) == 4
    with pytest.raises(ResultTimeout):
        result.get(timeout=0.5)


def test_tasks_that_start_tasks_have_a_parent_and_run(busy, ledger):
    result = busy.tasks("parent", 3).apply_async()
    children = [busy.app.AsyncResult(child) for child in result.get(timeout=120)]
    assert [child.get(timeout=120) for child in children] == [0, 1, 2]


def test_task_of_a_run_starts_plain_tasks_that_are_no_part_of_it(busy, ledger):
    run = busy.run(busy.tasks("parent", 3))
    children = [busy.app.AsyncResult(child) for child in run.get(timeout=120)]
    assert [child.get(timeout=120) for child in children] == [0, 1, 2]
    assert run.progress().total == 1


def test_foreign_base_class_keeps_its_own_before_start(busy, ledger):
    t = busy.tasks
    plain = t("foreign", 1).apply_async()
    assert plain.get(timeout=120) == 2
    assert ledger.entries("foreign") == [["foreign", plain.id]]
    run = busy.run(chain(t("foreign", 1), t("foreign")))
    assert run.get(timeout=120) == 3
    assert [entry[1] for entry in ledger.entries("foreign")][1:] == [f"{run.id}:0.0.{i}:1" for i in (0, 1)]


def test_base_class_whose_before_start_fails_fails_the_task(busy):
    with pytest.raises(PermissionError, match="not today"):
        busy.tasks("forbidden").apply_async().get(timeout=120)
    with pytest.raises(PermissionError, match="not today"):
        busy.run(busy.tasks("forbidden")).get(timeout=120)


def test_base_classes_that_inherit_are_wrapped_once(busy, ledger):
    """A subclass inherits the wrapper of its base, and calls it by super: claimed once, or it would be vetoed."""
    assert busy.run(busy.tasks("inheriting", 1)).get(timeout=120) == 1
    assert [entry[0] for entry in ledger.entries()] == ["derived", "base"]


def test_handlers_of_a_task_are_called_as_ever(busy, ledger):
    run = busy.run(busy.tasks("with_handlers", 1))
    assert run.get(timeout=120) == 1
    wait_for(lambda: len(ledger.entries()) == 2, 10, "the handlers")
    assert sorted(entry[0] for entry in ledger.entries()) == ["after_return", "on_success"]
    ledger.clear()
    run = busy.run(busy.tasks("with_handlers", None))
    with pytest.raises(TypeError):
        run.get(timeout=120)
    wait_for(lambda: len(ledger.entries()) == 2, 10, "the handlers")
    assert sorted(entry[0] for entry in ledger.entries()) == ["after_return", "on_failure"]


def test_a_run_leaves_the_class_of_all_tasks_alone(project):
    """Wrapping goes to the classes of the app's tasks; Celery's own Task is the one of other apps as well."""
    assert not hasattr(Task.before_start, "_orchestrator_guarded")
    assert not hasattr(Task.replace, "_orchestrator_guarded")
    assert hasattr(type(project.app.tasks[project.add.name]).before_start, "_orchestrator_guarded")


def test_native_canvas_goes_on_natively(stand, ledger):
    t, app = stand.tasks, stand.app
    with stand.worker():
        assert chain(t("add", 1, 1), t("add", 3), app=app).apply_async().get(timeout=120) == 5
        assert group([t("add", 1, 1), t("add", 2, 2)], app=app).apply_async().get(timeout=120) == [2, 4]
        assert chord([t("add", 1, 1), t("add", 2, 2)], t("xsum"), app=app).apply_async().get(timeout=120) == 6
        assert t("flaky", 3).apply_async().get(timeout=120) == 3
        assert t("requeueing", 1).apply_async().get(timeout=120) == "done"
        with pytest.raises(ValueError, match="no good"):
            t("fail").apply_async(link_error=t("on_new_error")).get(timeout=120)
        wait_for(lambda: ledger.entries("new-errback"), 10, "the error callback")
        wait_for(stand.keys, 10, "the worker's sign of life")
    of_runs = [key for key in stand.keys() if "{" in key and "workers" not in key and ":by:" not in key]
    assert of_runs == [], "the store has not heard of it"
    assert stand.orchestrator.runs() == []
    assert stand.orchestrator.container.store.due_index.active_runs() == 0


def test_calling_a_task_is_calling_its_function(project):
    assert project.add(1, 2) == 3
    assert project.foreign(1) == 2
    assert project.add.apply((1, 2)).get() == 3
    assert project.foreign.s(1).apply().get() == 2
