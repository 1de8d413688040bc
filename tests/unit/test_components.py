"""Components of graphs, against the definition: two nodes are in one component if each can be reached from the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.canvas.checks.edges import reachable
from orchestrator_celery.engine.components import components


@st.composite
def graphs(draw):
    """Edges by source; START leads to some nodes, and some nodes lead to END."""
    size = draw(st.integers(1, 8))
    numbers = st.sampled_from([str(number) for number in range(size)])
    targets = st.lists(numbers | st.just("$"), max_size=4, unique=True)
    found = {str(number): draw(targets) for number in range(size)}
    return {"S": draw(st.lists(numbers, min_size=1, unique=True)), **found}


@given(graphs())
def test_components(edges):
    found = components(edges)
    ahead = {node: reachable(edges, [node]) for node in edges}
    for one in edges:
        for other in edges:
            together = other in ahead[one] and one in ahead[other]
            assert (found.first[one] == found.first[other]) is together
    assert {name: [node for node in edges if found.first[node] == name] for name in found.after} == {
        name: found.members[name] for name in found.after
    }
    leads = {(found.first[one], found.first[two]) for one in edges for two in edges[one] if two in edges}
    leads -= {(name, name) for name in found.after}
    assert {(name, after) for name, following in found.after.items() for after in following} == leads
    assert found.before == {name: sum(after == name for _, after in leads) for name in found.after}
    place = {name: i for i, name in enumerate(found.order)}
    assert place.keys() == found.after.keys()
    assert all(place[one] < place[two] for one, two in leads)


def test_a_long_line_is_no_recursion():
    edges = {"S": ["0"], **{str(number): [str(number + 1)] for number in range(20_000)}, "20000": ["$"]}
    assert components(edges).order[-1] == "20000"
