"""The rows of graphs: what a node costs whose edges are chosen, over a step of a chain."""

from tests.benchmarks.cell import measure
from tests.benchmarks.figures import Figure, pair, repeated

#: Nodes of one graph, and steps of one chain.
LENGTH = 20
CONDITIONS = {"ours_graphs": "conditions on the result", "ours_graphs_looking": "conditions on another node"}


def graphs(runs, repeat):
    """Graphs of twenty nodes in a line with a condition at each, one after the other, against chains of twenty."""
    nodes = runs * LENGTH
    [chain] = repeated(1, lambda: measure("ours_chains", nodes, counted=True))
    for mode, conditions in CONDITIONS.items():
        name = f"{runs} graphs of {LENGTH} nodes, {conditions}, against chains of {LENGTH}"
        [graph] = repeated(1, lambda mode=mode: measure(mode, nodes, counted=True))
        mine, theirs, ratio = pair(graph, chain, lambda c: c.calls / c.n)
        more, limit = mine - theirs, {"ours_graphs": 1, "ours_graphs_looking": 2}[mode]
        yield Figure(f"{name}: store calls per node", mine, theirs, "", ratio, f"less than {limit} more", more < limit)
        quick, steps = repeated(repeat, lambda mode=mode: measure(mode, nodes), lambda: measure("ours_chains", nodes))
        for what, of, unit in (
            ("CPU", lambda c: c.cpu / c.n * 1e6, "µs"),
            ("time", lambda c: c.total / c.n * 1e3, "ms"),
        ):
            mine, theirs, ratio = pair(quick, steps, of)
            yield Figure(f"{name}: {what} per node", mine, theirs, unit, ratio, "", True)
