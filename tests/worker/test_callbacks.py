"""Callbacks fire exactly once, with what Celery gives them, wherever they hang."""

import pytest
from celery import chain, chord, group

from orchestrator_celery import RunStatus, Swarm
from orchestrator_celery.model.events import RunClosed
from tests.kit.waiting import wait_for
from tests.worker.support import error_of, leaf, wait_for_event


def marked(stand, mark):
    return stand.tasks("on_link", mark=mark)


def settled(stand, ledger, entries):
    """Wait for as many entries, then until something behind them in the queue has been through."""
    wait_for(lambda: len(ledger.entries()) >= entries, 15, f"{entries} entries; there are {ledger.entries()}")
    assert stand.run(stand.tasks("add", 1, 1)).get(timeout=120) == 2
    return sorted(ledger.entries())


def test_links_inside_fire_once_each(busy, ledger):
    t = busy.tasks
    step = t("add", 1, 1)
    step.link(marked(busy, "one"))
    step.link(marked(busy, "two"))
    member, header, body = t("add", 2, 2), t("add", 3, 3), t("xsum")
    for signature, mark in ((member, "member"), (header, "header"), (body, "body")):
        signature.link(marked(busy, mark))
    inner = chain(t("add", 1), t("add", 1))
    inner.link(marked(busy, "inner"))
    run = busy.run(
        chain(step, inner, group(t("add", 1), member.set(immutable=True)), chord([header.set(immutable=True)], body))
    )
    assert run.get(timeout=120) == 6
    assert settled(busy, ledger, 6) == [
        ["body", 6], ["header", 6], ["inner", 4], ["member", 4], ["one", 2], ["two", 2],
    ]  # fmt: skip


def test_links_of_swarm_items_and_of_a_nested_unit(busy, ledger):
    t = busy.tasks
    items = [t("add", i, 0).set(link=marked(busy, f"item{i}")) for i in range(3)]
    unit = busy.complex(t("add", 7, 0), on_success=marked(busy, "success"), on_error=t("on_handler"))
    unit.link(marked(busy, "unit"))
    run = busy.run(group(busy.swarm(items).set(link=marked(busy, "swarm")), unit))
    assert run.get(timeout=120) == [[0, 1, 2], 7]
    assert settled(busy, ledger, 6) == [
        ["item0", 0], ["item1", 1], ["item2", 2], ["success", 7], ["swarm", [0, 1, 2]], ["unit", 7],
    ]  # fmt: skip


def test_link_of_a_link(busy, ledger):
    second = marked(busy, "second")
    first = marked(busy, "first").set(link=second)
    assert busy.run(busy.tasks("add", 1, 1).set(link=first)).get(timeout=120) == 2
    assert settled(busy, ledger, 2) == [["first", 2], ["second", 2]]


def test_link_that_is_a_canvas(busy, ledger):
    t = busy.tasks
    run = busy.run(t("add", 1, 1).set(link=chain(t("add", 5), marked(busy, "after"))))
    assert run.get(timeout=120) == 2
    assert settled(busy, ledger, 1) == [["after", 7]]


def test_errbacks_of_the_failing_task(busy, ledger):
    t = busy.tasks
    bad = t("fail").set(link_error=[t("on_old_error"), t("on_new_error")], link=t("on_link"))
    run = busy.run(chain(t("add", 1, 1), bad, t("nap").set(link_error=t("on_old_error"))))
    with pytest.raises(ValueError, match="no good"):
        run.get(timeout=120)
    failed = leaf(run, "0.0.1")
    assert settled(busy, ledger, 3) == [
        ["fail", "2"], ["new-errback", failed, "ValueError", "no good"], ["old-errback", failed],
    ]  # fmt: skip


def test_errbacks_of_every_failing_member(busy, ledger):
    t = busy.tasks
    members = [t("fail", i).set(link_error=t("on_new_error")) for i in range(3)]
    run = busy.run(chord([*members, t("add", 1, 1)], t("xsum").set(link_error=t("on_old_error"))))
    error_of(run)
    entries = settled(busy, ledger, 7)
    assert len([entry for entry in entries if entry[0] == "new-errback"]) == 3, "each member its own"
    assert len([entry for entry in entries if entry[0] == "old-errback"]) == 1, "the body once for all of them"


def test_callbacks_of_a_run_are_celery_s_own(busy, ledger):
    t = busy.tasks
    run = busy.complex(t("add", 1, 1)).apply_async(link=marked(busy, "link"), link_error=t("on_old_error"))
    assert run.get(timeout=120) == 2
    assert settled(busy, ledger, 1) == [["link", 2]]
    ledger.clear()
    run = busy.complex(t("fail")).apply_async(
        link=marked(busy, "link"), link_error=[t("on_old_error"), t("on_new_error")]
    )
    assert isinstance(error_of(run), ValueError)
    assert settled(busy, ledger, 3) == [
        ["fail"], ["new-errback", run.id, "ValueError", "no good"], ["old-errback", run.id],
    ]  # fmt: skip


@pytest.mark.parametrize("good", [True, False])
def test_on_success_and_on_error_of_a_unit(busy, ledger, good):
    t = busy.tasks
    unit = busy.complex(
        chain(t("add", 1, 1), t("add" if good else "fail", 5)),
        on_success=[marked(busy, "one"), marked(busy, "two")],
        on_error=[t("on_handler", mark="three"), t("on_handler", mark="four")],
    )
    run = unit.apply_async()
    error_of(run)
    assert run.status is (RunStatus.SUCCEEDED if good else RunStatus.FAILED)
    expected = (
        [["one", 7], ["two", 7]]
        if good
        else [["fail", "2", "5"], ["four", "ValueError", "no good"], ["three", "ValueError", "no good"]]
    )
    assert settled(busy, ledger, len(expected)) == sorted(expected)


def test_callback_that_fails_changes_nothing(busy, ledger):
    t = busy.tasks
    step = t("add", 1, 1).set(link=t("fail").set(link_error=t("on_new_error")))
    unit = busy.complex(chain(step, t("nap")), on_success=[t("fail", "handler"), marked(busy, "after")])
    run = unit.apply_async()
    assert run.get(timeout=120) == 2
    assert run.status is RunStatus.SUCCEEDED
    entries = settled(busy, ledger, 6)
    assert ["after", 2] in entries
    assert len([entry for entry in entries if entry[0] == "fail"]) == 2
    assert len([entry for entry in entries if entry[0] == "new-errback"]) == 1
    assert run.progress().failed == 0, "callbacks do not count"


def test_callback_whose_process_dies_is_called_again(busy, ledger):
    run = busy.run(busy.tasks("add", 1, 1).set(link=busy.tasks("suicide_once")))
    assert run.get(timeout=120) == 2
    wait_for(lambda: len(ledger.entries("once")) == 2, 15, "the callback to be called again")


def test_errback_is_called_once_however_often_the_failure_is_reported(busy, ledger):
    """A task that fails after its message was delivered three times."""
    t = busy.tasks
    run = busy.swarm([t("fail", i).set(link_error=t("on_new_error")) for i in range(10)], max_failures=10).apply_async()
    assert run.get(timeout=120) == [None] * 10
    wait_for_event(run, RunClosed)
    for index in range(10):
        for _ in range(2):
            busy.app.send_task(
                t("fail")["task"], (index,), task_id=leaf(run, f"0.{index}"), parent_id=run.id, ignore_result=True
            )
    assert len([entry for entry in settled(busy, ledger, 20) if entry[0] == "new-errback"]) == 10
    assert len(ledger.entries("fail")) == 10


def test_callbacks_of_a_swarm_that_stops_early(busy, ledger):
    t = busy.tasks
    swarm = Swarm([t("fail", i) for i in range(5)], max_concurrency=1, stop_after_n_failures=2)
    run = swarm.apply_async(link=marked(busy, "link"), link_error=t("on_new_error"))
    assert type(error_of(run)).__name__ == "SwarmFailed"
    entries = settled(busy, ledger, 3)
    assert [entry[0] for entry in entries] == ["fail", "fail", "new-errback"]
    assert entries[2][1:3] == [run.id, "SwarmFailed"]
