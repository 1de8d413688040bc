"""A graph's problems: each is found, with its node and a hint, and what is none is not."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import pytest
from celery import chain
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    GraphInvalid,
    Swarm,
    error,
    node,
    otherwise,
    result,
    run_input,
    visits,
    when,
)
from orchestrator_celery.canvas.checks.problems import problems

from ..apps import make_app
from ..graphs import sketched

APP = make_app("checks")
T = SimpleNamespace(**{name: APP.tasks[name] for name in "abcde"})


def sketch(text, **joins):
    return sketched(text, lambda name: T.a.s(), joins, app=APP)


def graph(*nodes, edges=True):
    """A graph of nodes one after the other."""
    made = ConditionalGraph("g", app=APP)
    for name in nodes:
        made.add_node(name, T.a.s())
    for pair in zip([START, *nodes], [*nodes, END], strict=True) if edges and nodes else ():
        made.add_edge(*pair)
    return made


def document(**changes):
    """A graph of one node as another language may write it; `node` and `edges` change what is in it."""
    entry = {"name": "a", "signature": {"task": "a"}, **changes.pop("node", {})}
    edges = [{"from": START, "to": "a"}, {"from": "a", "to": END}, *changes.pop("edges", [])]
    return ConditionalGraph.from_dict({"version": 1, "nodes": [entry], "edges": edges, **changes}, app=APP)


def asking(*branches, **options):
    """A node `a` with conditions, and `b` behind it."""
    made = graph("a", "b", edges=False).add_edge(START, "a").add_edge("b", END)
    return made.add_conditional_edges("a", list(branches), **options)


def approval(*edges, **options):
    """An approval `ok`, and a node `b` behind it."""
    made = ConditionalGraph(app=APP).add_node("ok", Approval(**options)).add_node("b", T.a.s())
    made.add_edge(START, "ok").add_edge("b", END)
    for add, *args in edges:
        getattr(made, add)("ok", *args)
    return made


def inner():
    return ConditionalGraph("inner").add_node("x", T.a.s()).add_edge(START, "x")


BOTH = {"approved": "b", "rejected": END}

#: What is wrong: a graph, and of each problem its node, a part of its words and of its hint.
BROKEN = {
    "no nodes": (lambda: graph(), [("", "no nodes", "add_node")]),
    "no edge leads out of START": (
        lambda: graph("a", edges=False).add_edge("a", END),
        [("", "no edge leads out of START", "add_edge(START, 'a')")],
    ),
    "max_visits of the graph": (lambda: document(max_visits=0), [("", "max_visits=0", "at least 1")]),
    "retry of the graph": (lambda: document(retry={"attempts": 1}), [("", "attempts=1 never retries", "at least 2")]),
    "retry that is no policy": (lambda: document(retry=5), [("", "retry=5", "Retry(attempts=3)")]),
    "duplicate name": (lambda: graph("a").add_node("a", T.b.s()), [("a", "declared twice", "a different name")]),
    "reserved name": (lambda: graph("__a"), [("__a", "reserved", "does not begin with two underscores")]),
    "the name END": (lambda: graph("a").add_node(END, T.a.s()), [(END, "reserved", "")]),
    "long name": (lambda: graph("a" * 81), [("a" * 81, "81 characters", "at most 80")]),
    "odd name": (lambda: graph("a/b"), [("a/b", "not allowed", "letters")]),
    "blank around a name": (lambda: graph(" a"), [(" a", "not allowed", "letters")]),
    "unknown target": (
        lambda: graph("a").add_edge("a", "zzz"),
        [("a", "an edge leads to 'zzz', which is not a node", "add_node('zzz'")],
    ),
    "misspelt target": (
        lambda: graph("charge").add_edge("charge", "chrage"),
        [("charge", "leads to 'chrage'", "did you mean 'charge'?")],
    ),
    "START and END in quotes": (
        lambda: ConditionalGraph(app=APP).add_node("a", T.a.s()).add_edge("START", "a").add_edge("a", "end"),
        [
            ("", "no edge leads out of START", "add_edge(START, 'a')"),
            ("START", "not a node", "did you mean START? Import it"),
            ("a", "leads to 'end'", "did you mean END? Import it"),
        ],
    ),
    "unknown target of a branch": (
        lambda: asking(when(result == 1, "nix"), otherwise("b")),
        [("a", "a conditional edge leads to 'nix'", "add_node")],
    ),
    "unknown otherwise": (
        lambda: asking(when(result == 1, "b"), otherwise("nix")),
        [("a", "a conditional edge leads to 'nix'", "add_node")],
    ),
    "unknown target of a key": (
        lambda: graph("a").add_conditional_edges("a", {"x": "nix"}),
        [("a", "a conditional edge leads to 'nix'", "add_node")],
    ),
    "unknown target of a router": (
        lambda: graph("a").add_conditional_edges("a", T.b.s(), {"x": "nix"}),
        [("a", "a conditional edge leads to 'nix'", "add_node")],
    ),
    "unknown target of an error": (
        lambda: graph("a").add_error_edge("a", "nix"),
        [("a", "an error edge leads to 'nix'", "add_node")],
    ),
    "unknown source": (lambda: graph("a").add_edge("nix", "a"), [("nix", "it is not a node", "add_node")]),
    "unreachable": (
        lambda: graph("a").add_node("b", T.a.s()).add_edge("b", END),
        [("b", "cannot be reached from START", "add an edge to it")],
    ),
    "dead end": (
        lambda: graph("a").add_node("b", T.a.s()).add_edge("a", "b"),
        [("b", "no path to END: no edge follows its success", "add_edge('b', END)")],
    ),
    "only a way for errors": (
        lambda: graph("a", edges=False).add_edge(START, "a").add_error_edge("a", END),
        [("a", "no path to END: no edge follows its success", "add_edge('a', END)")],
    ),
    "loop without a way out": (
        lambda: sketch("S>a a>b b>a"),
        [("a", "no path to END", "out of its loop"), ("b", "no path to END", "out of its loop")],
    ),
    "edge out of END": (lambda: graph("a").add_edge(END, "a"), [(END, "leads out of END", "begin the edge")]),
    "edge into START": (lambda: graph("a").add_edge("a", START), [("a", "leads into START", "first node")]),
    "duplicate edge": (lambda: graph("a").add_edge("a", END), [("a", "two edges to '__end__'", "remove one of them")]),
    "condition on an unknown node": (
        lambda: asking(when(node("nix")["x"] == 1, "b"), otherwise(END)),
        [("a", "a condition reads 'nix'", "add_node")],
    ),
    "condition on a node before any": (
        lambda: graph("a").add_conditional_edges(START, [when(node("a") == 1, END), otherwise("a")]),
        [(START, "'a', which cannot have run", "run_input")],
    ),
    "condition on error": (
        lambda: asking(when(error["type"] == "E", "b"), otherwise(END)),
        [("a", "reads error, which never exists here", "use add_error_edge()")],
    ),
    "condition on visits of START": (
        lambda: graph("a").add_conditional_edges(START, [when(visits > 1, END), otherwise("a")]),
        [(START, "visits, but START is never visited", "")],
    ),
    "unreadable condition": (
        lambda: document(edges=[{"from": "a", "when": [[["eval", "1"], "a"]], "otherwise": END}]),
        [("a", "the condition cannot be read", "begin with an operator")],
    ),
    "unreadable input": (
        lambda: document(node={"inputs": {"n": ["eval"]}}),
        [("a", "inputs['n'] cannot be read", "begin with an operator")],
    ),
    "behind a branch that is always taken": (
        lambda: document(edges=[{"from": "a", "when": [[True, "a"], [["result"], END]], "otherwise": END}]),
        [("a", "the branch to '__end__' is never taken", "always taken"), ("a", "otherwise('__end__') is never taken", "")],
    ),
    "literal condition": (
        lambda: document(edges=[{"from": "a", "when": [[False, "a"]], "otherwise": END}]),
        [("a", "the branch to 'a' is never taken", "False is not a condition")],
    ),
    "duplicate condition": (
        lambda: asking(when(result == 1, "b"), when(result == 1, END)),
        [("a", "the branch to '__end__' is never taken", "the same condition result == 1")],
    ),
    "duplicate key": (
        lambda: document(edges=[{"from": "a", "keys": [["x", "a"], ["x", END]]}]),
        [("a", "the key 'x' has two targets", "remove one of them")],
    ),
    "no branch": (lambda: document(edges=[{"from": "a", "keys": []}]), [("a", "it has no branch", "at least one")]),
    "mode of a document": (
        lambda: document(edges=[{"from": "a", "keys": [["x", END]], "mode": "some"}]),
        [("a", "mode='some' is not allowed", "'first' or 'all'")],
    ),
    "strict without conditions": (
        lambda: document(edges=[{"from": "a", "keys": [["x", END]], "strict": True}]),
        [("a", "strict=True needs conditions", "default=")],
    ),
    "key of a document": (
        lambda: document(edges=[{"from": "a", "keys": [[1.5, END]]}]),
        [("a", "1.5 is not allowed as a key", "a str")],
    ),
    "inputs of an unknown node": (
        lambda: ConditionalGraph(app=APP)
        .add_node("a", T.a.s(), inputs={"n": node("nix")})
        .add_edge(START, "a")
        .add_edge("a", END),
        [("a", "inputs reads 'nix'", "add_node")],
    ),
    "inputs of a later node": (
        lambda: graph("b").add_node("a", T.a.s(), inputs={"n": node("b")}).add_edge(START, "a").add_edge("a", END),
        [("a", "'b', which does not come before it", "add an edge")],
    ),
    "inputs of an error nobody brings": (
        lambda: graph("b").add_node("a", T.a.s(), inputs={"n": error["type"]}).add_edge(START, "a").add_edge("a", END),
        [("a", "reads error, but no error edge", "result")],
    ),
    "map_over that is no list": (
        lambda: ConditionalGraph(app=APP).add_node("a", T.a.s(), map_over=result["x"].length)
        .add_edge(START, "a").add_edge("a", END),
        [("a", "map_over can never be a list", "expression for a list")],
    ),
    "map_over a word": (
        lambda: ConditionalGraph(app=APP).add_node("a", T.a.s(), map_over="pages")
        .add_edge(START, "a").add_edge("a", END),
        [("a", "map_over can never be a list", "expression for a list")],
    ),
    "max_concurrency without map_over": (
        lambda: document(node={"max_concurrency": 2}),
        [("a", "max_concurrency needs map_over", "map_over too")],
    ),
    "max_visits of a node": (lambda: document(node={"max_visits": 0}), [("a", "max_visits=0", "at least 1")]),
    "retry of a node": (lambda: document(node={"retry": {"attempts": 1}}), [("a", "attempts=1 never retries", "")]),
    "unknown join": (
        lambda: document(node={"join": "some"}, edges=[{"from": "a", "keys": [[1, "a"]]}]),
        [("a", "join='some' is not allowed", "'all' or 'any'")],
    ),
    "join of one": (
        lambda: document(node={"join": "all"}),
        [("a", "fewer than two nodes lead to it", "leave join out")],
    ),
    "second catch-all": (
        lambda: graph("a", "b").add_error_edge("a", "b").add_error_edge("a", END),
        [("a", "the error edge to '__end__' is never taken", "an error edge before it catches")],
    ),
    "error edge behind a catch-all": (
        lambda: graph("a", "b").add_error_edge("a", "b").add_error_edge("a", END, on=KeyError),
        [("a", "the error edge to '__end__' is never taken", "an error edge before it catches")],
    ),
    "error edge for the same again": (
        lambda: graph("a", "b").add_error_edge("a", "b", on=["A", "B"]).add_error_edge("a", END, on="B"),
        [("a", "the error edge to '__end__' is never taken", "an error edge before it catches")],
    ),
    "error edge out of START": (
        lambda: graph("a").add_error_edge(START, "a"),
        [(START, "which cannot fail", "begin it at a node")],
    ),
    "error edge of an approval that cannot fail": (
        lambda: approval(("add_conditional_edges", BOTH), ("add_error_edge", END), timeout=5),
        [("ok", "the error edge to '__end__' is never taken", "on_timeout='fail'")],
    ),
    "unknown decision": (
        lambda: approval(("add_conditional_edges", {**BOTH, "maybe": "b"})),
        [("ok", "'maybe' is not a decision", "'approved' and 'rejected'")],
    ),
    "decision without a way": (
        lambda: approval(("add_conditional_edges", {"approved": "b"})),
        [("ok", "no target for the decision rejected", "default=")],
    ),
    "approval of a document": (
        lambda: ConditionalGraph.from_dict({
            "version": 1,
            "nodes": [{"name": "a", "approval": {"timeout": -1, "on_timeout": "ask", "message": 5}, "retry": {"attempts": 2}}],
            "edges": [{"from": START, "to": "a"}, {"from": "a", "to": END}],
        }),
        [("a", "timeout=-1", "seconds"), ("a", "on_timeout='ask'", ""), ("a", "message=5", ""), ("a", "retry is not allowed", "")],
    ),
    "body that is no signature": (
        lambda: document(node={"signature": {"args": []}}),
        [("a", "its body holds a value that is not a signature", "task.s(...)")],
    ),
    "router that is no signature": (
        lambda: document(edges=[{"from": "a", "router": {}, "keys": [["x", END]]}]),
        [("a", "its router holds a value that is not a signature", "task.s(...)")],
    ),
    "body with a deadline": (
        lambda: graph("b").add_node("a", chain(T.a.s(), ComplexSignature(T.b.s(), deadline=5))).add_edge(START, "a")
        .add_edge("a", END),
        [("a", "its body has a deadline", "outermost")],
    ),
    "nested graph": (
        lambda: graph("b").add_node("a", Swarm([inner()])).add_edge(START, "a").add_edge("a", END),
        [("a/x", "has no path to END", "add_edge('x', END)")],
    ),
    "graph in a nested graph": (
        lambda: ConditionalGraph(app=APP).add_node("a", inner().add_edge("x", END).add_node("y", ConditionalGraph())
        .add_edge("x", "y").add_edge("y", END)).add_edge(START, "a").add_edge("a", END),
        [("a/y", "the graph has no nodes", "add_node")],
    ),
    "tokens apart": (
        lambda: sketch("S>a a>b,c b>d c>d d>E"),
        [("d", "two tokens could arrive separately, without a join: 'a' can go on to both 'b' and 'c'", "join='all'")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_graph_is_told_of(case):
    """Given a graph with something wrong, then just that is found, with its node and what to do."""
    make, expected = BROKEN[case]
    with pytest.raises(GraphInvalid) as caught:
        make().validate()
    found = caught.value.problems
    assert [problem.node for problem in found] == [name for name, _, _ in expected], found
    for problem, (_, message, hint) in zip(found, expected, strict=True):
        assert message in problem.message
        assert hint in problem.hint
        assert problem.hint
        assert str(problem) in str(caught.value)


def test_there_are_many_kinds():
    assert len(BROKEN) >= 25


def test_every_problem_is_told_at_once():
    """Given a graph with five mistakes, then the error has them all."""
    wrong = (
        graph("a", "b")
        .add_node("b", T.a.s())
        .add_node("lost", T.a.s())
        .add_edge("a", "nix")
        .add_conditional_edges("b", [when(node("nobody") == 1, END)])
    )
    with pytest.raises(GraphInvalid) as caught:
        wrong.validate()
    assert [(problem.node, problem.message.split(",")[0]) for problem in caught.value.problems] == [
        ("b", "is declared twice"),
        ("a", "an edge leads to 'nix'"),
        ("b", "a condition reads 'nobody'"),
        ("lost", "cannot be reached from START"),
        ("lost", "has no path to END: no edge follows its success"),
    ]


def test_a_problem_of_an_edge_names_the_edge():
    """Given mistakes in edges, also of a nested graph and a router, then each problem has the edge's position."""
    inside = graph("x", "y").add_edge("x", "nix").add_edge("y", END)
    wrong = (
        graph("a", "b")  # edges 0 to 2
        .add_node("in", inside)
        .add_conditional_edges("b", [when(node("nobody") == 1, "in"), when(visits >= 3, "a")])
        .add_conditional_edges("in", {True: END, False: END})
        .add_conditional_edges("in", T.a.s(deadline=3), {"k": "nix"})
        .add_error_edge(START, "b")
        .add_edge(END, "a")
    )
    with pytest.raises(GraphInvalid) as caught:
        wrong.validate()
    found = {(problem.node, problem.edge): problem.text for problem in caught.value.problems}
    assert {place: text.split(",")[0] for place, text in found.items() if place[1] is not None} == {
        ("in/x", 3): "an edge leads to 'nix'",
        ("in/y", 4): "there are two edges to END; remove one of them",
        ("b", 3): "a condition reads 'nobody'",
        ("in", 5): "a conditional edge leads to 'nix'",
        (START, 6): "an error edge leads out of START",
        (END, 7): "an edge leads out of END; nothing follows END: begin the edge at a node",
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda: graph("a"),
        lambda: graph("A b-c.d_1", "Prüfung", "7"),
        lambda: asking(when(result == 1, "b"), when(result == 2, "b"), otherwise(END), mode="all"),
        lambda: asking(when(result == 1, "b"), when(result == 1, END), mode="all"),
        lambda: asking(when(result == 1, "b"), when(result == True, END)),  # noqa: E712 - written down, not decided
        lambda: asking(when(visits > 1, "b"), when(node("b").exists(), "b"), otherwise("a")),
        lambda: graph("a").add_conditional_edges(START, [when(run_input["x"] == 1, END)]),
        lambda: approval(("add_edge", "b")),
        lambda: approval(("add_conditional_edges", BOTH)),
        lambda: approval(("add_conditional_edges", {"approved": "b"}, None)).add_conditional_edges(
            "ok", {"rejected": END}
        ),
        lambda: approval(("add_conditional_edges", [when(result["by"] == "me", "b"), otherwise(END)])),
        lambda: approval(
            ("add_conditional_edges", BOTH), ("add_error_edge", END), timeout=5, on_timeout="fail"
        ),
        lambda: approval(("add_conditional_edges", T.a.s(), {"eu": "b"})),
        lambda: graph("a", "b").add_error_edge("a", "b", on="A").add_error_edge("a", END, on=["A", "B"]),
        lambda: graph("a").add_node("b", T.a.s(), inputs={"n": error["type"]}).add_error_edge("a", "b")
        .add_edge("b", END),
        lambda: graph("a").add_node("b", T.a.s()).add_error_edge("a", "b")
        .add_conditional_edges("b", [when(error["type"] == "Late", "a"), otherwise(END)]),
        lambda: graph("a").add_node("b", T.a.s(), inputs={"n": node("b")}).add_edge("a", "b")
        .add_conditional_edges("b", {1: "b", 2: END}),
        lambda: graph("a").add_node("b", T.a.s(), map_over=[1, 2]).add_edge("a", "b").add_edge("b", END),
        lambda: graph("a").add_node("b", inner().add_edge("x", END)).add_edge("a", "b").add_edge("b", END),
    ],
)  # fmt: skip
def test_a_sound_graph_is_accepted(make):
    """Given a graph in order, then there is nothing to say about it."""
    assert problems(make().kwargs) == []


# -- two tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "joins"),
    [
        ("S>a a>b,c b>d c>d d>E", {"d": "all"}),
        ("S>a a>b,c b>d c>d d>E", {"d": "any"}),
        ("S>a a>b|c b>d c>d d>E", {}),  # alternatives
        ("S>a a>b&?c b>d c>d d>E", {}),  # otherwise is one as well
        ("S>a,b a>E b>E", {}),  # several ends need no join
        ("S>a a>a|E", {}),  # loops are alternatives of arriving
        ("S>a a>b b>a|c c>E", {}),
        ("S>a a>p,q p>j q>j j>a|E", {"j": "all"}),  # a fork and its join, in a loop
        ("S>a a>p,q p>p|j q>q|j j>E", {"j": "all"}),  # loops in the branches of a fork
        ("S>a a>b a!r b>E b!r r>E", {}),  # an error is an alternative to a result
        ("S>a a>b,c b>j c>j b!r r>b j>E", {"j": "all"}),  # on the way round to the same branch
        ("S>a a>b,c b>j c>j b!r r>j j>E", {"j": "all"}),
        ("S>a a>b,c b>d,e d>f e>f f>g c>g g>E", {"f": "all", "g": "all"}),  # one in another
        ("S>a a>b|c b>x,y c>x,y x>j y>j j>E", {"j": "all"}),  # forks that are alternatives
        ("S>f f>t,u t>f|j u>j j>E", {"j": "all"}),  # back to the fork: decided anew
        ("S>a,b a>c|d b>e c>x d>x x>j e>j j>E", {"j": "all"}),  # alternatives within one branch
    ],
)
def test_tokens_that_meet(text, joins):
    """Given branches that are alternatives, or meet at a join before they merge, then nothing is said."""
    assert problems(sketch(text, **joins).kwargs) == []


@pytest.mark.parametrize(
    ("text", "joins", "nodes"),
    [
        ("S>a a>b,c b>d c>d d>E", {}, ["d"]),
        ("S>a a>b&c b>d c>d d>E", {}, ["d"]),
        ("S>a,b a>b b>E", {}, ["b"]),  # a target that the other leads to
        ("S>a a>b,c b>d c>d|x d>x x>E", {"d": "all"}, ["x"]),  # a branch goes past the join
        ("S>a a>p,q p>a|E q>a|E", {}, ["a"]),  # both come back to the fork
        ("S>a a>b,c b!r c!r b>j c>j r>j j>E", {"j": "all"}, ["r"]),  # both may fail
        ("S>a a>b|c a>d b>x c>E d>x x>E", {}, ["x"]),  # a branch, and an edge that is always taken
        ("S>a a>b|c a>d|e b>x c>E d>x e>E x>E", {}, ["x"]),  # two declarations
        ("S>a,b a>j|k b>j|k j>x k>x x>E", {"j": "all", "k": "any"}, ["x"]),  # each may take another join
        ("S>a a>b,c b>x c>x x>y x>z y>w z>w w>v v>E", {"w": "all"}, ["x"]),
        ("S>a a>b,c b>x c>x x>y|z y>w z>w w>E", {}, ["x"]),  # not told again of w behind it
        ("S>a,b a>c b>c c>d,e d>f e>f f>E", {}, ["c", "f"]),  # two forks, two merges
    ],
)
def test_tokens_that_could_arrive_apart(text, joins, nodes):
    """Given branches that merge without a join, then the node is told where they do first, and of no other."""
    found = problems(sketch(text, **joins).kwargs)
    assert [problem.node for problem in found if "two tokens" in problem.message] == nodes
    assert len(found) == len(nodes)


def test_an_approval_takes_one_way():
    """Given a mapping of decisions, then its targets are alternatives, even by mode="all"."""
    made = ConditionalGraph(app=APP).add_node("ok", Approval()).add_node("x", T.a.s()).add_node("y", T.a.s())
    made.add_edge(START, "ok").add_conditional_edges("ok", {"approved": "x", "rejected": "y"}, mode="all")
    assert problems(made.add_edge("x", "y").add_edge("y", END).kwargs) == []


def test_wide_and_long_graphs_are_checked_in_no_time():
    """Given a fork of 300 branches, and 300 forks one after the other, then both are accepted at once."""
    names = [f"n{i}" for i in range(300)]
    wide = f"S>{','.join(names)} {' '.join(f'{name}>j' for name in names)} j>x x>y|z y>w z>w w>E"
    assert problems(sketch(wide, j="all").kwargs) == []
    parts = [f"n{i}>n{i + 1},m{i} m{i}>n{i + 1}" for i in range(300)]
    long = f"S>n0 {' '.join(parts)} n300>E"
    assert problems(sketch(long, **{f"n{i}": "all" for i in range(1, 301)}).kwargs) == []


NAMES = "abcdef"


@st.composite
def small_graphs(draw):
    """Up to six nodes with edges of every kind anywhere; most make little sense otherwise."""
    names = NAMES[: draw(st.integers(2, 6))]
    target = st.sampled_from([*names, "E"])
    parts = []
    for source in ["S", *names]:
        for kind in draw(st.lists(st.sampled_from([">", ">", "|", "&", "!"]), max_size=2)):
            targets = draw(st.lists(target, min_size=1, max_size=3, unique=True))
            if kind in "|&" and len(targets) > 1:
                parts.append(f"{source}>{kind.join(targets)}")
            elif not (source == "S" and kind == "!"):
                parts.append(f"{source}{'!' if kind == '!' else '>'}{targets[0] if kind == '!' else ','.join(targets)}")
    joins = {name: draw(st.sampled_from(["all", "any"])) for name in names if draw(st.integers(0, 3)) == 0}
    return " ".join(parts), joins


def arriving_apart(made):
    """The same by trying every pair of paths: those of a fork's targets to a node that share no join."""
    entries = {entry["name"]: entry for entry in made.nodes}
    steps: dict[str, set[str]] = {}
    for edge in made.edges:
        steps.setdefault(edge["from"], set()).update(targets_of(edge))
    found = set()
    for fork in steps:
        for one, other in pairs_of([edge for edge in made.edges if edge["from"] == fork and "error" not in edge]):
            for name in entries:
                if "join" not in entries[name]:
                    first, second = (joins_on_paths(steps, entries, fork, start, name) for start in (one, other))
                    if any(not a & b for a in first for b in second):
                        found.add(name)
    return found


def targets_of(edge):
    pairs = edge.get("when", edge.get("keys", []))
    return (
        [edge["to"]]
        if "to" in edge
        else [*(t for _, t in pairs), *([edge["otherwise"]] if "otherwise" in edge else [])]
    )


def pairs_of(edges):
    """Pairs of targets that one decision can take."""
    for place, edge in enumerate(edges):
        if edge.get("mode") == "all":
            yield from combinations([target for _, target in edge["when"]], 2)
        for other in edges[:place]:
            yield from ((a, b) for a in targets_of(edge) for b in targets_of(other) if a != b)


def joins_on_paths(steps, entries, fork, here, end, seen=()):
    """Of every path without loops, the joins it comes by."""
    if here not in entries or here in seen:
        return set()
    own = frozenset({here} if "join" in entries[here] else ())
    if here == end:
        return {own}
    if here == fork:
        return set()
    further = (joins_on_paths(steps, entries, fork, there, end, (*seen, here)) for there in steps.get(here, ()))
    return {own | path for paths in further for path in paths}


@settings(max_examples=300, deadline=None)
@given(small_graphs())
def test_the_cut_finds_what_trying_all_paths_finds(drawn):
    """Given any small graph, then it is refused for tokens apart if and only if there are two such paths."""
    text, joins = drawn
    made = sketch(text, **joins)
    if made.nodes:
        told = {problem.node for problem in problems(made.kwargs) if "two tokens" in problem.message}
        apart = arriving_apart(made)
        assert told <= apart
        assert bool(told) == bool(apart)
