"""Fan-out and join where no client waits for the result: the last task tells that all is done, as in most projects.

A waiting client costs a native chord more than half of its CPU, because it is subscribed to the result of every task.
"""

from tests.benchmarks.cell import measure
from tests.benchmarks.figures import Figure, median_of, pair, repeated

#: Most of a chord's time and of its CPU, by the number of items.
TARGETS = {500: (0.5, 0.45), 5000: (0.4, 0.35)}
SIDES = (("client", "client"), ("main", "worker main"), ("children", "children"), ("redis", "Redis"))


def told(n, repeat, targets=None):
    """A swarm against a chord, end to end and by the CPU of each side."""
    ours, single, native = repeated(
        repeat,
        lambda: measure("ours_told", n),
        lambda: measure("ours_told", n, continued=False),
        lambda: measure("native_told", n, extension=False),
    )
    slowest, dearest = targets or TARGETS[n]
    for name, what, unit, limit in (
        ("end to end", lambda c: c.total, "s", slowest),
        ("CPU per item, all processes", lambda c: c.cpu / c.n * 1e6, "µs", dearest),
    ):
        mine, theirs, ratio = pair(ours, native, what)
        name = f"{n:,} items and no waiting client, against a chord: {name}"
        yield Figure(name, mine, theirs, unit, ratio, f"at most {limit}", ratio <= limit)
        mine, theirs, ratio = pair(single, native, what)
        yield Figure(f"{name}, a message each", mine, theirs, unit, ratio, "", True)
    for side, name in SIDES:
        mine, theirs, ratio = pair(ours, native, lambda c, side=side: getattr(c, side) / c.n * 1e6)
        yield Figure(f"{n:,} items and no waiting client: CPU per item, {name}", mine, theirs, "µs", ratio, "", True)
    scripts = median_of(ours, lambda c: c.scripts / c.n)
    yield Figure(f"{n:,} items and no waiting client: scripts per item", scripts, None, "", scripts, "at most 2.1",
                 scripts <= 2.1)  # fmt: skip


#: Tasks in one cell of lines, at least: a short line is started again and again.
TASKS = 500
#: Most of a native chain's time per step, by the length: of a chain, of a graph in a line.
LINES = {10: (0.5, 0.6), 500: (0.1, 0.12)}


def lines(n, repeat, targets=None):
    """Chains and graphs in a line where no client waits, one after the other, against Celery's chains."""
    native, *ours = repeated(
        repeat,
        lambda: measure("native_told_line", n, extension=False),
        lambda: measure("ours_told_line", n),
        lambda: measure("ours_told_graph", n),
        lambda: measure("ours_told_line", n, continued=False),
        lambda: measure("ours_told_graph", n, continued=False),
    )
    steps = max(1, TASKS // n) * n
    for kind, cells, most in zip(("chain", "graph in a line"), ours, targets or LINES.get(n, LINES[10]), strict=False):
        mine, theirs, ratio = pair(cells, native, lambda c: c.total / steps * 1e3)
        name = f"{kind} of {n:,} and no waiting client: time per step"
        yield Figure(name, mine, theirs, "ms", ratio, f"at most {most}", ratio <= most)
    for kind, cells in zip(("chain", "graph in a line"), ours[2:], strict=True):
        mine, theirs, ratio = pair(cells, native, lambda c: c.total / steps * 1e3)
        yield Figure(
            f"{kind} of {n:,} and no waiting client, a message each: time per step", mine, theirs, "ms", ratio, "", True
        )
