"""Templates: the graphs they make, what they refuse, their catalog, and what an A/B split does with its keys."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta
from inspect import signature

import pytest

from orchestrator_celery import END, START, Approval, ConditionalGraph, InvalidWorkflow, node, result, templates
from orchestrator_celery.canvas.conditions.language import words
from orchestrator_celery.canvas.template_tasks import variant
from orchestrator_celery.errors import ConditionError, GraphRecursion, NoRoute
from orchestrator_celery.templates import Level, Stage

TEN = (
    "ab_split approval_gate fallback loop_until map_reduce retry success_or_failure switch threshold validation_stages"
)


def task(name="a"):
    """A signature as JSON has it."""
    return {"task": name}


# One call of each, in plain JSON.
CALLS = {
    "success_or_failure": {"work": task(), "on_success": task("b"), "on_failure": task("c")},
    "threshold": {
        "value": "score",
        "levels": {"high": {"at_least": 0.8, "target": task("a")}, "medium": {"at_least": 0.5, "target": task("b")}},
        "below": task("c"),
    },
    "switch": {"value": "kind", "cases": {"x": task("a"), "y": task("b")}, "default": task("c")},
    "ab_split": {"variants": {"old": task("a"), "new": task("b")}, "weights": {"old": 9, "new": 1}, "key": "customer"},
    "retry": {"work": task(), "attempts": 5, "on": ["OSError"], "fallback": task("b")},
    "validation_stages": {
        "stages": [
            {"name": "size", "check": task("a")},
            {"name": "limit", "check": task("b"), "ask_when": ["gt", ["result"], 3], "timeout": 60},
        ],
        "accepted": task("c"),
        "rejected": task("d"),
    },
    "approval_gate": {"approved": task("a"), "rejected": task("b"), "timeout": "PT1H", "message": "Pay?"},
    "fallback": {"primary": task("a"), "alternatives": [task("b"), task("c")]},
    "map_reduce": {"split": task("a"), "each": task("b"), "reduce": task("c"), "items": "pages", "max_concurrency": 4},
    "loop_until": {"body": task(), "until": ["ge", ["result"], 10], "max_visits": 7, "exhausted": task("b")},
}
each_template = pytest.mark.parametrize("name", sorted(CALLS))


def edges(graph):
    """The edges as short lines."""
    lines = []
    for edge in graph.edges:
        if "to" in edge:
            lines.append(f"{edge['from']} {'!' if 'error' in edge else '>'} {edge['to']}")
        for condition, target in edge.get("when", ()):
            lines.append(f"{edge['from']} > {target} if {words(condition)}")
        for key, target in edge.get("keys", ()):
            lines.append(f"{edge['from']} > {target} if {key!r}")
        if "otherwise" in edge:
            lines.append(f"{edge['from']} > {edge['otherwise']} otherwise")
    return lines


def inner(app):
    """A graph with a node to begin behind and one to go on with."""
    return (
        ConditionalGraph("outer", app=app)
        .add_node("first", app.signature("a")).add_node("last", app.signature("b"))
        .add_edge(START, "first").add_edge("last", END)
    )  # fmt: skip


# -- what every template does


def test_there_are_ten():
    """Given the catalog, then each of the ten is there with a summary, and every call above names one."""
    assert " ".join(info.name for info in templates.catalog()) == TEN == " ".join(sorted(CALLS))
    assert all(info.summary.endswith(".") for info in templates.catalog())


def test_the_schemas_are_json():
    """Given the catalog, then what a form needs is plain JSON, and describes every parameter."""
    for info in templates.catalog():
        schema = json.loads(json.dumps(info.parameters))
        assert schema["type"] == "object"
        for name, parameter in schema["properties"].items():
            assert parameter.get("description"), f"{info.name}: {name}"


@each_template
def test_a_schema_and_its_function_agree(name):
    """Given a function, then the schema has its parameters, with its defaults, and no others."""
    [schema] = [info.parameters for info in templates.catalog() if info.name == name]
    parameters = dict(signature(getattr(templates, name)).parameters)
    del parameters["where"]
    assert list(schema["properties"]) == list(parameters)
    without = [one for one, parameter in parameters.items() if parameter.default is parameter.empty]
    assert schema["required"] == without
    for one in parameters.keys() - set(without):
        assert schema["properties"][one].get("default") == parameters[one].default


@each_template
def test_a_graph_comes_of_plain_json(name, app):
    """Given parameters in JSON, then there is a valid graph of this name, which itself travels as JSON."""
    graph = templates.build(name, json.loads(json.dumps(CALLS[name])), app=app)
    graph.validate()
    assert graph.label == name
    assert graph.app is app
    copy = ConditionalGraph.from_dict(json.loads(json.dumps(graph.to_dict())), app=app)
    copy.validate()
    assert copy.to_dict() == graph.to_dict()


@each_template
def test_it_can_be_put_between_two_nodes(name, app):
    """Given a graph, when a template is added twice between its nodes, then all of it is a valid graph."""
    graph = inner(app)
    added = templates.build(name, CALLS[name], app=app, into=graph, after="first", then="last")
    assert added is graph
    graph.validate()
    before = len(graph.nodes)
    again = ConditionalGraph("twice", app=app).add_node("m", app.signature("a"))
    templates.build(name, CALLS[name], app=app, into=again, then="m", prefix="one ")
    templates.build(name, CALLS[name], app=app, into=again, after="m", prefix="two ")
    again.validate()
    assert len(again.nodes) == 2 * (before - 2) + 1


@each_template
def test_it_can_be_a_node(name, app):
    """Given a template, then it is a node of another graph as any graph is."""
    graph = inner(app).add_node("part", templates.build(name, CALLS[name], app=app))
    graph.add_edge("first", "part").add_edge("part", "last").validate()


@each_template
def test_a_refused_one_leaves_nothing(name, app):
    """Given a graph that has a node of the same name, then adding is refused by that name, and the graph is as before."""
    there = templates.build(name, CALLS[name], app=app).nodes[-1]["name"]
    graph = inner(app).add_node(there, app.signature("a"))
    before = json.dumps(graph.to_dict())
    with pytest.raises(InvalidWorkflow, match=f"second node '{there}'"):
        templates.build(name, CALLS[name], app=app, into=graph, after="first", then="last")
    assert json.dumps(graph.to_dict()) == before


def test_a_way_out_leads_to_the_end(app):
    """Given a gate between two nodes, then what is rejected does not go on to the second."""
    graph = templates.approval_gate(rejected=app.signature("c"), into=inner(app), after="first", then="last")
    assert edges(graph)[2:] == [
        "first > approval",
        "approved > last",
        "rejected > __end__",
        "approval > approved if 'approved'",
        "approval > rejected if 'rejected'",
    ]


def test_a_path_may_lead_to_a_node_that_is_there(app):
    """Given a node's name as a target, then no node is made for it, whatever the prefix."""
    graph = templates.switch(
        value=result, cases={"go": "last", "stop": END}, into=inner(app), after="first", prefix="p"
    )
    assert edges(graph)[2:] == ['first > last if result == "go"', 'first > __end__ if result == "stop"']
    graph.validate()


def test_names_that_no_node_may_have(app):
    """Given keys that are no names, then the nodes have names that are."""
    graph = templates.switch(
        value=result, cases={"application/pdf": app.signature("a"), -5: app.signature("b"), "": END}
    )
    assert [one["name"] for one in graph.nodes] == ["application-pdf", "5"]
    graph.validate()


# -- what is refused


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda s: templates.switch(value="x", cases={"a": 5, "b": s}, default=3), r"cases.a: 5 is not a signature.*; default: 3"),
        (lambda s: templates.switch(value="x", cases={}), "cases: .*at least 1"),
        (lambda s: templates.switch(value=7, cases={"a": s}), "value: 7 is not an expression"),
        (lambda s: templates.switch(value=["what"], cases={"a": s}), "value: .*what"),
        (lambda s: templates.switch(value="x", cases={"rejected/": s, "rejected": s}), "second node 'rejected'"),
        (lambda s: templates.threshold(value="x", levels={"a": Level(at_least=1, target=s), "b": Level(at_least=1, target=s)}, below=s), "same number"),
        (lambda s: templates.threshold(value="x", levels={"a": {"at_least": "much", "target": s}}, below=s), "levels.a.at_least: "),
        (lambda s: templates.threshold(value="x", levels={"a": {"at_least": float("nan"), "target": s}}, below=s), "levels.a.at_least: "),
        (lambda s: templates.ab_split(variants={"a": s, "b": s}, weights={"a": 1}), "weights="),
        (lambda s: templates.ab_split(variants={"a": s}, weights={"a": 0}), "not all 0"),
        (lambda s: templates.ab_split(variants={"a": s}, weights={"a": -1}), "weights.a: "),
        (lambda s: templates.ab_split(variants={"a": s}, key=node("x")["id"]), "key=.*reads only result"),
        (lambda s: templates.retry(work=s, attempts=1), "attempts: .*2"),
        (lambda s: templates.retry(work=s, on=[]), "on: "),
        (lambda s: templates.retry(work=Approval()), "work: an Approval"),
        (lambda s: templates.approval_gate(rejected=s, on_timeout="wait"), "on_timeout: give 'reject'"),
        (lambda s: templates.approval_gate(rejected=s, on_timeout="fail"), "without a timeout"),
        (lambda s: templates.approval_gate(rejected=s, timeout=-1), "timeout=-1"),
        (lambda s: templates.validation_stages(stages=[], rejected=s), "stages: "),
        (lambda s: templates.validation_stages(stages=[Stage(name="x", check=s), Stage(name="x", check=s)], rejected=s), "second node 'x'"),
        (lambda s: templates.map_reduce(each=s, reduce=s, max_concurrency=0), "max_concurrency: "),
        (lambda s: templates.loop_until(body=s, until=result > 1, max_visits=0), "max_visits: "),
        (lambda s: templates.retry(work=s, after="x"), "after=.*without into="),
        (lambda s: templates.retry(work=s, into=ConditionalGraph(), name="x"), "name=.*together with into="),
        (lambda s: templates.retry(work=s, into=s), "is not a graph"),
        (lambda s: templates.build("retries", {}), "no template 'retries'.*retry"),
        (lambda s: templates.build("retry", {"work": {"task": "a"}, "tries": 3}), "tries: "),
        (lambda s: templates.build("retry", {}), "work: "),
    ],
)  # fmt: skip
def test_what_is_refused(call, words, app):
    """Given what makes no graph, then it is refused, and the parameter is named."""
    with pytest.raises(InvalidWorkflow, match=words):
        call(app.signature("a"))


def test_misspelt_arguments(app):
    """Given an argument that is not known, or none where one has to be, then it is an error of the call, as in Python."""
    with pytest.raises(TypeError, match=r"switch\(\).*'cases'"):
        templates.switch(value="x", case={})
    with pytest.raises(TypeError, match=r"retry\(\).*'prefixes'"):
        templates.retry(work=app.signature("a"), prefixes="x")


# -- each of them, run here and now


@pytest.mark.parametrize("work, outcome", [("add", 8), ("fail", "ValueError")])
def test_success_or_failure(app, work, outcome):
    """Given work that may fail, then one of two ways is taken."""
    graph = templates.success_or_failure(
        work=app.signature(work), on_success=app.signature("add", (1,)), on_failure=app.signature("a"), on=[ValueError, "KeyError"]
    )  # fmt: skip
    found = graph.apply((7,)).get()
    assert outcome == (found if work == "add" else found[0][0]["type"])


@pytest.mark.parametrize(
    "score, taken", [(0.9, "high"), (0.8, "high"), (0.6, "medium"), (0.1, "low"), (None, "?"), ("0.9", "?")]
)
def test_threshold(app, score, taken):
    """Given levels in any order, then the highest that is reached is taken; what is no number is not low."""
    levels = {"medium": {"at_least": 0.5, "target": app.signature("b", ("medium",))}, "high": Level(at_least=0.8, target=app.signature("b", ("high",)))}  # fmt: skip
    ways = {"value": result["score"], "levels": levels, "below": app.signature("b", ("low",))}
    graph = templates.threshold(**ways, default=app.signature("b", ("?",)))
    assert graph.apply(({"score": score},)).get()[0][1] == taken
    if taken == "?":
        with pytest.raises(NoRoute):
            templates.threshold(**ways).apply(({"score": score},)).get()


@pytest.mark.parametrize("kind, taken", [("x", "x"), (5, "five"), (None, "none"), ("z", "other")])
def test_switch(app, kind, taken):
    """Given cases as pairs, as JSON has them, then values of any kind find theirs."""
    cases = [
        ["x", app.signature("b", ("x",))],
        [5, app.signature("b", ("five",))],
        [None, app.signature("b", ("none",))],
    ]
    graph = templates.switch(value="kind", cases=cases, default=app.signature("b", ("other",)))
    assert graph.apply(({"kind": kind},)).get()[0][1] == taken


def test_retry(app):
    """Given attempts, then the node has the policy, and the fallback is taken in the end."""
    graph = templates.retry(
        work=app.signature("fail"), attempts=4, backoff=0.5, on=OSError, fallback=app.signature("a")
    )
    policy = graph.nodes[0]["retry"]
    assert (policy["attempts"], policy["backoff"], policy["on"]) == (4, 0.5, ["OSError"])
    assert graph.apply((1,)).get()[0][0]["type"] == "ValueError"


def test_fallback(app):
    """Given alternatives, then the first that does not fail is taken, with what the first was given."""
    graph = templates.fallback(
        primary=app.signature("fail"),
        alternatives=[app.signature("fail"), app.signature("add", (1,)), app.signature("a")],
    )
    assert graph.apply((4,)).get() == 5
    alone = templates.fallback(primary=app.signature("fail"), alternatives=[app.signature("a", (1,), immutable=True)])
    assert alone.apply((4,)).get() == [[1], {}]
    none = templates.fallback(primary=app.signature("fail"), alternatives=[app.signature("a")], on="OSError")
    with pytest.raises(ValueError, match="as asked"):
        none.apply((4,)).get()


@pytest.mark.parametrize(
    "first, second, reason",
    [
        (["add", ()], ["add", ()], None),
        (["add", (-7,)], ["add", ()], ("first", 0)),
        (["fail", ()], ["add", ()], ("first", "as asked")),
        (["add", ()], ["total", ()], ("second", "iterable")),
        (["add", ()], ["add", (3,)], ("second", "")),
    ],
)
def test_validation_stages(app, first, second, reason):
    """Given two checks, then the first that fails says so, and a person who is asked and does not answer does, too."""
    graph = templates.validation_stages(
        stages=[
            Stage(name="first", check=app.signature(*first)),
            {"name": "second", "check": app.signature(*second), "ask_when": result > 9, "timeout": timedelta(minutes=1)},
        ],
        rejected=app.signature("a"),
    )  # fmt: skip
    found = graph.apply((7,)).get()
    if reason is None:
        assert found == 7
        return
    [[told], _] = found
    assert (told["stage"], told["given"]) == (reason[0], 7)
    why = told["reason"]
    assert reason[1] == why if isinstance(why, int) else reason[1] in why.get("message", why.get("by"))


@pytest.mark.parametrize(
    "verdict, holds",
    [(True, True), ("fine", True), ({"valid": True}, True), ({"score": 1}, True), ([0], True),
     (False, False), (None, False), ("", False), ({}, False), ({"valid": False}, False), ({"valid": None}, False)],
)  # fmt: skip
def test_what_a_check_says(app, verdict, holds):
    """Given what a check may return, then it holds unless it is nothing, or its `valid` is."""
    check = app.signature("orchestrator.pass_on", kwargs={"given": verdict})
    found = templates.validation_stages(stages=[Stage(name="one", check=check)], rejected=END).apply((7,)).get()
    assert found == (7 if holds else {"stage": "one", "reason": verdict, "given": 7})


def test_in_doubt_a_person_is_asked(app):
    """Given a condition on what is not there, then the person is asked."""
    stage = Stage(name="one", check=app.signature("add"), ask_when=result["score"] < 1, timeout=1, on_timeout="fail")
    found = templates.validation_stages(stages=[stage], rejected=END).apply((7,)).get()
    assert (found["stage"], found["reason"]["type"]) == ("one", "ApprovalTimeout")


@pytest.mark.parametrize("on_timeout, outcome", [("approve", 8), ("reject", {"stage", "reason", "given"})])
def test_approval_gate(app, on_timeout, outcome):
    """Given an answer, then what came to the gate goes on, or out with the answer."""
    graph = templates.approval_gate(
        approved=app.signature("add", (1,)), rejected=END, timeout=60, on_timeout=on_timeout, message="Pay?"
    )
    found = graph.apply((7,)).get()
    assert found == outcome if on_timeout == "approve" else found.keys() == outcome
    if on_timeout == "reject":
        assert (found["given"], found["reason"]["timed_out"]) == (7, True)


def test_map_reduce(app):
    """Given a list, split or not, then its results are put together in order."""
    one = templates.map_reduce(each=app.signature("add", (1,)), reduce=app.signature("total"))
    assert one.apply(([1, 2, 3],)).get() == 9
    two = templates.map_reduce(
        split=app.signature("a"),
        each=app.signature("add", (1,)),
        reduce=app.signature("total"),
        items=result[0][0]["n"],
    )
    assert two.apply(({"n": [1, 2]},)).get() == 5


def test_loop_until(app):
    """Given a condition, then it goes round until that holds, and no more often than it may."""
    body = app.signature("add", (3,))
    assert templates.loop_until(body=body, until=result >= 10).apply((0,)).get() == 12
    with pytest.raises(GraphRecursion):
        templates.loop_until(body=body, until=result >= 10, max_visits=3).apply((0,)).get()
    graph = templates.loop_until(body=body, until=result >= 10, max_visits=3, exhausted=app.signature("a"))
    assert graph.apply((0,)).get() == [[9], {}]
    assert graph.apply((1,)).get() == 10


# -- chance


def split(key, salt="colours", **weights):
    return variant({"weights": weights, "key": ["item", ["result"], "id"], "salt": salt}, {"id": key}, "unused")


def test_a_split_is_as_it_was_weighed():
    """Given 20,000 keys of a fixed seed, then the shares are the weights: chi-square below 13.8, its 0.999 quantile."""
    keys = random.Random(20_240_607)
    weights = {"a": 5, "b": 3, "c": 2}
    counted = Counter(split(keys.getrandbits(64), **weights) for _ in range(20_000))
    expected = {name: 2_000 * weight for name, weight in weights.items()}
    chi_square = sum((counted[name] - count) ** 2 / count for name, count in expected.items())
    assert chi_square < 13.8  # two degrees of freedom


def test_keys_that_look_alike_are_spread_as_well():
    """Given numbers in a row, and words with the same beginning, then half of them goes each way."""
    for keys in (range(4_000), [f"customer-{number}" for number in range(4_000)]):
        counted = Counter(split(key, a=1, b=1) for key in keys)
        assert abs(counted["a"] - 2_000) < 4 * 31.6  # four standard deviations


def test_a_key_sticks():
    """Given a key, then its variant is the same in whatever order the weights are, and whoever asks."""
    for key in range(200):
        assert split(key, a=1, b=2) == split(key, b=2, a=1) == split(str(key), a=1, b=2)
    assert split({"b": 1, "a": 2}, a=1, b=1) == split({"a": 2, "b": 1}, a=1, b=1)
    # These have to be so for ever: who was sent one way may have been promised something.
    assert [split(key, a=1, b=1) for key in ("ada", "bob", "eve", 1, 2, 3, None)] == list("bababbb")


def test_a_new_weight_moves_as_few_as_it_can():
    """Given a share that grows, then nobody who was in it leaves it."""
    keys = range(2_000)
    before = {key for key in keys if split(key, a=9, b=1) == "b"}
    after = {key for key in keys if split(key, a=8, b=2) == "b"}
    assert before < after


def test_experiments_are_independent():
    """Given another salt, then half of one variant is in the other there."""
    one = [key for key in range(4_000) if split(key, a=1, b=1) == "a"]
    both = [key for key in one if split(key, "prices", a=1, b=1) == "a"]
    assert abs(len(both) - len(one) / 2) < 4 * len(one) ** 0.5 / 2


def test_what_has_weight_0_is_never_taken():
    """Given a weight of 0, then nobody goes there."""
    assert {split(key, a=0, b=1, c=0) for key in range(500)} == {"b"}


def test_a_missing_key_is_an_error():
    """Given a value without the key, then it is not split silently by something else."""
    with pytest.raises(ConditionError, match="id"):
        variant({"weights": {"a": 1}, "key": ["item", ["result"], "id"], "salt": ""}, {"name": "ada"}, "unused")


def test_without_a_key_each_draws(app):
    """Given no key, then what decides is the draw, and the same draw decides the same."""
    weights = {"weights": {"a": 1, "b": 1}, "key": None, "salt": ""}
    drawn = Counter(variant(weights, None, f"run-{number}:0.2") for number in range(4_000))
    assert abs(drawn["a"] - 2_000) < 4 * 31.6
    assert len({variant(weights, None, "run-1:0.2") for _ in range(50)}) == 1


def test_ab_split(app):
    """Given a key, then the variant gets what was given, and the same customer the same variant, eagerly as well."""
    graph = templates.ab_split(
        variants={"a": app.signature("b", ("a",)), "b": app.signature("b", ("b",))}, key="id", salt="colours"
    )
    for key in range(20):
        [[given, taken], _] = graph.apply(({"id": key},)).get()
        assert (given, taken) == ({"id": key}, split(key, a=1, b=1))
    anybody = templates.ab_split(variants={"a": app.signature("b", ("a",)), "b": app.signature("b", ("b",))})
    assert {anybody.apply((1,)).get()[0][1] for _ in range(40)} == {"a", "b"}
