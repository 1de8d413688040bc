"""The rows of swarms: batched dispatch, bounds, bulk additions, what waits, and size."""

from tests.benchmarks.cell import measure
from tests.benchmarks.figures import Figure, median_of, pair, repeated


def bounded(n, repeat):
    """A swarm of ten at a time with tasks of 10 ms, on ten processes: how busy its slots are."""
    single, continued, shared = repeated(
        repeat,
        lambda: measure("bounded", n, processes=10, continued=False),
        lambda: measure("bounded", n, processes=10),
        lambda: measure("bounded_batched", n, processes=10),
    )
    for what, cells in (
        ("slots busy", continued),
        ("slots busy, a message each", single),
        ('slots busy, batch="auto"', shared),
    ):
        busy = median_of(cells, lambda c: c.n * 0.01 / 10 / c.extra["span"])
        yield Figure(
            f"{n:,} items of 10 ms, 10 at a time: {what}",
            busy,
            None,
            "",
            busy,
            "" if cells is single else "at least 0.9",
            busy >= 0.9,
        )


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
        mine, theirs, ratio = pair(shared, chord, what)
        yield Figure(
            f"{n:,} items, batch=100, against a chord: {name}", mine, theirs, unit, ratio, target, ratio <= limit
        )
        mine, theirs, ratio = pair(shared, single, what)
        yield Figure(f"{n:,} items, batch=100, against a message each: {name}", mine, theirs, unit, ratio, "", True)


def bulk(n, repeat):
    """Adding many to an open swarm at once, one by one, and submitting them as a native group."""
    ours, single, group = repeated(
        repeat,
        lambda: measure("added_in_bulk", n),
        lambda: measure("added_one_by_one", max(10, n // 10)),
        lambda: measure("native_group", n, extension=False),
    )
    for name, theirs in (("one by one", single), ("native group", group)):
        mine, other, ratio = pair(ours, theirs, lambda c: c.submit / c.n * 1e6)
        name = f"{n:,} items added in bulk, against {name}: client's time per item"
        yield Figure(name, mine, other, "µs", ratio, "at most 1/20", ratio <= 1 / 20)


def waiting(n, repeat):
    """Memory of an item that waits, beyond its own arguments."""
    [cells] = repeated(repeat, lambda: measure("waiting", n))
    size = median_of(cells, lambda c: c.extra["bytes"] / c.n)
    yield Figure(f"{n:,} waiting items: Redis memory of each, its arguments aside", size, None, "B", size,
                 "below 400 B", size < 400)  # fmt: skip


def flat(n, repeat):
    """Whether the last items of a large swarm cost what the first did; once, for it is large."""
    [cells] = repeated(1, lambda: measure("flat", n))
    [cell] = cells
    ratio = cell.extra["last"] / cell.extra["first"]
    yield Figure(f"{n:,} items, batch=100: seconds of the last tenth, of the first", cell.extra["last"],
                 cell.extra["first"], "s", ratio, "at most 1.15", ratio <= 1.15)  # fmt: skip


def million(n, repeat):
    """A swarm whose items a generator adds: memory of the client and of Redis, and whether the last items cost what the
    first did; once, for it is large."""
    [[cell]] = repeated(1, lambda: measure("million", n))
    name, found = f"{n:,} items from a generator, batch=100", cell.extra
    client, used = found["client"] / 1e6, found["redis"] / 1e6
    yield Figure(f"{name}: memory of the client", client, None, "MB", client, "at most 200 MB", client <= 200)
    yield Figure(
        f"{name}: Redis memory beyond arguments and results", used, None, "MB", used, "at most 100 MB", used <= 100
    )
    ratio = found["late"] / found["early"]
    yield Figure(
        f"{name}: seconds of the last tenth, of the second",
        found["late"],
        found["early"],
        "s",
        ratio,
        "at most 1.15",
        ratio <= 1.15,
    )
    for side, what in (("client", "client"), ("main", "worker main"), ("children", "children"), ("redis", "Redis")):
        spent = getattr(cell, side) / n * 1e6
        yield Figure(f"{name}: CPU per item, {what}", spent, None, "µs", spent, "", True)
