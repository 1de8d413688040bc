"""A node costs the same in a graph of any size: commands inside Redis, bytes that they write, and records that they read."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.effects import Dispatch

from .play import Play
from .trees import graph

SMALL, LARGE = 20, 400
#: How much more a node may cost in the large graph.
MORE = 1.05


def linear(n):
    return graph(" ".join(["START>n0", *(f"n{i}>n{i + 1}" for i in range(n - 1)), f"n{n - 1}>END"]))


def wide(n):
    edges = [edge for i in range(n - 2) for edge in (f"a>b{i}", f"b{i}>join")]
    return graph(" ".join(["START>a", *edges, "join>END"]), join={"join": "all"})


def skipping(n):
    """Pairs of nodes in a line: the first of each pair chooses between the second and the next pair."""
    edges = [edge for i in range(0, n, 2) for edge in (f"n{i}?n{i + 1},n{i + 2}", f"n{i + 1}>n{i + 2}")]
    return graph(" ".join(["START>n0", *edges, f"n{n}>END"]))


SHAPES = {"linear": linear, "wide": wide, "skipping": skipping}


def run_out(play, shape, n):
    todo = list(play.start(SHAPES[shape](n)).todo)
    while todo:
        effect = todo.pop()
        if not isinstance(effect, Dispatch):
            continue
        number = int(effect.leaf.node.split(".")[1])
        chosen = str(number + 2) if shape == "skipping" and number < n else None
        assert play.claim(effect.leaf.node).refused is None
        todo += play.finish(effect.leaf.node, targets=chosen).todo
    assert play.status == "SUCCEEDED"


def commands(client):
    """How many commands Redis has run, those inside scripts among them."""
    return sum(kind["calls"] for kind in client.info("commandstats").values())


@pytest.mark.parametrize("shape", SHAPES)
def test_commands_per_node(play, shape):
    """Given graphs of one shape, then a node of the larger one takes no more commands."""
    found = {}
    for n in (SMALL, LARGE):
        play.redis.config_resetstat()
        run_out(Play(play.store, f"r{n}"), shape, n)
        found[n] = commands(play.redis) / n
    assert found[LARGE] < found[SMALL] * MORE


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_per_node(play, shape):
    """Given graphs of one shape, then a node of the larger one leaves no more bytes, and no record that every call reads grows."""
    found, records = {}, {}
    for n in (SMALL, LARGE):
        one = Play(play.store, f"r{n}")
        one.start(SHAPES[shape](n))
        records[n] = record_sizes(one)
        other = Play(play.store, f"s{n}")
        run_out(other, shape, n)
        found[n] = sum(len(raw) for raw in play.redis.hvals(play.store.keys.terminal(other.run))) / n
    assert found[LARGE] < found[SMALL] * 1.5, "references to nodes have more digits"
    assert max(after - before for before, after in zip(records[SMALL], records[LARGE], strict=True)) <= 8


def record_sizes(play):
    """Sizes of what a call reads: definitions of the graph and of nodes, the record of the graph, those of nodes."""
    places = ["0", "0.0", "0.1", "0.2"]
    read = [*play.reader.definitions(play.run, places), *play.reader.pools(play.run, ["0"])]
    read += play.reader.terminal(play.run, [f"{place}:n" for place in places])
    return [len(raw or b"") for raw in read]
