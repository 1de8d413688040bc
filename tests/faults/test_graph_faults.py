"""Graphs under faults: whoever dies, whatever is lost, tokens go their way, and a person's answer counts once."""

import random
import signal
import time

import pytest
from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    CompositeFailed,
    CompositeSucceeded,
    ConditionalGraph,
    DeadlineExceeded,
    InvalidTransition,
    NodeFailed,
    NodeState,
    NodeSucceeded,
    Retry,
    RunCancelled,
    RunClosed,
    RunStatus,
    Swarm,
    otherwise,
    result,
    run_input,
    visits,
    when,
)
from orchestrator_celery.model.events import NodeInterrupted
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.faults.conftest import PROFILES, _site
from tests.faults.races import race
from tests.faults.test_cancelled import left_of
from tests.faults.test_failures import FAULTS, _wait_for_second_reports
from tests.kit import project as p
from tests.kit.cases import seeded
from tests.kit.clients import crash_client
from tests.kit.supervised import is_told, supervised
from tests.kit.waiting import wait_for
from tests.worker.support import Stand, events

#: These tests are about messages.
pytestmark = pytest.mark.message_each

HASTY = {"orchestrator_heartbeat": 0.5, "orchestrator_lease": 2, "orchestrator_republish_after": 1}
PAGES = {"pages": [10, 11, 12]}
#: What a whole graph comes to, and how many of its bodies say that they begin.
OUTCOME, BODIES = [4, 2, 3, [10, 11, 12]], 9


def whole(pause=0.02, ask=False):
    """Branches that are chosen, a loop, an error after a retry, a map, a join, and perhaps a person, side by side."""
    graph = (
        ConditionalGraph("whole")
        .add_node("a", p.nap.si(1, pause))
        .add_node("more", p.nap.si(4, pause))
        .add_node("b", p.nap.si(2, pause))
        .add_node("bad", p.fail.si(), retry=Retry(attempts=4, backoff=0.01))
        .add_node("mend", p.nap.si(3, pause))
        .add_node("each", p.nap.s(pause), map_over=run_input["pages"])
        .add_node("never", p.tail.si("never"), join="any")
        .add_node("sum", p.tail.s(), join="all")
        .add_conditional_edges("a", [when(run_input["pages"].length > 9, "never"), otherwise("more")])
        .add_conditional_edges("more", [when(visits < 3, "more"), otherwise("sum")])
        .add_edge("b", "sum").add_error_edge("bad", "mend", on=["ValueError"]).add_edge("bad", "never")
        .add_edge("mend", "sum").add_edge("each", "sum").add_edge("never", END).add_edge("sum", END)
    )  # fmt: skip
    for name in ("a", "b", "bad", "each"):
        graph.add_edge(START, name)
    if ask:
        graph.add_node("ask", Approval()).add_edge(START, "ask")
        graph.add_conditional_edges("ask", {"approved": "sum", "rejected": "never"})
    return graph


def asking(**options):
    """A graph that only waits for a person."""
    graph = ConditionalGraph("asking", **options).add_node("ask", Approval()).add_edge(START, "ask")
    return (
        graph.add_node("yes", p.nap.s())
        .add_conditional_edges("ask", {"approved": "yes", "rejected": END})
        .add_edge("yes", END)
    )


def states(run):
    return {view.name: view.state for view in run.tree().children}


def is_well(run, ledger, extra):
    """The run has ended as it has to: each node once, the end told once, hardly anything run twice."""
    told = list(run.watch())
    ended = [
        event.node
        for event in told
        if isinstance(event, (NodeSucceeded, NodeFailed, CompositeSucceeded, CompositeFailed))
    ]
    assert len(ended) == len(set(ended)), "a node has one end"
    assert sum(isinstance(event, RunClosed) for event in told) == 1
    assert len(ledger.entries("start")) <= BODIES + extra
    bodies = ledger.entries("tail")
    assert 1 <= len(bodies) <= 1 + extra
    assert len({str(body) for body in bodies}) == 1, "whatever ran twice was given the same"
    assert states(run)["never"] is NodeState.SKIPPED
    assert run.progress().total == run.progress().done + run.progress().failed


# -- crashes at every point ------------------------------------------------------------------------------

VERBS = ("store.claim", "store.finish", "store.fail", "store.decide", "publish.task")
CASES = [
    (f"{verb}.{side}#{nth}", scope)
    for verb in VERBS
    for side in ("before", "after")
    for nth, scope in ((1, ""), (2 if verb == "store.decide" else 1, "@all"))
]


@pytest.mark.parametrize(("point", "scope"), CASES, ids=lambda value: value or "child")
def test_r3_a_graph_survives_a_crash_at(default_site, ledger, tmp_path, point, scope):
    """Given a process that ends before or after a call, then what it had not recorded is done by another, once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, point + scope, **HASTY) as until:
        run = whole().apply_async((PAGES,))
        until(lambda: is_told(run), 60, f"the run after a crash at {point}")
        assert run.get(timeout=120) == OUTCOME
    assert mark.exists(), "the point was never reached"
    is_well(run, ledger, 2)


def crashed(site, tmp_path, point, code):
    """A client that dies where it says."""
    crash_client(site, point, tmp_path / "crashed", f"from tests.kit.project import *\n{code}")


@pytest.mark.parametrize("side", ["before", "after"])
def test_r3_a_client_crashes_when_it_decides_where_a_graph_begins(default_site, ledger, tmp_path, side):
    """Given a client that dies at its first decision, then the run exists, and a sweep decides."""
    code = (
        "from tests.faults.test_graph_faults import beginning\n"
        "beginning().apply_async((5,), task_id='once')\n"
    )  # fmt: skip
    crashed(default_site, tmp_path, f"store.decide.{side}", code)
    default_site.worker(**HASTY)
    assert p.orchestrator.run("once").get(timeout=240) == 5
    assert ledger.entries("start") == [["start", 5]]


def beginning():
    """A graph that decides where it begins."""
    graph = ConditionalGraph("beginning").add_node("high", p.nap.s()).add_node("low", p.tail.s())
    graph.add_conditional_edges(START, [when(result > 3, "high"), otherwise("low")])
    return graph.add_edge("high", END).add_edge("low", END)


@pytest.mark.parametrize("side", ["before", "after"])
def test_r3_whoever_answers_crashes(default_site, ledger, tmp_path, side):
    """Given a client that dies as it answers, then either nothing was answered, or the graph goes on; answering again
    is right in both cases, or refused."""
    default_site.worker(**HASTY)
    run = asking().apply_async()
    crashed(default_site, tmp_path, f"store.answer.{side}", f"orchestrator.run({run.id!r}).approve('ask', by='ada')")
    if side == "before":
        run.approve("ask", by="bob")
    else:
        with pytest.raises(InvalidTransition):
            run.reject("ask", by="bob")
    assert run.get(timeout=240)["by"] == ("bob" if side == "before" else "ada")
    assert len(ledger.entries("start")) == 1


@pytest.mark.parametrize("side", ["before", "after"])
def test_r3_the_worker_that_answers_for_nobody_crashes(default_site, ledger, tmp_path, side):
    """Given a timeout, when the sweeper dies as it answers, then the next one does, once."""
    mark = tmp_path / "crashed"
    with supervised(default_site, mark, f"store.answer.{side}", **HASTY) as until:
        graph = ConditionalGraph("late").add_node("ask", Approval(timeout=0.5)).add_edge(START, "ask")
        graph.add_node("no", p.tail.s()).add_conditional_edges("ask", {"approved": END, "rejected": "no"})
        run = graph.add_edge("no", END).apply_async()
        until(lambda: is_told(run), 60, "the run")
        assert run.get(timeout=120)["timed_out"] is True
    assert mark.exists(), "the point was never reached"
    assert len(ledger.entries("tail")) == 1


# -- killed, emptied, restarted --------------------------------------------------------------------------


@pytest.mark.parametrize(("profile", "seed"), seeded([*PROFILES], [1, 2], range(3, 21)), indirect=["profile"])
def test_r1_a_worker_is_killed_several_times(site, ledger, seed):
    """Given a graph with everything in it, when its worker is killed at three random moments, and somebody answers
    while none is up, then it comes to the same, and hardly anything runs twice."""
    dice, settings = random.Random(seed), {**HASTY, "orchestrator_max_resumes": 9}
    worker = site.worker(**settings)
    run = whole(pause=0.3, ask=True).apply_async((PAGES,))
    answered = dice.randrange(3)
    for kill in range(3):
        done = run.progress().done
        wait_for(lambda done=done: run.progress().done > done or run.ready(), what="something to end")
        time.sleep(dice.random() * 0.3)
        worker.kill()
        if kill == answered:
            run.approve("ask", by="ada")
        worker = site.worker(**settings)
    assert run.get(timeout=240) == [*OUTCOME, {"decision": "approved", "by": "ada", "note": "", "timed_out": False}]
    is_well(run, ledger, 6)


def test_r4_the_broker_is_emptied(default_site, ledger):
    """Given an approval that waits and branches that run, when the broker forgets everything, then nothing is lost."""
    worker = default_site.worker(**HASTY)
    run = whole(pause=0.2, ask=True).apply_async((PAGES,))
    wait_for(lambda: run.progress().done >= 2, what="the branches")
    default_site.server.client(0).flushdb()
    [waiting] = p.orchestrator.approvals()
    run.approve(waiting.node, by="ada")
    assert run.get(timeout=240)[:4] == OUTCOME
    assert worker.process.poll() is None
    is_well(run, ledger, 2)


@pytest.fixture
def lasting_site(pointed, ledger):
    yield from _site({}, pointed, "always")


def test_r5_an_approval_survives_everything(lasting_site, ledger):
    """Given an approval that waits, when worker and Redis are killed and come back, then it still waits, is listed,
    and is answered once."""
    worker = lasting_site.worker(**HASTY)
    graph = ConditionalGraph("lasting").add_node("first", p.nap.s()).add_node("ask", Approval(message="Go?"))
    graph.add_edge(START, "first").add_edge("first", "ask").add_edge("ask", END)
    run = graph.apply_async((7,))
    wait_for(p.orchestrator.approvals, what="the approval")
    worker.kill()
    lasting_site.server.kill()
    lasting_site.server.restart()
    [waiting] = wait_for(p.orchestrator.approvals, what="the approval")
    assert (waiting.run, waiting.name, waiting.message) == (run.id, "ask", "Go?")
    assert p.orchestrator.container.store.client.delete(p.orchestrator.container.store.keys.approvals) == 1
    lasting_site.worker(**HASTY)
    [waiting] = wait_for(p.orchestrator.approvals, what="a sweep to list it again")
    run.reject(waiting.node, by="ada", note="not now")
    assert run.get(timeout=240) == {"decision": "rejected", "by": "ada", "note": "not now", "timed_out": False}
    assert len(ledger.entries("start")) == 1


# -- races -----------------------------------------------------------------------------------------------

ROUNDS = 60


@pytest.fixture
def stand(ledger):
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as found:
        yield found


def asked(stand, timeout=None):
    graph = ConditionalGraph("race", app=stand.app).add_node("ask", Approval(timeout=timeout))
    return graph.add_edge(START, "ask").add_edge("ask", END).apply_async().id


def answering(decision, by):
    """A contender; what it is told."""

    def contender(stand, run):
        handle = stand.orchestrator.run(run)
        try:
            (handle.approve if decision == "approved" else handle.reject)("ask", by=by)
        except InvalidTransition:
            return "refused"
        return by

    return contender


def late(stand, run):
    """A sweeper, as it answers for want of a person."""
    result = {"decision": "rejected", "by": "nobody", "note": "", "timed_out": True}
    effects = stand.orchestrator.container.store.graphs.answer(
        run, "0.0.0", stand.orchestrator.container.codec.dump_result(result), late=True
    )
    stand.orchestrator.container.publisher.act(effects.todo)
    return "refused" if effects.refused else "nobody"


def test_of_answers_at_the_same_moment_one_counts(stand):
    """Given approvals, when four processes answer each at once, then one is told so, and the result is its own."""
    runs = [asked(stand) for _ in range(ROUNDS)]
    people = [answering("approved" if number % 2 else "rejected", f"p{number}") for number in range(4)]
    winners = set()
    for run, *answers in race(stand, runs, *people):
        [winner] = [answer for answer in answers if answer != "refused"]
        given = stand.orchestrator.run(run).outcome()
        assert (given["by"], given["decision"]) == (winner, "approved" if winner in ("p1", "p3") else "rejected")
        entries = stand.orchestrator.audit(run=run)
        assert sorted((entry.actor, entry.refused) for entry in entries) == [
            (f"p{n}", f"p{n}" != winner) for n in range(4)
        ]
        winners.add(winner)
    assert len(winners) > 1, "there was a race"
    assert stand.orchestrator.approvals() == []


def test_of_a_timeout_and_an_answer_one_counts(stand):
    """Given approvals whose time is over, when a person and two sweepers answer at once, then the first counts."""
    store, ada = stand.orchestrator.container.store, answering("approved", "ada")

    def overdue(number):
        runs = [asked(stand, 0.001) for _ in range(number)]
        wait_for(lambda: all(check.overdue_approvals for check in store.due_index.check(runs)), what="the timeouts")
        return runs

    for run, *answers in race(stand, overdue(ROUNDS), ada, late, late):
        [winner] = [answer for answer in answers if answer != "refused"]
        assert stand.orchestrator.run(run).outcome()["by"] == winner
    # Who wins a race is chance, so each is also the first once.
    for run, first, second, winner in zip(overdue(2), (ada, late), (late, ada), ("ada", "nobody"), strict=True):
        assert (first(stand, run), second(stand, run)) == (winner, "refused")
        assert stand.orchestrator.run(run).outcome()["by"] == winner


# -- steering ----------------------------------------------------------------------------------------------


def nested(pause=0.3):
    """A graph in a swarm in a graph; the innermost loops over bodies that go on from a checkpoint."""

    def inner(number):
        graph = (
            ConditionalGraph("inner").add_node("one", p.nap.si(number, pause)).add_node("two", p.nap.si(number, pause))
        )
        graph.add_edge(START, "one").add_conditional_edges("one", [when(visits < 2, "one"), otherwise("two")])
        return graph.add_edge("two", END)

    swarm = Swarm([inner(1), inner(2), chain(inner(3), p.identity.s())], max_concurrency=2)
    outer = ConditionalGraph("outer").add_node("many", swarm).add_node("sum", p.xsum.s())
    return outer.add_edge(START, "many").add_edge("many", "sum").add_edge("sum", END)


#: Bodies of the innermost graphs.
INSIDE = 9


def test_a_nested_graph_is_suspended_and_its_worker_killed(default_site, ledger):
    """Given three levels, when the run is suspended and its worker dies, then nothing starts until it is resumed, and
    then each body runs once, but for those that were killed."""
    worker = default_site.worker(**HASTY)
    run = nested().apply_async()
    wait_for(lambda: run.progress().done >= 2, what="two bodies")
    run.suspend()
    worker.kill()
    started = len(ledger.entries("start"))
    assert started < INSIDE
    default_site.worker(**HASTY)
    wait_for(lambda: run.progress().running == 0, what="what the dead worker ran to be seen")
    wait_for(lambda: default_site.server.client(0).llen("celery") == 0, what="the deliveries")
    assert p.add.delay(1, 1).get(timeout=120) == 2, "the worker works"
    assert len(ledger.entries("start")) == started
    run.resume()
    assert run.get(timeout=240) == 6
    assert len(ledger.entries("start")) <= INSIDE + 2


def test_a_nested_graph_is_interrupted(default_site, ledger):
    """Given three levels, when the run is interrupted, then its bodies are stopped without an error edge, and start
    again with the resumption."""
    default_site.worker(**HASTY)
    run = nested(pause=1.0).apply_async()
    wait_for(lambda: len(ledger.entries("start")) >= 3, what="the second bodies")
    report = run.interrupt(grace=5)
    assert {task.outcome for task in report.tasks} <= {"terminated", "finished_first"}
    assert run.status is RunStatus.INTERRUPTED
    stopped = events(run, NodeInterrupted)
    run.resume()
    assert run.get(timeout=240) == 6
    assert events(run, NodeFailed) == []
    assert len(ledger.entries("start")) == INSIDE + len(stopped)


def test_a_nested_graph_is_resumed_by_itself(default_site, ledger):
    """Given three levels, when the worker dies, then the next one resumes each body that ran, once, in its visit."""
    worker = default_site.worker(**HASTY)
    run = nested().apply_async()
    wait_for(lambda: len(ledger.entries("start")) >= 4, what="the middle")
    worker.kill()
    default_site.worker(**HASTY)
    assert run.get(timeout=240) == 6
    assert len(ledger.entries("start")) <= INSIDE + 2
    ended = [event.node for event in events(run, NodeSucceeded)]
    assert len(ended) == len(set(ended))


def test_a_cancelled_graph_leaves_nothing(default_site, ledger):
    """Given an approval that waits and bodies that run, when the run is cancelled, then no key names it, no body goes
    on, and nobody is asked."""
    default_site.worker(**HASTY)
    run = whole(pause=30, ask=True).apply_async((PAGES,))
    wait_for(lambda: len(ledger.entries("start")) == 2, what="the bodies")
    assert [view.run for view in p.orchestrator.approvals()] == [run.id]
    run.cancel(confirm=True)
    with pytest.raises(RunCancelled):
        run.get(timeout=120)
    assert left_of(run) == []
    assert p.orchestrator.container.store.client.zscore(p.orchestrator.container.store.keys.approvals, run.id) is None
    assert p.orchestrator.approvals() == []
    assert p.add.delay(1, 1).get(timeout=120) == 2, "the pool is free: the bodies were stopped"
    assert ledger.entries("end") == []


def test_a_graph_over_its_deadline(default_site, ledger):
    """Given a deadline, an approval that waits and bodies that run, then the run fails by it, and nobody is asked."""
    default_site.worker(**HASTY)
    graph = whole(pause=4, ask=True)
    graph.kwargs["deadline"] = 1.0
    run = graph.apply_async((PAGES,))
    with pytest.raises(DeadlineExceeded):
        run.get(timeout=120)
    wait_for(lambda: p.orchestrator.approvals() == [], what="nobody to be asked")
    wait_for(lambda: p.orchestrator.container.store.graphs.awaiting() == [], what="the list to be empty")
    with pytest.raises(InvalidTransition):
        run.approve("ask")
    shown = states(run)
    assert (shown["ask"], shown["sum"]) == (NodeState.FAILED, NodeState.SKIPPED)
    assert ledger.entries("tail") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_r6_a_worker_is_stopped_in_a_graph(default_site, ledger, number):
    """Given a loop of twenty, when the worker is stopped in good order, then nothing is lost, and nothing runs twice."""
    worker = default_site.worker()
    graph = ConditionalGraph("loop").add_node("more", p.nap_add.s(1, 0.1)).add_edge(START, "more")
    run = graph.add_conditional_edges("more", [when(visits < 20, "more"), otherwise(END)]).apply_async((0,))
    wait_for(lambda: run.progress().done >= 5, what="five visits")
    worker.stop(number)
    default_site.worker()
    assert run.get(timeout=240) == 20
    assert len(ledger.entries("start")) <= 20 + (0 if number == signal.SIGTERM else 2)


# -- R9: every way to fail takes the error edge, once -------------------------------------------------------


def plainly(stand, bad):
    return bad


def deeply(stand, bad):
    """In a chain in a group in a graph: the failure comes up to the node that has the edge."""
    inner = ConditionalGraph("inner", app=stand.app).add_node("nap", group(bad, stand.tasks("add", 1, 1)))
    return chain(stand.tasks("add", 1, 1), inner.add_edge(START, "nap").add_edge("nap", END))


def test_r9_every_failure_takes_the_error_edge_once(ledger):
    """Given each way to fail, as a body and deep in one, all at once, then the first edge that names the error is taken
    once, what comes after an error that is not named is not, and the run succeeds."""
    with EmbeddedRedis() as server, Stand(server.url(0), server.url(1)) as stand, stand.worker(concurrency=4):
        t, runs = stand.tasks, {}
        for how, fault in FAULTS.items():
            for place in (plainly, deeply):
                mark = f"{how}, {place.__name__}"
                bad = fault.signature(t)
                graph = ConditionalGraph(mark, app=stand.app).add_node("nap", place(stand, bad))
                graph.add_node("after", t("tail").set(immutable=True)).add_node("other", t("on_handler", mark="other"))
                graph.add_node("mend", t("on_handler", mark=mark)).add_edge(START, "nap").add_edge("nap", "after")
                graph.add_error_edge("nap", "other", on=["ZeroDivisionError"])
                graph.add_error_edge("nap", "mend", on=[fault.error]).add_edge("mend", END)
                graph.add_edge("after", END).add_edge("other", END)
                run = graph.apply_async()
                runs[mark] = fault, run
                if fault.act is not None:
                    fault.act(stand, run)
        for mark, (_, run) in runs.items():
            assert run.get(timeout=240) is None, mark
        _wait_for_second_reports(stand, [run for mark, (_, run) in runs.items() if mark.startswith("lost")])
        for mark, (fault, run) in runs.items():
            [entry] = ledger.entries(mark)
            assert entry[1] == fault.error, mark
            assert {name: states(run)[name] for name in ("nap", "after", "other", "mend")} == {
                "nap": NodeState.FAILED, "after": NodeState.SKIPPED, "other": NodeState.SKIPPED,
                "mend": NodeState.SUCCEEDED,
            }  # fmt: skip
            ends = [event.node for event in events(run, NodeFailed, NodeSucceeded)]
            assert len(ends) == len(set(ends))
        assert ledger.entries("tail") == ledger.entries("other") == []
