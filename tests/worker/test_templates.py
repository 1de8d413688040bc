"""Every template on a real worker, along each of its ways."""

import pytest

from orchestrator_celery import END, START, ConditionalGraph, GraphRecursion, NoRoute, result, templates
from orchestrator_celery.canvas.template_tasks import variant
from orchestrator_celery.model.events import NodeStarted
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.templates import Level, Stage
from tests.kit.waiting import wait_for
from tests.worker.support import events


def taken(run):
    """Nodes of the template that were visited, in the order of their declaration."""
    return [view.name for view in run.tree().children if view.state is not NodeState.SKIPPED]


def answer(busy, run, name, verb, **words):
    """Approve or reject what waits for a person."""
    wait_for(
        lambda: [v for v in busy.orchestrator.approvals() if v.run == run.id and v.name == name], what="an approval"
    )
    getattr(run, verb)(name, **words)


def test_success_or_failure(busy):
    """Given work, then what follows it depends on how it ended."""
    tasks = busy.tasks

    def start(work, given):
        return templates.success_or_failure(
            work=work, on_success=tasks("mul", 10), on_failure=tasks("identity"), on=[ValueError]
        ).apply_async((given,))

    good = start(tasks("add", 1), 2)
    assert good.get(timeout=120) == 30
    assert taken(good) == ["work", "success"]
    bad = start(tasks("fail"), 2)
    assert bad.get(timeout=120)["type"] == "ValueError"
    assert taken(bad) == ["work", "failure"]
    with pytest.raises(KeyError):
        start(tasks("fail_if", [2]), 2).get(timeout=120)


@pytest.mark.parametrize("score, way", [(0.9, "high"), (0.5, "medium"), (0, "below"), ("many", "default")])
def test_threshold(busy, score, way):
    """Given levels, then the number chooses the way."""
    tasks = busy.tasks
    run = templates.threshold(
        value="score",
        levels={
            "medium": Level(at_least=0.5, target=tasks("identity")),
            "high": Level(at_least=0.8, target=tasks("identity")),
        },
        below=tasks("identity"),
        default=tasks("identity"),
    ).apply_async(({"score": score},))
    assert run.get(timeout=120) == {"score": score}
    assert taken(run) == [way]


def test_switch(busy):
    """Given cases, then the value chooses; any other has nowhere to go if nothing says so."""
    tasks = busy.tasks
    graph = templates.switch(value=result["kind"], cases={"card": tasks("identity"), 7: tasks("identity")}, default=END)
    for kind, ways in (("card", ["card"]), (7, ["7"]), ("cash", [])):
        run = graph.apply_async(({"kind": kind},))
        run.get(timeout=120)
        assert taken(run) == ways
    with pytest.raises(NoRoute):
        templates.switch(value=result, cases={"card": tasks("identity")}).apply_async(("cash",)).get(timeout=120)


def test_ab_split(busy):
    """Given a key, then each goes where its key sends it, every time, with what was given."""
    tasks = busy.tasks
    graph = templates.ab_split(
        variants={"old": tasks("identity"), "new": tasks("collect")}, weights={"old": 2, "new": 1}, key="id", salt="x"
    )
    split = {"weights": {"old": 2, "new": 1}, "key": ["item", ["result"], "id"], "salt": "x"}
    for key in ("ada", "bob", "eve", "ada"):
        run = graph.apply_async(({"id": key},))
        expected = variant(split, {"id": key}, "")
        assert run.get(timeout=120) == ({"id": key} if expected == "old" else [[{"id": key}], {}])
        assert expected in taken(run)


def test_ab_split_without_a_key(busy):
    """Given no key, then the visit itself decides: whoever runs the router again gets the same."""
    tasks = busy.tasks
    graph = templates.ab_split(
        variants={"a": tasks("identity", "a").set(immutable=True), "b": tasks("identity", "b").set(immutable=True)}
    )
    found = set()
    for _ in range(12):
        run = graph.apply_async()
        chosen = run.get(timeout=120)
        [router] = [event.node for event in events(run, NodeStarted) if event.node.startswith("0.2.")]
        assert chosen == variant({"weights": {"a": 1, "b": 1}, "key": None, "salt": ""}, None, f"{run.id}:{router}")
        found.add(chosen)
    assert found == {"a", "b"}


def test_retry(busy, ledger):
    """Given attempts, then the last failure goes the other way; what is not meant is not tried again."""
    tasks = busy.tasks

    def start(work, on):
        return templates.retry(work=work, attempts=3, backoff=0.05, on=on, fallback=tasks("identity")).apply_async((1,))

    assert start(tasks("fail"), "ValueError").get(timeout=120)["type"] == "ValueError"
    assert len(ledger.entries("fail")) == 3
    run = start(tasks("fail"), "OSError")
    assert run.get(timeout=120)["type"] == "ValueError"
    assert taken(run) == ["work", "fallback"]
    assert len(ledger.entries("fail")) == 4
    assert start(tasks("add", 1), None).get(timeout=120) == 2
    with pytest.raises(ValueError, match="no good"):
        templates.retry(work=tasks("fail"), attempts=2, backoff=0).apply_async().get(timeout=120)


def test_fallback(busy):
    """Given alternatives, then the next is tried with what the first was given, until one does not fail."""
    tasks = busy.tasks

    def start(*bodies):
        first, *others = bodies
        return templates.fallback(primary=first, alternatives=others).apply_async((5,))

    assert start(tasks("add", 1), tasks("fail")).get(timeout=120) == 6
    second = start(tasks("fail"), tasks("add", 2), tasks("fail"))
    assert second.get(timeout=120) == 7
    assert taken(second) == ["primary", "alternative 1"]
    third = start(tasks("fail"), tasks("fail"), busy.swarm([tasks("add", 3), tasks("add", 4)]))
    assert third.get(timeout=120) == [8, 9]
    with pytest.raises(KeyError):
        start(tasks("fail"), tasks("fail_if", [5])).get(timeout=120)


@pytest.fixture
def stages(busy):
    """Two checks: of the sign, and of the amount, over 100 of which a person is asked."""
    tasks = busy.tasks
    return templates.validation_stages(
        stages=[
            Stage(name="sign", check=tasks("fail_if", [-1])),
            Stage(name="amount", check=tasks("identity"), ask_when=result > 100, message="So much?"),
        ],
        accepted=tasks("mul", 2),
        rejected=tasks("identity"),
    )


def test_validation_stages(stages):
    """Given two stages, then the first that fails says what, where and why, and nothing after it is run."""
    good = stages.apply_async((7,))
    assert good.get(timeout=120) == 14
    assert taken(good) == ["sign", "amount", "accepted"]
    nothing = stages.apply_async((0,))
    assert nothing.get(timeout=120) == {"stage": "sign", "reason": 0, "given": 0}
    assert taken(nothing) == ["sign", "rejected", "sign rejected"]
    raised = stages.apply_async((-1,)).get(timeout=120)
    assert (raised["stage"], raised["reason"]["type"], raised["given"]) == ("sign", "KeyError", -1)


def test_validation_stages_ask_a_person(busy, stages):
    """Given a condition that holds, then a person decides."""
    yes, no = stages.apply_async((200,)), stages.apply_async((300,))
    answer(busy, yes, "amount approval", "approve", by="ada")
    answer(busy, no, "amount approval", "reject", by="bob", note="too much")
    assert yes.get(timeout=120) == 400
    told = no.get(timeout=120)
    assert (told["stage"], told["given"]) == ("amount", 300)
    assert told["reason"] == {"decision": "rejected", "by": "bob", "note": "too much", "timed_out": False}


def test_approval_gate(busy):
    """Given an answer, then what came to the gate goes on, or out; nobody's answer counts as well."""
    tasks = busy.tasks
    gate = {"approved": tasks("mul", 2), "rejected": tasks("identity")}
    yes, no = (templates.approval_gate(**gate, message="Pay?").apply_async((n,)) for n in (1, 2))
    answer(busy, yes, "approval", "approve", by="ada")
    answer(busy, no, "approval", "reject", by="bob")
    assert yes.get(timeout=120) == 2
    told = no.get(timeout=120)
    assert (told["stage"], told["given"], told["reason"]["by"]) == ("approval", 2, "bob")
    late, let = (
        templates.approval_gate(**gate, timeout=0.3, on_timeout=verb).apply_async((3,))
        for verb in ("reject", "approve")
    )
    told = late.get(timeout=120)
    assert (told["given"], told["reason"]["timed_out"]) == (3, True)
    assert let.get(timeout=120) == 6


def test_map_reduce(busy):
    """Given a list, then each element has its task, and the results are put together."""
    tasks = busy.tasks
    graph = templates.map_reduce(
        split=tasks("identity"), items="pages", each=tasks("add", 1), reduce=tasks("xsum"), max_concurrency=2
    )
    assert graph.apply_async(({"pages": [1, 2, 3]},)).get(timeout=120) == 9
    bare = templates.map_reduce(each=tasks("add", 1), reduce=tasks("xsum"))
    assert bare.apply_async(([],)).get(timeout=120) == 0
    assert bare.apply_async(([4],)).get(timeout=120) == 5


def test_loop_until(busy):
    """Given a condition, then it goes round until it holds, and at most so often."""
    tasks = busy.tasks
    loop = {"body": tasks("add", 3), "until": result >= 10, "max_visits": 4}
    assert templates.loop_until(**loop).apply_async((0,)).get(timeout=120) == 12
    with pytest.raises(GraphRecursion):
        templates.loop_until(**loop).apply_async((-9,)).get(timeout=120)
    out = templates.loop_until(**loop, exhausted=tasks("mul", 100)).apply_async((-9,))
    assert out.get(timeout=120) == 300
    assert taken(out) == ["body", "exhausted"]


def test_several_in_one_graph(busy):
    """Given a graph, when templates are put between its nodes, then each gets what the node before it gave."""
    tasks = busy.tasks
    graph = (
        ConditionalGraph("orders", app=busy.app)
        .add_node("read", tasks("add", 1)).add_node("price", tasks("mul", 10)).add_node("tell", tasks("add", 0.5))
        .add_edge(START, "read").add_edge("tell", END)
    )  # fmt: skip
    templates.validation_stages(
        stages=[Stage(name="a", check=tasks("identity")), Stage(name="b", check=tasks("add", -9))], rejected=END,
        into=graph, after="read", then="price",
    )  # fmt: skip
    templates.fallback(
        primary=tasks("fail"), alternatives=[tasks("add", 1)],
        into=graph, after="price", then="tell", prefix="pay ",
    )  # fmt: skip
    assert graph.apply_async((1,)).get(timeout=120) == 21.5
    assert graph.apply_async((8,)).get(timeout=120) == {"stage": "b", "reason": 0, "given": 9}
