"""Conditional graphs on a real worker."""

import re
import time

import pytest
from celery import chain, group

from orchestrator_celery import (
    ConditionError,
    DeadlineExceeded,
    GraphRecursion,
    InvalidTransition,
    NoRoute,
    RunNotFound,
    node,
    otherwise,
    result,
    run_input,
    when,
)
from orchestrator_celery.canvas.approval import Approval
from orchestrator_celery.canvas.graphs.graph import END, START, ConditionalGraph, Retry
from orchestrator_celery.model.events import ArrivalIgnored
from orchestrator_celery.model.states import NodeKind, NodeState, RunStatus
from tests.kit.waiting import wait_for


def graph(stand, name="g", **options):
    return ConditionalGraph(name, app=stand.app, **options)


def path(run):
    """Nodes that were visited, and how often, by name."""
    return {view.name: view.visits for view in run.tree().children if view.visits}


def test_a_condition_chooses_the_branch(busy):
    """Given two branches, when the condition of one holds, then it runs, and the other is skipped, visibly."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("first", tasks("add", 1))
        .add_node("high", tasks("mul", 10))
        .add_node("low", tasks("mul", 2))
        .add_edge(START, "first")
        .add_conditional_edges("first", [when(result >= 5, "high"), otherwise("low")])
        .add_edge("high", END)
        .add_edge("low", END)
    )
    run = defined.apply_async((7,))
    assert run.get(timeout=120) == 80
    states = {view.name: view.state for view in run.tree().children}
    assert states == {"first": NodeState.SUCCEEDED, "high": NodeState.SUCCEEDED, "low": NodeState.SKIPPED}
    assert run.status is RunStatus.SUCCEEDED
    progress = run.progress()
    assert (progress.total, progress.done, progress.fraction) == (2, 2, 1.0)


def test_branches_meet_in_a_list(busy):
    """Given a fork and a join, then the join gets the results in the order of the edges."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("a", tasks("add", 1)).add_node("b", tasks("add", 2)).add_node("sum", tasks("xsum"), join="all")
        .add_edge(START, "a").add_edge(START, "b").add_edge("a", "sum").add_edge("b", "sum").add_edge("sum", END)
    )  # fmt: skip
    run = chain(defined, tasks("mul", 2)).apply_async((10,))
    assert run.get(timeout=120) == (11 + 12) * 2


def test_a_loop_ends(busy):
    """Given a loop, when its condition holds at last, then the visits are all there."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("more", tasks("add", 3))
        .add_edge(START, "more")
        .add_conditional_edges("more", [when(result < 10, "more"), otherwise(END)])
    )
    run = defined.apply_async((0,))
    assert run.get(timeout=120) == 12
    assert path(run) == {"more": 4}


def test_an_error_takes_its_way(busy):
    """Given an error edge, when the node fails, then what follows gets the error's words."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("bad", tasks("fail"))
        .add_node("tell", tasks("identity"))
        .add_edge(START, "bad").add_edge("bad", END).add_error_edge("bad", "tell", on=["LookupError", "ValueError"])
        .add_edge("tell", END)
    )  # fmt: skip
    run = defined.apply_async()
    assert run.get(timeout=120)["message"] == "no good"


def test_conditions_look_further(busy):
    """Given a condition on another node, and a nested graph, swarm and group as bodies, then all of it holds."""
    tasks = busy.tasks
    inner = graph(busy, "inner").add_node("x", tasks("add", 1)).add_edge(START, "x").add_edge("x", END)
    defined = (
        graph(busy)
        .add_node("a", tasks("add", 1))
        .add_node("b", inner)
        .add_node("c", busy.swarm([tasks("add", n) for n in range(3)]))
        .add_node("d", group(tasks("identity"), tasks("identity")))
        .add_edge(START, "a").add_edge("a", "b")
        .add_conditional_edges("b", [when((node("a") == 2) & (result == 3), "c"), otherwise(END)])
        .add_edge("c", "d").add_edge("d", END)
    )  # fmt: skip
    run = defined.apply_async((1,))
    assert run.get(timeout=120) == [[3, 4, 5], [3, 4, 5]]


def test_an_approval_waits_for_a_person(busy):
    """Given an approval, when somebody answers, then the graph goes on, and a second answer is refused."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("review", Approval(message="Pay?")).add_node("yes", tasks("identity")).add_node("no", tasks("identity"))
        .add_edge(START, "review")
        .add_conditional_edges("review", {"approved": "yes", "rejected": "no"})
        .add_edge("yes", END).add_edge("no", END)
    )  # fmt: skip
    run = defined.apply_async(({"amount": 7},))
    [waiting] = wait_for(lambda: [v for v in busy.orchestrator.approvals() if v.run == run.id], what="an approval")
    assert (waiting.name, waiting.message, waiting.node, waiting.given) == ("review", "Pay?", "0.0.0", {"amount": 7})
    assert run.status is RunStatus.RUNNING
    assert [view.state for view in run.tree().children] == [NodeState.AWAITING, NodeState.WAITING, NodeState.WAITING]
    run.approve("review", by="ada", note="fine")
    with pytest.raises(InvalidTransition, match=r"'review' .* already answered: approved by ada \(fine\), at 20"):
        run.reject("review", by="bob")
    assert "review [approval] SUCCEEDED approved by ada (fine)" in str(run.tree())
    assert run.get(timeout=120) == {"decision": "approved", "by": "ada", "note": "fine", "timed_out": False}
    done, refused = busy.orchestrator.audit(run=run.id)[::-1]
    assert (done.verb, done.actor, done.refused) == ("approve", "ada", False)
    assert (refused.verb, refused.actor, refused.refused) == ("reject", "bob", True)
    assert not [v for v in busy.orchestrator.approvals() if v.run == run.id]


def test_nobody_answers(busy):
    """Given a timeout, when it is over, then the default branch is taken."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("review", Approval(timeout=0.5, on_timeout="reject")).add_node("no", tasks("identity"))
        .add_edge(START, "review")
        .add_conditional_edges("review", {"approved": END, "rejected": "no"}).add_edge("no", END)
    )  # fmt: skip
    assert defined.apply_async().get(timeout=120)["timed_out"] is True


def test_a_node_is_tried_again(busy, ledger):
    """Given a retry policy, when the body fails, then it runs again, and only its last failure takes the error edge."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("bad", tasks("fail"), retry=Retry(attempts=3, backoff=0.05))
        .add_node("tell", tasks("identity"))
        .add_edge(START, "bad").add_edge("bad", END).add_error_edge("bad", "tell").add_edge("tell", END)
    )  # fmt: skip
    run = defined.apply_async()
    assert run.get(timeout=120)["type"] == "ValueError"
    assert len(ledger.entries("fail")) == 3
    assert re.search(r"bad \[task\] FAILED <[\d.]+> ValueError \(3 tries\)", str(run.tree()))
    progress = run.progress()
    assert (progress.total, progress.done, progress.failed) == (2, 1, 1)


def test_a_node_is_mapped_over_a_list(busy):
    """Given a list, when a node is mapped over it, then there is a body for each element, joined in order."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("list", tasks("identity"))
        .add_node("each", chain(tasks("add", 1), tasks("mul", 2)), map_over=result["pages"], max_concurrency=2)
        .add_node("sum", tasks("xsum"))
        .add_edge(START, "list").add_edge("list", "each").add_edge("each", "sum").add_edge("sum", END)
    )  # fmt: skip
    run = defined.apply_async(({"pages": [1, 2, 3]},))
    assert run.get(timeout=120) == 4 + 6 + 8
    assert run.progress().total == run.progress().done == 8
    [_, each, _] = run.tree().children
    assert (each.name, each.kind, each.children_total) == ("each", NodeKind.MAP, 3)
    assert defined.apply_async(({"pages": []},)).get(timeout=120) == 0
    bad = defined.apply_async(({"pages": 7},))
    with pytest.raises(ConditionError, match="not a list"):
        bad.get(timeout=120)


def test_inputs_are_worked_out(busy):
    """Given inputs, then they come as keyword arguments, from whatever node they name."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("a", tasks("identity"))
        .add_node("b", tasks("identity", 1))
        .add_node("c", tasks("kwonly").set(immutable=True), inputs={"a": node("a")["x"], "b": run_input["y"]})
        .add_edge(START, "a").add_edge("a", "b").add_edge("b", "c").add_edge("c", END)
    )  # fmt: skip
    run = defined.apply_async(({"x": 5, "y": 6},))
    with pytest.raises(TypeError):  # b takes one argument
        run.get(timeout=120)
    good = (
        graph(busy)
        .add_node("a", tasks("identity"))
        .add_node("c", tasks("kwonly").set(immutable=True), inputs={"a": node("a")["x"], "b": run_input["y"]})
        .add_edge(START, "a").add_edge("a", "c").add_edge("c", END)
    )  # fmt: skip
    assert good.apply_async(({"x": 5, "y": 6},)).get(timeout=120) == [5, 6]


def test_a_router_chooses(busy):
    """Given a router, then what it chooses gets the result of the node it was asked about."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("a", tasks("add", 1)).add_node("even", tasks("mul", 2)).add_node("odd", tasks("mul", 3))
        .add_edge(START, "a")
        .add_conditional_edges("a", tasks("identity"), {4: "even", 5: "odd"})
        .add_edge("even", END).add_edge("odd", END)
    )  # fmt: skip
    assert defined.apply_async((4,)).get(timeout=120) == 15
    lost = defined.apply_async((7,))
    with pytest.raises(NoRoute, match="'a"):
        lost.get(timeout=120)


def test_the_first_of_several_starts_a_join(busy):
    """Given a join of any, then it starts once, with what came first; what comes later ends there."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("quick", tasks("identity")).add_node("slow", tasks("nap", 0.5)).add_node("go", tasks("identity"), join="any")
        .add_edge(START, "quick").add_edge(START, "slow").add_edge("quick", "go").add_edge("slow", "go").add_edge("go", END)
    )  # fmt: skip
    run = defined.apply_async((3,))
    assert run.get(timeout=120) == 3
    assert path(run) == {"quick": 1, "slow": 1, "go": 1}
    assert [event.node for event in run.events() if isinstance(event, ArrivalIgnored)] == ["0.2"]


def test_a_runaway_loop_is_stopped(busy):
    """Given a loop without an end, when a node was visited as often as it may be, then the graph fails."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("more", tasks("add", 1), max_visits=5)
        .add_edge(START, "more")
        .add_conditional_edges("more", [when(result < 0, END), otherwise("more")])
    )
    run = defined.apply_async((0,))
    with pytest.raises(GraphRecursion, match="5 times"):
        run.get(timeout=120)
    assert path(run) == {"more": 5}


def test_graphs_nest(busy):
    """Given a graph in a swarm in a graph, three levels deep, then each has its own."""
    tasks = busy.tasks

    def leaf():
        return (
            graph(busy, "leaf").add_node("x", tasks("add", 1)).add_node("y", tasks("mul", 2))
            .add_edge(START, "x").add_conditional_edges("x", [when(result > 2, "y"), otherwise(END)]).add_edge("y", END)
        )  # fmt: skip

    middle = busy.swarm([leaf(), leaf(), chain(leaf(), leaf())])
    inner = graph(busy, "inner").add_node("many", middle).add_edge(START, "many").add_edge("many", END)
    outer = (
        graph(busy, "outer").add_node("in", inner).add_node("sum", tasks("xsum"))
        .add_edge(START, "in").add_edge("in", "sum").add_edge("sum", END)
    )  # fmt: skip
    assert outer.apply_async((1,)).get(timeout=120) == 2 + 2 + 6
    assert outer.apply_async((2,)).get(timeout=120) == 6 + 6 + 14


def test_a_condition_may_name_its_own_node(busy):
    """Given a loop whose condition names the node it belongs to, then it sees the result that has just come out."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("more", tasks("add", 3))
        .add_edge(START, "more")
        .add_conditional_edges("more", [when(node("more") < 10, "more"), otherwise(END)])
    )
    run = defined.apply_async((0,))
    assert run.get(timeout=120) == 12
    assert path(run) == {"more": 4}


def test_a_mapped_node_fails_with_the_error_of_an_element(busy):
    """Given a body that fails for some elements, then the edge for that error is taken, with the first one's words."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("each", tasks("fail_if", [2, 3]), map_over=run_input)
        .add_node("tell", tasks("identity"))
        .add_edge(START, "each").add_edge("each", END).add_error_edge("each", "tell", on=[KeyError]).add_edge("tell", END)
    )  # fmt: skip
    told = defined.apply_async(([1, 2, 3],)).get(timeout=120)
    assert (told["type"], told["message"]) == ("KeyError", "2")


def test_what_waits_for_a_person_says_so(busy):
    """Given a run whose approval waits, then its status says who is to do what; cancelled, it is in no list any more."""
    tasks = busy.tasks
    defined = (
        graph(busy).add_node("review", Approval()).add_node("go", tasks("identity"))
        .add_edge(START, "review").add_edge("review", "go").add_edge("go", END)
    )  # fmt: skip
    run = defined.apply_async()
    wait_for(run.approvals, what="an approval")
    assert "it waits for a person: 'review' (0.0.0)" in run.status_message
    run.cancel(confirm=True)
    assert run.id not in busy.orchestrator.container.store.graphs.awaiting()
    with pytest.raises(RunNotFound):
        run.approve("review")


def test_a_late_run_tells_where_it_was(busy):
    """Given a deadline, when it is over, then the tree still says what was visited."""
    tasks = busy.tasks
    defined = (
        graph(busy).add_node("first", tasks("identity")).add_node("review", Approval()).add_node("go", tasks("identity"))
        .add_edge(START, "first").add_edge("first", "review").add_edge("review", "go").add_edge("go", END)
    )  # fmt: skip
    run = defined.apply_async((1,), deadline=1)
    with pytest.raises(DeadlineExceeded):
        run.get(timeout=120)
    states = {view.name: view.state for view in run.tree().children}
    assert states == {"first": NodeState.SUCCEEDED, "review": NodeState.FAILED, "go": NodeState.SKIPPED}
    assert not run.approvals()


def test_a_failed_graph_goes_on(busy, ledger):
    """Given a graph that failed with one branch while another ended, when it is retried, then just what failed runs again."""
    tasks = busy.tasks
    inner = (
        graph(busy, "inner").add_node("x", tasks("heals", "x")).add_node("y", tasks("identity"))
        .add_edge(START, "x").add_edge("x", "y").add_edge("y", END)
    )  # fmt: skip
    defined = (
        graph(busy)
        .add_node("a", tasks("counted_call", "a")).add_node("b", inner).add_node("sum", tasks("identity"), join="all")
        .add_edge(START, "a").add_edge(START, "b").add_edge("a", "sum").add_edge("b", "sum").add_edge("sum", END)
    )  # fmt: skip
    run = defined.apply_async((1,))
    with pytest.raises(ValueError, match="not yet"):
        run.get(timeout=120)
    wait_for(lambda: run.status is RunStatus.FAILED, what="its end")
    assert run.progress().failed == 1
    run.retry()
    assert run.get(timeout=120) == [1, 1]
    assert [len(ledger.entries("called", name)) for name in ("a", "x")] == [1, 2]
    progress = run.progress()
    assert (progress.total, progress.done, progress.failed) == (4, 4, 0)


def test_a_runaway_loop_gets_its_visits_anew(busy):
    """Given a graph that was visited too often, when it is retried, then it goes on where it was, visits counted anew."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("more", tasks("add", 1), max_visits=3)
        .add_edge(START, "more")
        .add_conditional_edges("more", [when(result >= 5, END), otherwise("more")])
    )
    run = defined.apply_async((0,))
    with pytest.raises(GraphRecursion):
        run.get(timeout=120)
    run.retry()
    assert run.get(timeout=120) == 5


def test_approvals_of_a_failed_graph_are_asked_anew(busy, ledger):
    """Given an approval that was withdrawn when its graph failed, when that is retried, then it waits again."""
    tasks = busy.tasks
    defined = (
        graph(busy)
        .add_node("bad", tasks("heals", "bad")).add_node("review", Approval()).add_node("go", tasks("identity"), join="all")
        .add_edge(START, "bad").add_edge(START, "review").add_edge("bad", "go").add_edge("review", "go").add_edge("go", END)
    )  # fmt: skip
    run = defined.apply_async((2,))
    with pytest.raises(ValueError, match="not yet"):
        run.get(timeout=120)
    assert not run.approvals()
    run.retry()
    wait_for(run.approvals, what="the approval")
    run.approve("review", by="ada")
    assert run.get(timeout=120)[1]["by"] == "ada"


def test_start_may_lead_to_the_end(busy):
    """Given a condition at START that leads to END, then what the graph was given is its result."""
    defined = (
        graph(busy).add_node("a", busy.tasks("add", 1)).add_edge("a", END)
        .add_conditional_edges(START, [when(run_input > 3, END), otherwise("a")])
    )  # fmt: skip
    assert [defined.apply_async((n,)).get(timeout=120) for n in (3, 4)] == [4, 4]
    both = graph(busy).add_node("a", busy.tasks("add", 1)).add_edge(START, "a").add_edge(START, END).add_edge("a", END)
    assert both.apply_async((1,)).get(timeout=120) == {START: 1, "a": 2}
    assert chain(both, busy.tasks("identity")).apply_async((1,)).get(timeout=120) == {START: 1, "a": 2}


def test_an_error_is_known_by_its_name(busy):
    """Given an error whose class has a constructor of its own, which Celery cannot pickle, then its edge is taken."""
    tasks = busy.tasks
    defined = (
        graph(busy).add_node("charge", tasks("charge_card")).add_node("refuse", tasks("identity")).add_node("other", tasks("add", 1))
        .add_edge(START, "charge").add_edge("charge", END).add_error_edge("charge", "refuse", on=["CardDeclined"])
        .add_error_edge("charge", "other").add_edge("refuse", END).add_edge("other", END)
    )  # fmt: skip
    run = defined.apply_async()
    told = run.get(timeout=120)
    assert (told["type"], told["message"]) == ("CardDeclined", "1234: no money")


def test_time_stands_still_while_a_run_is_suspended(busy):
    """Given approvals of suspended runs, at any depth, then their time is not over before the run is resumed."""
    tasks, limit = busy.tasks, 4
    review = (
        graph(busy)
        .add_node("review", Approval(timeout=limit, on_timeout="approve", message="stands still"))
        .add_node("go", tasks("identity"))
        .add_edge(START, "review").add_conditional_edges("review", {"approved": "go", "rejected": END}).add_edge("go", END)
    )  # fmt: skip
    places = {
        "graph": review,
        "step": busy.complex(chain(tasks("identity", 1), review.clone())),
        "item": busy.swarm([review.clone()]),
        "node": graph(busy, "outer").add_node("in", review.clone()).add_edge(START, "in").add_edge("in", END),
        "replacement": busy.complex(tasks("replaced_by_canvas", review.clone())),
    }
    runs = {place: workflow.apply_async() for place, workflow in places.items()}

    def approvals():
        return [view for view in busy.orchestrator.approvals() if view.message == "stands still"]

    wait_for(lambda: len(approvals()) == len(runs), 60, "the approvals")
    for run in runs.values():
        run.suspend()
    wait_for(lambda: all(view.until is None for view in approvals()), 20, "all time to stand still")
    over = time.monotonic() + limit
    wait_for(lambda: time.monotonic() > over, limit + 5, "the time that they had")
    assert len(approvals()) == len(runs), "nothing was answered meanwhile"
    for run in runs.values():
        run.resume()
    for place, run in runs.items():
        [answer] = [run.get(timeout=120)] if place != "item" else run.get(timeout=120)
        assert answer["timed_out"] is True, place


def test_arguments_of_a_nested_graph(busy):
    """Given a nested graph with arguments of its own, then they come after what it is given, whenever START leads on."""
    tasks = busy.tasks
    inner = (
        graph(busy, "inner").add_node("x", tasks("collect")).add_node("y", tasks("identity"), inputs={"value": run_input})
        .add_edge(START, "x").add_edge("x", "y").add_edge("y", END)
    )  # fmt: skip
    inner.nodes[1]["signature"].set(immutable=True)
    loose = graph(busy, "loose").add_node("x", tasks("collect")).add_edge(START, "x").add_edge("x", END)
    assert busy.run(chain(tasks("identity", 5), loose.clone((7,), {"k": 1}))).get(timeout=120) == [[5, 7], {"k": 1}]
    outer = graph(busy, "outer").add_node("in", inner.clone((7,))).add_edge(START, "in").add_edge("in", END)
    assert outer.apply_async((5,)).get(timeout=120) == [5, 7]
