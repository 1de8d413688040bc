"""The rows: which cells belong side by side, and what has to come out."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.cell import Cell, measure


@dataclass(frozen=True)
class Figure:
    """One line of the table: ours, native, their ratio, and the target it has to meet."""

    name: str
    ours: float
    native: float | None
    unit: str
    ratio: float
    target: str
    met: bool


def repeated(repeat, *cells: Callable[[], Cell]) -> list[list[Cell]]:
    """Measure in turn, so that all sides see the same weather; one list per side."""
    rounds = [[cell() for cell in cells] for _ in range(repeat)]
    return [[one[side] for one in rounds] for side in range(len(cells))]


def _mid(cells, what):
    return median(what(cell) for cell in cells)


def _pair(ours, native, what):
    """Medians of both sides, and the median of the ratios round by round."""
    ratios = [what(a) / what(b) for a, b in zip(ours, native, strict=True) if what(b)]
    return _mid(ours, what), _mid(native, what), median(ratios) if ratios else float("nan")  # too short to be measured


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
        mine, theirs, ratio = _pair(ours, chord, what)
        yield Figure(f"{n:,} items against a chord: {name}", mine, theirs, unit, ratio, target, ratio <= limit)
    mine, theirs, ratio = _pair(ours, group, lambda c: c.total)
    yield Figure(f"{n:,} items against a bare group: end to end", mine, theirs, "s", ratio, "at most 1", ratio <= 1)
    for side, name in (("client", "client"), ("main", "worker main"), ("children", "children"), ("redis", "Redis")):
        mine, theirs, ratio = _pair(ours, chord, lambda c, side=side: getattr(c, side) / c.n * 1e6)
        yield Figure(f"{n:,} items: CPU per item, {name}", mine, theirs, "µs", ratio, "", True)
    scripts = _mid(ours, lambda c: c.scripts / c.n)
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
        per_step[length] = _mid(cells, lambda c: c.total / c.n * 1e3), _mid(cells, lambda c: c.bytes_in / c.n)
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
    mine, theirs, ratio = _pair(with_it, without, lambda c: c.cpu / c.n * 1e6)
    yield Figure("plain task, extension installed: CPU", mine, theirs, "µs", ratio, "at most 1.02", ratio <= 1.02)


def bounded(n, repeat):
    """A swarm of ten at a time with tasks of 10 ms, on ten processes: how busy its slots are."""
    single, shared = repeated(
        repeat,
        lambda: measure("bounded", n, processes=10),
        lambda: measure("bounded_batched", n, processes=10),
    )
    for what, cells in (("slots busy", single), ('slots busy, batch="auto"', shared)):
        busy = _mid(cells, lambda c: c.n * 0.01 / 10 / c.total)
        yield Figure(f"{n:,} items of 10 ms, 10 at a time: {what}", busy, None, "", busy, "at least 0.9", busy >= 0.9)


def batched(n, repeat):
    """A swarm whose items share messages, against a chord and against a message each."""
    shared, chord, single = repeated(
        repeat,
        lambda: measure("ours_batched", n),
        lambda: measure("native_chord", n, extension=False),
        lambda: measure("ours_fan_out", n),
    )
    total, cpu = (lambda c: c.total), (lambda c: c.cpu / c.n * 1e6)
    for name, what, unit, target, limit in (
        ("end to end", total, "s", "at most 1/4", 1 / 4),
        ("CPU per item, all processes", cpu, "µs", "at most 0.25", 1 / 4),
    ):
        mine, theirs, ratio = _pair(shared, chord, what)
        yield Figure(
            f"{n:,} items, batch=100, against a chord: {name}", mine, theirs, unit, ratio, target, ratio <= limit
        )
        mine, theirs, ratio = _pair(shared, single, what)
        yield Figure(f"{n:,} items, batch=100, against a message each: {name}", mine, theirs, unit, ratio, "", True)


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
        "batched": lambda: batched(size(5000), repeat),
        "chains": lambda: chains([10, size(1000), size(5000)], repeat),
        "plain": lambda: plain(size(10_000), repeat),
        "bounded": lambda: bounded(size(1000), repeat),
    }
    for name in chosen or rows:
        yield from rows[name]()
