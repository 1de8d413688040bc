"""The rows of graphs: what a node costs whose edges are chosen, over a step of a chain."""

from tests.benchmarks.cell import measure
from tests.benchmarks.figures import Figure, pair, repeated

#: Nodes of one graph, and steps of one chain.
LENGTH = 20
#: What is measured beside the chains, what it is called, and how many store calls a node may take more.
MODES = (("ours_graphs", "conditions on the result", 1), ("ours_graphs_looking", "conditions on another node", 1))
KINDS = (("CPU", lambda c: c.cpu / c.n * 1e6, "µs"), ("time", lambda c: c.total / c.n * 1e3, "ms"))


def graphs(runs, repeat):
    """Graphs of twenty nodes in a line with a condition at each, one after the other, against chains of twenty."""
    nodes = runs * LENGTH
    names = [mode for mode, _, _ in MODES]
    cells = [lambda mode=mode: measure(mode, nodes) for mode in ["ours_chains", *names]]
    chains, *timed = repeated(repeat, *cells)
    [counted_chain], *counted = repeated(
        1, *[lambda mode=mode: measure(mode, nodes, counted=True) for mode in ["ours_chains", *names]]
    )
    for (_, title, limit), quick, [one] in zip(MODES, timed, counted, strict=True):
        name = f"{runs} graphs of {LENGTH} nodes, {title}, against chains of {LENGTH}"
        mine, theirs = one.calls / one.n, counted_chain.calls / counted_chain.n
        yield Figure(f"{name}: store calls per node", mine, theirs, "", mine / theirs, f"less than {limit} more",
                     mine - theirs < limit)  # fmt: skip
        for what, of, unit in KINDS:
            mine, theirs, ratio = pair(quick, chains, of)
            yield Figure(f"{name}: {what} per node", mine, theirs, unit, ratio, "", True)
