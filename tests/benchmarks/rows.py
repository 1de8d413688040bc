"""The rows: which cells belong side by side, and what has to come out."""

from tests.benchmarks.cell import measure
from tests.benchmarks.feed_rows import watching
from tests.benchmarks.figures import Figure, median_of, pair, repeated
from tests.benchmarks.graph_rows import graphs
from tests.benchmarks.graph_store import sizes
from tests.benchmarks.swarm_rows import batched, bounded, bulk, flat, million, waiting
from tests.benchmarks.told_rows import LINES, TARGETS, lines, told


def fan_out(n, repeat):
    """Fan-out and join: a swarm against a chord, and a bare group beside them."""
    ours, chord, group = repeated(
        repeat,
        lambda: measure("ours_fan_out", n),
        lambda: measure("native_chord", n, extension=False),
        lambda: measure("native_group", n, extension=False),
    )
    kinds = [
        ("submission", lambda c: c.submit, "s", "at most 1/20", 1 / 20),
        ("CPU per item, all processes", lambda c: c.cpu / c.n * 1e6, "µs", "at most 0.5", 0.5),
        ("end to end", lambda c: c.total, "s", "at most 1/1.5", 1 / 1.5),
        ("bytes into Redis per item", lambda c: c.bytes_in / c.n, "B", "at most 0.6", 0.6),
        ("peak memory of Redis per item", lambda c: c.memory / c.n, "B", "at most 0.5", 0.5),
    ]
    for name, what, unit, target, limit in kinds:
        mine, theirs, ratio = pair(ours, chord, what)
        yield Figure(f"{n:,} items against a chord: {name}", mine, theirs, unit, ratio, target, ratio <= limit)
    mine, theirs, ratio = pair(ours, group, lambda c: c.total)
    yield Figure(f"{n:,} items against a bare group: end to end", mine, theirs, "s", ratio, "at most 1", ratio <= 1)
    for side, name in (("client", "client"), ("main", "worker main"), ("children", "children"), ("redis", "Redis")):
        mine, theirs, ratio = pair(ours, chord, lambda c, side=side: getattr(c, side) / c.n * 1e6)
        yield Figure(f"{n:,} items: CPU per item, {name}", mine, theirs, "µs", ratio, "", True)
    scripts = median_of(ours, lambda c: c.scripts / c.n)
    yield Figure(
        f"{n:,} items: scripts per item (one claim, one finish)",
        scripts,
        None,
        "",
        scripts,
        "at most 2.1",
        scripts <= 2.1,
    )


def chains(lengths, repeat):
    """Chains: the cost of a step has to stay what it is in a chain of ten."""
    per_step = {}
    for length in lengths:
        [cells] = repeated(repeat, lambda length=length: measure("ours_chain", length))
        per_step[length] = median_of(cells, lambda c: c.total / c.n * 1e3), median_of(cells, lambda c: c.bytes_in / c.n)
    shortest = per_step[lengths[0]]
    for length, (ms, size) in per_step.items():
        native = None
        if length <= 1000:
            native = measure("native_chain", length, extension=False)
        theirs_ms = native and native.total / length * 1e3
        theirs_size = native and native.bytes_in / length
        slower = ms / shortest[0]
        yield Figure(f"chain of {length:,}: time per step", ms, theirs_ms, "ms", slower,
                     f"at most 1.1 of {lengths[0]}", slower <= 1.1)  # fmt: skip
        yield Figure(f"chain of {length:,}: bytes into Redis per step", size, theirs_size, "B", size / shortest[1],
                     "at most 5,000 B", size <= 5000)  # fmt: skip


def plain(n, repeat):
    """A task that is part of no run: with the extension installed, and without it."""
    with_it, without = repeated(repeat, lambda: measure("plain", n), lambda: measure("plain", n, extension=False))
    mine, theirs, ratio = pair(with_it, without, lambda c: c.cpu / c.n * 1e6)
    yield Figure("plain task, extension installed: CPU", mine, theirs, "µs", ratio, "at most 1.02", ratio <= 1.02)


ROWS = (
    "fan-out", "told", "lines", "batched", "chains", "plain", "bounded", "bulk", "waiting", "flat", "million", "graphs",
    "graph-sizes", "watching",
)  # fmt: skip


def all_rows(scale, repeat, chosen):
    """All figures, one by one as they are measured.

    Args:
        scale: factor on all sizes.
        repeat: how often each cell is measured.
        chosen: names of rows, or an empty list for all.
    """
    size = lambda n: max(10, int(n * scale))  # noqa: E731 - a name for what it does
    rows = {
        "fan-out": lambda: (figure for n in (1000, 10_000) for figure in fan_out(size(n), repeat)),
        "told": lambda: (figure for n, targets in TARGETS.items() for figure in told(size(n), repeat, targets)),
        "lines": lambda: (figure for n, targets in LINES.items() for figure in lines(size(n), repeat, targets)),
        "batched": lambda: batched(size(5000), repeat),
        "chains": lambda: chains([10, size(1000), size(5000)], repeat),
        "plain": lambda: plain(size(10_000), repeat),
        "bounded": lambda: bounded(size(5000), repeat),
        "bulk": lambda: bulk(size(10_000), repeat),
        "waiting": lambda: waiting(size(10_000), repeat),
        "flat": lambda: flat(size(100_000), repeat),
        "million": lambda: million(size(1_000_000), repeat),
        "graphs": lambda: graphs(max(1, int(20 * scale)), repeat),
        "graph-sizes": lambda: sizes([20, *(max(20, int(n * scale)) for n in (400, 1000, 10_000))], repeat),
        "watching": lambda: watching(size(100), repeat),
    }
    for name in chosen or rows:
        yield from rows[name]()
