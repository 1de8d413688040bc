"""Which calls in a graph fit the parameters of their tasks."""

import pytest
from celery import chain, signature

from orchestrator_celery import END, START, Approval, ConditionalGraph, Swarm, TaskInfo, TaskParameter
from orchestrator_celery.dashboard.server.api.definitions.argument_check import argument_warnings


def parameter(name, required=True, keyword=False):
    return TaskParameter(name=name, required=required, keyword=keyword)


PAY = TaskInfo(name="pay", parameters=(parameter("order"), parameter("total"), parameter("note", required=False)))
TASKS = [
    PAY,
    TaskInfo(name="free", parameters=(), any_args=True, any_kwargs=True),
    TaskInfo(name="named", parameters=(parameter("order"), parameter("by", keyword=True))),
    TaskInfo(name="unknown parameters", workers=("w",)),
    TaskInfo(name="here", parameters=(), lacking=("w",)),
]


def warned(body, before="free", **options):
    """The warnings of a node after another one; `before` None: after START."""
    graph = ConditionalGraph("g")
    if before is not None:
        graph.add_node("before", signature(before)).add_edge(START, "before")
    graph.add_node("node", body, **options).add_edge(START if before is None else "before", "node").add_edge(
        "node", END
    )
    found = argument_warnings(graph.to_dict(), TASKS)
    assert {one.node.split("/")[0] for one in found} <= {"node"}
    return [one.text for one in found]


@pytest.mark.parametrize(
    "body",
    [
        signature("pay", args=[1]),
        signature("pay", kwargs={"total": 1}),
        signature("pay", args=[1, 2], immutable=True),
        signature("pay", args=[1], kwargs={"note": ""}),
        signature("free", args=[1, 2], kwargs={"x": 1}),
        signature("named", kwargs={"by": "me"}),
        signature("unknown parameters", kwargs={"x": 1}),
        Approval(),
    ],
    ids=repr,
)
def test_a_call_that_fits(body):
    assert warned(body) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (signature("pay"), "needs 'total'"),
        (signature("pay", immutable=True, args=[1]), "needs 'total'"),
        (
            signature("pay", args=[1], kwargs={"color": 1}),
            "no parameter 'color'; its parameters are: order, total, note",
        ),
        (signature("pay", args=[1, 2, 3]), "gets 4 positional arguments and takes 3"),
        (signature("pay", args=[1], kwargs={"order": 1}), "gets 'order' twice"),
        (signature("named"), "needs 'by'"),
        (signature("payy", args=[1]), "no live worker has the task 'payy'; did you mean 'pay'?"),
        (signature("xyz.q"), "start a worker that has it, or correct the name"),
        (signature("here", immutable=True), "no live worker has the task 'here'; start a worker"),
        (chain(signature("pay"), signature("pay", kwargs={"color": 1})), "no parameter 'color'"),
        (Swarm([signature("payy", args=[1])]), "did you mean 'pay'?"),
    ],
    ids=repr,
)
def test_a_call_that_does_not_fit(body, text):
    [found] = warned(body)
    assert text in found


def test_after_start_the_number_of_arguments_is_not_known():
    assert warned(signature("pay"), before=None) == []
    assert "no parameter 'color'" in warned(signature("pay", kwargs={"color": 1}), before=None)[0]
    assert "gets 4" in warned(signature("pay", args=[1, 2, 3, 4]), before=None)[0]


def test_inputs_and_elements_count():
    assert warned(signature("pay"), inputs={"total": 1}) == []
    assert "no parameter 'color'" in warned(signature("pay", args=[1]), inputs={"color": 1})[0]
    assert "needs 'total'" in warned(signature("pay"), before=None, map_over=[1, 2])[0]


def test_nested_graphs_and_routers_are_named():
    inner = ConditionalGraph("in").add_node("x", signature("pay")).add_node("y", signature("pay"))
    inner.add_edge(START, "x").add_edge("x", "y").add_edge("y", END)
    graph = ConditionalGraph("g").add_node("in", inner).add_edge(START, "in")
    graph.add_conditional_edges("in", signature("nobody.has.it"), {"a": END})
    found = argument_warnings(graph.to_dict(), TASKS)
    assert [(one.node, one.edge) for one in found] == [("in/y", None), ("in", 1)]
