"""The rows of long and wide graphs: CPU of Redis per node. Store calls are made as workers make them, without workers."""

from dataclasses import dataclass

from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.effects import CloseRun, Decide, Decision, Dispatch
from orchestrator_celery.store import Store
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.benchmarks.figures import Figure, median_of, repeated
from tests.store.play import Play
from tests.store.trees import graph

#: Most CPU of Redis for a node, in µs, and how much more a node may cost than in the smallest graph.
LIMIT, GROWTH = 300, 1.1
#: Nodes of which one cell has at least as many, in as many graphs as that takes.
FEWEST = 1000


@dataclass(frozen=True)
class StoreCell:
    """CPU of Redis per node in µs, and the longest script in ms."""

    cpu: float
    longest: float


def linear(n):
    """Nodes in a line."""
    return graph(" ".join(["START>n0", *(f"n{i}>n{i + 1}" for i in range(n - 1)), f"n{n - 1}>END"]))


def wide(n):
    """A source, branches side by side, and a join of all."""
    branches = range(n - 2)
    edges = [f"source>b{i}" for i in branches] + [f"b{i}>join" for i in branches]
    return graph(" ".join(["START>source", *edges, "join>END"]), join={"join": "all"})


SHAPES = {"linear": linear, "wide": wide}


def measure(shape, n):
    """Run graphs of one shape and size to their end."""
    tree, runs = SHAPES[shape](n), max(1, FEWEST // n)
    with EmbeddedRedis() as server, server.client() as client:
        store = Store(client, OrchestratorSettings())
        run_to_end(Play(store, "warm"), SHAPES[shape](3))
        client.config_set("slowlog-log-slower-than", 1000)
        client.config_set("slowlog-max-len", 100_000)
        before = _cpu(client)
        for k in range(runs):
            run_to_end(Play(store, f"r{k}"), tree)
        used = _cpu(client) - before
        slow = [entry["duration"] for entry in client.slowlog_get(100_000)]
    return StoreCell(used / runs / n * 1e6, max(slow, default=0) / 1000)


def run_to_end(play, tree):
    """Claim and finish what is sent, and make the decisions that are asked for, until the run has ended."""
    todo = list(play.start(tree).todo)
    while todo:
        effect = todo.pop()
        if isinstance(effect, Dispatch):
            assert play.store.claim(effect.leaf, effect.fence, "w/1/a").refused is None
            todo += play.store.finish(effect.leaf, effect.fence, b"1", None).todo
        elif isinstance(effect, CloseRun):
            play.tell()
        else:
            assert isinstance(effect, Decide), effect
            todo += play.store.graphs.decide(play.run, effect.visit, Decision("go")).todo
    assert play.status == "SUCCEEDED"


def sizes(lengths, repeat):
    """Graphs of each size, one after the other, against the smallest of their shape."""
    for shape in SHAPES:
        cells = repeated(repeat, *[lambda n=n, shape=shape: measure(shape, n) for n in lengths])
        costs = [median_of(own, lambda cell: cell.cpu) for own in cells]
        for n, cost, own in zip(lengths, costs, cells, strict=True):
            met = cost <= LIMIT and cost <= costs[0] * GROWTH
            yield Figure(f"{shape} graph of {n:,} nodes: CPU of Redis per node", cost, None, "µs", cost / costs[0],
                         f"at most {LIMIT} µs, and {GROWTH} of {lengths[0]:,} nodes", met)  # fmt: skip
            longest = median_of(own, lambda cell: cell.longest)
            yield Figure(f"{shape} graph of {n:,} nodes: longest script", longest, None, "ms", longest / 20,
                         "at most 20 ms", longest <= 20)  # fmt: skip


def _cpu(client):
    info = client.info("cpu")
    return info["used_cpu_user"] + info["used_cpu_sys"]
