"""A graph run in the caller's own process, from the page of its semantics."""

from __future__ import annotations

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ApprovalTimeout,
    ComplexSignature,
    ConditionalGraph,
    ConditionError,
    GraphRecursion,
    InvalidWorkflow,
    NoRoute,
    Retry,
    Swarm,
    error,
    node,
    otherwise,
    result,
    run_input,
    visits,
    when,
)

from ..apps import make_app
from ..graphs import sketched

APP = make_app("eager-graph")
SEEN: list[str] = []
#: What the body of a node of a sketch gives, or raises; its own name if nothing is said.
GIVES: dict[str, object] = {}


class Declined(ValueError):
    """An error of ours."""


@APP.task(name="step", shared=False)
def step(*args, name, **kwargs):
    SEEN.append(name)
    given = GIVES.get(name, name)
    if isinstance(given, list) and given and isinstance(given[0], list):
        given = given[0].pop(0)  # one after the other
    if isinstance(given, BaseException):
        raise given
    return given(*args, **kwargs) if callable(given) else given


@APP.task(name="echo", shared=False)
def echo(*args, **kwargs):
    return [*args, kwargs] if kwargs else list(args)


@pytest.fixture(autouse=True)
def _clean():
    SEEN.clear()
    GIVES.clear()
    yield
    APP.conf.task_always_eager = APP.conf.task_eager_propagates = False


def sketch(text, **joins):
    return sketched(text, lambda name: step.s(name=name), joins, app=APP)


def graph(**options):
    return ConditionalGraph("g", app=APP, **options)


def one(body, **options):
    """A graph of one node."""
    return graph().add_node("a", body, **options).add_edge(START, "a").add_edge("a", END)


def outcome(made, *args, **kwargs):
    return made.apply(args, kwargs).get()


# -- where a token goes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "joins", "path", "value"),
    [
        ("S>a a>b b>E", {}, {}, "a b", "b"),
        ("S>a a>b|c b>E c>E", {"a": 0}, {}, "a b", "b"),
        ("S>a a>b|c b>E c>E", {"a": 1}, {}, "a c", "c"),
        ("S>a a>b|?c b>E c>E", {"a": 7}, {}, "a c", "c"),
        ("S>a a>b&c b>E c>E", {"a": [0, 1]}, {}, "a b c", {"b": "b", "c": "c"}),
        ("S>a a>b&c b>E c>E", {"a": [1]}, {}, "a c", "c"),
        ("S>a a>b&?c b>E c>E", {"a": []}, {}, "a c", "c"),
        ("S>a a>b a>b|E b>E", {"a": 0}, {}, "a b", "b"),  # chosen twice, taken once
        ("S>a,b a>E b>E", {}, {}, "a b", {"a": "a", "b": "b"}),
        ("S>a a>E|b b>E", {"a": 0}, {}, "a", 0),
        ("S>a a>b,E b>E", {}, {}, "a b", {"a": "a", "b": "b"}),
        ("S>a|?E a>E", {}, {}, "", "in"),  # what it was given is its result
        # joins
        ("S>a,b a>j b>j j>E", {"j": lambda got: got}, {"j": "all"}, "a b j", ["a", "b"]),
        ("S>b,a a>j b>j j>E", {"j": lambda got: got}, {"j": "all"}, "b a j", ["a", "b"]),
        ("S>a,b a>c c>j b>j j>E", {"j": lambda got: got}, {"j": "all"}, "a b c j", ["c", "b"]),
        ("S>a,b a>j|E b>j j>E", {"a": 1, "j": lambda got: got}, {"j": "all"}, "a b j", {"a": 1, "j": ["b"]}),
        ("S>a,b a>j b!r b>j r>E j>E", {"b": Declined("x"), "j": lambda got: got}, {"j": "all"}, "a b r j", {"r": "r", "j": ["a"]}),
        ("S>a,b a>j b!r b>j r>j j>E", {"b": Declined("x"), "j": lambda got: got}, {"j": "all"}, "a b r j", ["a", "r"]),
        ("S>a,b a>j b>j j>E", {"j": lambda got: got}, {"j": "any"}, "a b j", "a"),
        ("S>b,a a>j b>j j>E", {"j": lambda got: got}, {"j": "any"}, "b a j", "b"),
        # loops
        ("S>a a>a|E", {"a": [[0, 0, 1]]}, {}, "a a a", 1),
        ("S>a a>b b>a|E", {"b": [[0, 1]]}, {}, "a b a b", 1),
        ("S>a a>p,q p>j q>j j>a|E", {"j": [[0, 1]]}, {"j": "all"}, "a p q j a p q j", 1),
        ("S>a a>p,q p>j q>j j>a|E", {"j": [[0, 1]]}, {"j": "any"}, "a p q j a p q j", 1),
        ("S>f f>t,u t>t|j u>j j>E", {"t": [[0, 0, 1]], "j": lambda got: got}, {"j": "all"}, "f t u t t j", [1, "u"]),
    ],
)  # fmt: skip
def test_it_goes_its_way(text, given, joins, path, value):
    """Given a graph and what its bodies give, then these are visited, in this order, and this is the result."""
    GIVES.update(given)
    assert outcome(sketch(text, **joins), "in") == value
    assert " ".join(SEEN) == path


def test_two_joins_around_a_loop_do_not_wait_for_ever():
    """Given two joins that wait for each other, then the one that was declared first starts."""
    GIVES["k"] = [[0, 1]]
    made = sketch("S>a a>j,k j>k k>j|E", j="all", k="all")
    assert outcome(made, 1) == 1
    assert SEEN == ["a", "j", "k", "j", "k"]


def test_a_late_token_at_any_is_ignored_and_one_around_a_loop_is_not():
    """Given join="any" in a loop, when it has started, then only what comes from that start starts it again."""
    GIVES.update({"j": [[0, 0, 1]]})
    assert outcome(sketch("S>a,b a>j b>j j>j|E", j="any"), 1) == 1
    assert SEEN == ["a", "b", "j", "j", "j"]


def test_conditions_look_at_all_there_is():
    """Given conditions on the result, another node, the input and visits, then each sees it."""
    GIVES.update({"a": {"n": 1}, "b": {"n": 2}})
    made = (
        graph()
        .add_node("a", step.s(name="a"))
        .add_node("b", step.s(name="b"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_conditional_edges(
            "b",
            [
                when((node("a")["n"] == 1) & (run_input["id"] == 7) & (visits >= 2) & (result["n"] == 2), END),
                when(~result["missing"].exists(), "b"),
            ],
        )
    )
    assert outcome(made, {"id": 7}) == {"n": 2}
    assert SEEN == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("args", "kwargs", "seen"),
    [
        ((), {}, None),
        ((5,), {}, 5),
        ((5, 6), {}, [5, 6]),
        ((), {"x": 1}, {"x": 1}),
        ((5,), {"x": 1}, {"args": [5], "kwargs": {"x": 1}}),
    ],
)
def test_start_decides_by_what_the_graph_was_given(args, kwargs, seen):
    """Given conditions out of START, then its result is what the graph was given, as one value."""
    made = graph().add_node("a", step.s(name="a")).add_node("b", step.s(name="b")).add_edge("a", END).add_edge("b", END)
    made.add_conditional_edges(START, [when((run_input == seen) & (result == seen), "b"), otherwise("a")])
    assert outcome(made, *args, **kwargs) == "b"


@pytest.mark.parametrize(
    ("given", "mode", "path"),
    [
        ("b", "first", "a b"),
        (["x", "c", "b"], "first", "a c"),
        (["c", "b"], "all", "a b c"),
        (True, "first", "a c"),
        (1, "first", "a b"),
        (None, "first", "a b"),
        ("x", "first", "a c"),
        ([], "all", "a c"),
        ({"b": 1}, "first", "a c"),
    ],
)
def test_a_mapping_takes_the_result_for_a_key(given, mode, path):
    """Given a mapping, then one key, or several, are looked up; True is not 1; default is for what is not known."""
    GIVES["a"] = given
    made = graph().add_edge(START, "a").add_edge("b", END).add_edge("c", END)
    for name in "abc":
        made.add_node(name, step.s(name=name))
    made.kwargs["edges"].append(
        {
            "from": "a",
            "keys": [["b", "b"], ["c", "c"], [1, "b"], [True, "c"], [None, "b"]],
            "otherwise": "c",
            "mode": mode,
        }
    )
    outcome(made)
    assert " ".join(SEEN) == path


def test_a_router_says_where_to_go():
    """Given a router, then it is asked with the result, and what is taken gets the result, not its answer."""
    GIVES.update({"a": 5, "r": lambda value: ["low", "high"][value > 3], "b": lambda value: value})
    made = (
        graph()
        .add_node("a", step.s(name="a"))
        .add_node("b", step.s(name="b"))
        .add_edge(START, "a")
        .add_edge("b", END)
        .add_conditional_edges("a", step.s(name="r"), {"high": "b", "low": END})
    )
    assert outcome(made) == 5
    assert SEEN == ["a", "r", "b"]


def test_a_router_that_fails_fails_the_graph():
    """Given a router with an error, then it is the graph's, and no error edge of the node takes it."""
    GIVES["r"] = Declined("no")
    made = one(step.s(name="a")).add_conditional_edges("a", step.s(name="r"), {"x": END}).add_error_edge("a", END)
    with pytest.raises(Declined):
        outcome(made)


def test_no_route():
    """Given a result that nothing fits, then the graph fails with NoRoute, which names the node."""
    GIVES["a"] = 7
    with pytest.raises(NoRoute, match=r"'a' matches its result: add otherwise"):
        outcome(sketch("S>a a>a|E"))


def test_a_strict_condition():
    """Given strict=True, when a condition looks at what is not there, then the graph fails."""
    made = graph().add_node("a", step.s(name="a")).add_edge(START, "a")
    made.add_conditional_edges("a", [when(result["x"] == 1, "a"), otherwise(END)], strict=True)
    with pytest.raises(ConditionError):
        outcome(made)


# -- what a node gets --------------------------------------------------------------------------------


def test_first_nodes_get_all_the_graph_was_given():
    """Given partial arguments, then what follows START gets them as the first task of a chain does; others one."""
    assert outcome(one(echo.s(9)), 1, 2, x=3) == [1, 2, 9, {"x": 3}]
    made = one(echo.s()).clone((2,), {"y": 4})
    assert made.apply((1,), {"x": 3}).get() == [1, 2, {"y": 4, "x": 3}]
    assert one(echo.s()).set(immutable=True).apply((1,)).get() == []
    behind = one(echo.s()).add_node("b", echo.s("b"))
    behind.edges[1]["to"] = "b"
    assert outcome(behind.add_edge("b", END), 1, 2, x=3) == [[1, 2, {"x": 3}], "b"]


def test_inputs_are_added():
    """Given inputs, then they are keyword arguments, of an immutable signature as well."""
    GIVES["a"] = {"total": 3}
    inputs = {"amount": node("a")["total"], "who": run_input, "fixed": [1]}
    for body, expected in ((echo.s(), [{"total": 3}]), (echo.si(1), [1])):
        made = graph().add_node("a", step.s(name="a")).add_node("b", body, inputs=inputs)
        made.add_edge(START, "a").add_edge("a", "b").add_edge("b", END)
        assert outcome(made, "me") == [*expected, {"amount": 3, "who": "me", "fixed": [1]}]


def test_inputs_of_a_graph_are_not_its_definition():
    """Given an immutable graph as a body, then inputs named as its own fields go to its first node, nothing else does."""
    inner = one(echo.s()).set(immutable=True)
    made = one(inner, inputs={"name": "n", "nodes": [1]})
    assert outcome(made, 5) == [{"name": "n", "nodes": [1]}]


def test_inputs_are_of_when_the_visit_began():
    """Given two branches, then what one looks at of the other is not there yet, whichever is run first."""
    GIVES["a"] = [[1, 2]]
    made = graph().add_node("a", step.s(name="a")).add_node("b", echo.si(), inputs={"n": node("a")}, join="any")
    made.add_edge(START, "a").add_edge(START, "b").add_edge("a", "b").add_edge("b", END)
    with pytest.raises(ConditionError):
        outcome(made)


def test_conditions_behind_an_error_look_at_it():
    """Given a node that an error edge led to, then its conditions decide by the error."""
    GIVES["a"] = Declined("too much")
    made = one(step.s(name="a")).add_node("b", step.s(name="b")).add_error_edge("a", "b")
    made.add_node("c", step.s(name="c")).add_edge("c", END)
    assert outcome(made.add_conditional_edges("b", [when(error["type"] == "Declined", "c"), otherwise(END)])) == "c"


def test_an_input_that_is_not_there_fails_the_node():
    """Given inputs from what has no such key, then the node fails with ConditionError, and may have a way out."""
    made = one(echo.s(), inputs={"x": run_input["nix"]})
    with pytest.raises(ConditionError, match="nix"):
        outcome(made, {})
    assert outcome(made.add_error_edge("a", END, on=ConditionError), {})["type"] == "ConditionError"


def test_an_error_edge_brings_words():
    """Given an error edge, then its target gets type, message and traceback, and inputs may look at error."""
    GIVES["a"] = Declined("too much")
    made = graph().add_node("a", step.s(name="a")).add_node("b", echo.s(), inputs={"kind": error["type"]})
    made.add_edge(START, "a").add_edge("a", END).add_error_edge("a", "b").add_edge("b", END)
    words, kwargs = outcome(made)
    assert words["type"] == "Declined"
    assert words["message"] == "too much"
    assert "Declined: too much" in words["traceback"]
    assert kwargs == {"kind": "Declined"}


def test_map_over():
    """Given a list, then the body runs for each of its elements, and the result is a list in their order."""
    made = one(echo.s("x"), map_over=result["pages"], inputs={"n": 1})
    assert outcome(made, {"pages": [1, 2]}) == [[1, "x", {"n": 1}], [2, "x", {"n": 1}]]
    assert outcome(made, {"pages": []}) == []
    with pytest.raises(ConditionError, match="'abc', which is not a list"):
        outcome(made, {"pages": "abc"})
    with pytest.raises(ConditionError):
        outcome(made, {})


def test_one_element_that_fails_does_not_keep_the_others_from_running():
    """Given two elements that fail, then all have run, and the node has the error of the first."""
    GIVES["a"] = [[Declined("one"), 2, ValueError("three")]]
    with pytest.raises(Declined, match="one"):
        outcome(one(step.s(name="a"), map_over=[1, 2, 3]))
    assert SEEN == ["a"] * 3


# -- loops and errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "bound"), [(None, 4), (2, 2)])
def test_a_runaway_loop_ends(own, bound):
    """Given a loop without end, then it ends after max_visits, the node's own or the graph's."""
    made = graph(max_visits=4).add_node("a", step.s(name="a"), max_visits=own).add_edge(START, "a")
    made.add_conditional_edges("a", {"x": END}, default="a")
    with pytest.raises(GraphRecursion, match=rf"'a' was visited {bound} times"):
        outcome(made)
    assert len(SEEN) == bound


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([("b", None)], "b"),
        ([("b", ["KeyError"]), ("c", ["ValueError"])], "c"),  # a base of it
        ([("b", [Declined]), ("c", None)], "b"),
        ([("b", [f"{__name__}.Declined"])], "b"),
        ([("b", "KeyError")], None),
    ],
)
def test_the_first_error_edge_that_names_the_error_is_taken(edges, expected):
    """Given several error edges, then the first is taken that names the error's class or a base of it."""
    GIVES["a"] = Declined("x")
    made = one(step.s(name="a")).add_node("b", step.s(name="b")).add_node("c", step.s(name="c"))
    made.add_edge("b", END).add_edge("c", END).add_conditional_edges("a", {"never": "b", "ever": "c"}, default=END)
    for target, on in edges:
        made.add_error_edge("a", target, on=on)
    if expected is None:
        with pytest.raises(Declined):
            outcome(made)
    else:
        assert outcome(made) == expected


@pytest.mark.parametrize(
    ("policy", "fails", "tries", "good"),
    [
        (Retry(3, backoff=1000), 2, 3, True),
        (Retry(3), 3, 3, False),
        (Retry(3, on=[KeyError]), 1, 1, False),
        (Retry(3, on=[ValueError]), 1, 2, True),
    ],
)
@pytest.mark.parametrize("whose", ["node", "graph"])
def test_retry(policy, fails, tries, good, whose):
    """Given a policy of the node or of the graph, then the body is tried again without a pause, on these errors."""
    GIVES["a"] = [[*(Declined(str(n)) for n in range(fails)), "good"]]
    made = graph(retry=policy if whose == "graph" else None)
    made.add_node("a", step.s(name="a"), retry=policy if whose == "node" else None)
    made.add_edge(START, "a").add_edge("a", END).add_error_edge("a", END)
    found = outcome(made)
    assert found == "good" if good else found["message"] == str(fails - 1)
    assert len(SEEN) == tries


def test_each_visit_has_all_its_attempts():
    """Given a retry inside a loop, then attempts are no visits."""
    GIVES["a"] = [[Declined("1"), 0, Declined("2"), 0, Declined("3"), 1]]
    made = graph(max_visits=3, retry=2).add_node("a", step.s(name="a")).add_edge(START, "a")
    assert outcome(made.add_conditional_edges("a", {0: "a", 1: END})) == 1
    assert len(SEEN) == 6


def test_nothing_more_starts_once_it_has_failed():
    """Given two branches, when the first fails, then the graph has failed with its error, and nothing follows."""
    GIVES["a"] = Declined("x")
    with pytest.raises(Declined):
        outcome(sketch("S>a,b a>E b>E"))
    assert SEEN == ["a"]


# -- approvals ---------------------------------------------------------------------------------------


def asking(**options):
    made = graph().add_node("ok", Approval(**options)).add_node("b", echo.s()).add_edge(START, "ok").add_edge("b", END)
    return made.add_conditional_edges("ok", {"approved": "b", "rejected": END})


def test_an_approval_is_not_waited_for():
    """Given an approval with a timeout, then it comes out as if nobody had answered, and its decision is the key."""
    rejected = {"decision": "rejected", "by": "", "note": "", "timed_out": True}
    assert outcome(asking(timeout=3600)) == rejected
    assert outcome(asking(timeout=3600, on_timeout="approve")) == [{**rejected, "decision": "approved"}]
    failing = asking(timeout=3600, on_timeout="fail")
    with pytest.raises(ApprovalTimeout, match="Nobody has answered 'ok' within 3600 s"):
        outcome(failing)
    assert outcome(failing.add_error_edge("ok", "b"))[0]["type"] == "ApprovalTimeout"


@pytest.mark.parametrize(
    ("wrap", "path"),
    [
        (lambda g: g, "ok"),
        (lambda g: one(g), "a/ok"),
        (lambda g: one(Swarm([echo.s(), g])), "a/ok"),
        (lambda g: one(chain(echo.s(), ComplexSignature(group(g, echo.s())))), "a/ok"),
    ],
)
def test_an_approval_that_nobody_could_answer_is_refused(wrap, path):
    """Given an approval without a timeout, however deep, then nothing runs, and the error says what to do."""
    with pytest.raises(InvalidWorkflow, match=f"'{path}' waits for a person.*give its Approval a timeout"):
        wrap(asking()).apply()
    assert SEEN == []


# -- as any signature --------------------------------------------------------------------------------


def test_any_canvas_is_a_body():
    """Given chains, groups, chords, swarms, units and graphs as bodies, then each gets and gives what it does itself."""
    add, total = APP.tasks["add"], APP.tasks["total"]
    for body, expected in [
        (add.s(1) | add.s(2), 8),
        (group(add.s(1), add.s(2)), [6, 7]),
        (chord([add.s(1), add.s(2)], total.s()), 13),
        (Swarm([add.s(1), add.s(2)]), [6, 7]),
        (ComplexSignature(add.s(1)), 6),
        (one(add.s(1)), 6),
        (one(Swarm([one(add.s(1))])), [6]),
    ]:
        assert outcome(one(body), 5) == expected


@pytest.mark.parametrize("propagates", [False, True])
def test_always_eager(propagates):
    """Given `task_always_eager`, then applying gives a result at once, or the error, as the app is set."""
    APP.conf.task_always_eager, APP.conf.task_eager_propagates = True, propagates
    assert one(echo.s()).apply_async((1,), task_id="id-1").id == "id-1"
    assert (one(echo.s()) | echo.s()).apply_async((1,)).get() == [[1]]
    GIVES["a"] = Declined("x")
    if propagates:
        with pytest.raises(Declined):
            one(step.s(name="a")).apply_async()
    else:
        failed = one(step.s(name="a")).apply_async()
        assert failed.state == "FAILURE"
        assert isinstance(failed.result, Declined)
    assert one(step.s(name="a")).add_error_edge("a", END).apply_async().get()["type"] == "Declined"


def test_callbacks_are_called():
    """Given link and link_error, then they are called with the result, and with the id of what failed."""
    GIVES.update(
        {"a": [[1, Declined("x")]], "good": lambda value: SEEN.append(value), "bad": lambda value: SEEN.append(value)}
    )
    made = one(step.s(name="a"))
    made.link(step.s(name="good"))
    made.link_error(step.s(name="bad"))
    made.apply()
    made.apply(task_id="id-2")
    assert SEEN == ["a", "good", 1, "a", "bad", "id-2"]


def test_applying_changes_nothing():
    """Given a graph that was applied, then it is as it was, and gives the same again."""
    made = sketch("S>a,b a>j b>j j>E", j="all")
    before = made.to_dict()
    assert made.apply().get() == made.apply().get() == "j"
    assert made.to_dict() == before
