"""Formats that Lua and Python share: what one writes the other reads, with the same names; and a run of a later release."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

from orchestrator_celery.errors import FormatTooNew, FormatTooOld
from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.definitions import parse_definition
from orchestrator_celery.records.ended import EndedState, parse_ended, write_ended
from orchestrator_celery.records.graphs.graph import (
    parse_graph_node,
    parse_visit,
    write_graph_head,
    write_graph_node,
    write_visit,
)
from orchestrator_celery.records.graphs.layout import NodeLayout, write_node_layout
from orchestrator_celery.records.head.fields import FORMAT, GRAPH_FORMAT
from orchestrator_celery.records.live import parse_live, write_live
from orchestrator_celery.records.lua_names import with_literals
from orchestrator_celery.records.packed import pack
from orchestrator_celery.records.pool import PoolEnd, parse_pool, parse_pool_end, write_pool, write_pool_end
from orchestrator_celery.records.pools.blocks import SIZE, block_field, block_of, write_block
from orchestrator_celery.records.pools.short_ends import write_process, write_short_end
from orchestrator_celery.store.scripting.script_text import FOLDER
from tests.unit.records.strategies import (
    ends,
    ends_of_pools,
    graph_heads,
    graph_nodes,
    items,
    lives,
    pools,
    processes,
    short_ends,
    undone_visits,
)
from tests.unit.records.test_definitions import trees

from .trees import chain, graph, leaf, swarm

#: What the records' part of Lua takes from `run.lua`.
HEAD = """
local root, now, graphed, format = KEYS[1], '7', nil, nil
local definitions_key, live_key, ended_key, active_key = root .. ':d', root .. ':l', root .. ':t', root .. ':m'
"""
shared = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def lua(client):
    """Runs Lua with the accessors of one format; answers what it returns."""

    def run(names, code, *args):
        parts = [(FOLDER / "lib" / "records" / f"{name}.lua").read_text() for name in names.split()]
        return client.eval(with_literals("x", "\n".join([HEAD, *parts, code])), 1, "orc:{x}", *args)

    return run


@shared
@given(lives)
def test_live(lua, live):
    code = "local live = parse_live(ARGV[1]) return { cjson.encode(live), write_live(live), worker_of(live), runner_of(live) or '' }"
    told, written, worker, runner = lua("live", code, write_live(live))
    assert parse_live(written) == live
    fields = json.loads(told)
    assert (fields["attempt"], fields["tries"], fields["input"]) == (live.attempt, live.tries, live.input)
    assert Fence(fields["nesting"], fields["retries"]) == live.fence
    if not {"|", " "} & set(live.owner):
        assert (worker.decode(), runner.decode()) == (live.owner, live.runner.rpartition(":")[0])


@shared
@given(ends)
def test_ended(lua, ended):
    code = "return { ended_state(ARGV[1]), ended_attempt(ARGV[1]), reference_in(ARGV[1]) or '' }"
    state, attempt, reference = lua("short_end ended", code, write_ended(ended))
    assert (EndedState(state.decode()).node_state, attempt) == (ended.state, ended.attempt)
    assert reference.decode(errors="replace") == (ended.ref or "")


@shared
@given(short_ends, processes)
def test_a_short_end(lua, end, process):
    """Given a short record, then Lua reads from it what it reads from the full one, and writes the same."""
    code = """
      redis.call('HSET', ended_key, BESIDE.process .. ARGV[4], ARGV[3])
      local found = {}
      for _, record in ipairs({ ARGV[1], ARGV[2] }) do
        found[#found + 1] = { ended_state(record), ended_attempt(record), ended_moment(record), reference_in(record) or '' }
      end
      return { found[1], found[2], write_short_end(ARGV[5], ARGV[4], ARGV[6], ARGV[7], ARGV[8]) }"""
    raw, full = write_short_end(end), end.full(process)
    args = (end.state.value, end.begun, end.lasted, end.waits)
    short, whole, written = lua("node_id short_end ended", code, raw, full, write_process(process), end.process, *args)
    assert short == whole
    assert written + b"\n" + end.payload == raw


@shared
@given(items)
def test_block(lua, definitions):
    """Given a block, then Lua finds each definition in it, and none behind the last."""
    code = """
      local found = {}
      for place = 64, 64 + tonumber(ARGV[2]) do found[#found + 1] = in_block(parse_block(ARGV[1]), place) end
      return { block_field(64), block_field(95), found }"""
    first, last, found = lua("block", code, write_block(block_of(definitions)), len(definitions))
    assert (first.decode(), last.decode()) == (block_field(64), block_field(95))
    assert found == definitions if len(definitions) < SIZE else found[:SIZE] == definitions


def test_an_ended_record_of_lua(lua):
    code = "put_ended('0', STATE.succeeded, 2, '5', 'w', refer_to('0.1')) return redis.call('HGET', ended_key, '0')"
    found = parse_ended(lua("node_id short_end ended", code))
    assert (found.state, found.attempt, found.owner, found.ref) == (NodeState.SUCCEEDED, 2, "w", "0.1")
    assert (found.started.microsecond, found.finished.microsecond) == (5000, 7000)


def test_the_list_of_failed_nodes(lua):
    code = """
      for _, node in ipairs({ '0.10', '0.9', '0', '0.1.3', '0.l0' }) do put_ended(node, STATE.failed, 1, '5', 'w', '') end
      put_ended('0.7', STATE.succeeded, 1, '5', 'w', '')
      return redis.call('ZRANGE', root .. KEY.failed, 0, -1)"""
    assert lua("node_id short_end ended", code) == [b"0 000000000000009", b"0 000000000000010", b"0.1 000000000000003"]


@shared
@given(pools)
def test_pool(lua, pool):
    code = "local pool = parse_pool(ARGV[1]) return { write_pool(pool), pool.size, pool.next - pool.done, write_pool_end(pool) }"
    written, size, live, end = lua("pool", code, write_pool(pool))
    assert parse_pool(written) == pool
    assert (size, live) == (pool.size, pool.next - pool.done)
    called = pool.runners.called if pool.runners else 0
    assert parse_pool_end(end) == PoolEnd(pool.size, pool.done, pool.failed, pool.open, called)


@shared
@given(ends_of_pools)
def test_the_end_of_a_pool(lua, end):
    code = "local found = parse_pool_end(ARGV[1]) return { found.size, found.open, found.called }"
    size, openness, called = lua("pool", code, write_pool_end(end))
    assert (size, openness.decode(), called) == (end.size, end.open.value, end.called)


@pytest.mark.parametrize("record", ["7", "7|6|1"])
def test_the_end_of_a_pool_as_an_earlier_release_wrote_it(lua, record):
    code = "local found = parse_pool_end(ARGV[1]) return { found.size, found.open }"
    assert lua("pool", code, record) == [7, b""]


GRAPH = "graph graph_node graph_visit graph_writes"


@shared
@given(graph_heads)
def test_the_head_of_a_graph(lua, head):
    code = "local graph = parse_graph('0', ARGV[1]) return { write_graph(graph), graph.tokens }"
    assert lua(GRAPH, code, write_graph_head(head)) == [write_graph_head(head), head.tokens]


@shared
@given(graph_nodes)
def test_a_node_of_a_graph(lua, node):
    code = (
        "local node = node_at({ nodes = {} }, '0', ARGV[1]) return { write_node_state(node), node.turns, node.newest }"
    )
    written, turns, newest = lua(GRAPH, code, write_graph_node(node))
    assert parse_graph_node(written) == node
    assert (turns, newest.decode()) == (node.turns, node.newest)


@shared
@given(undone_visits)
def test_a_visit_of_a_graph(lua, visit):
    code = "local visit = parse_visit(ARGV[1]) return { write_visit(visit), visit.state, visit.passage.visit or 0 }"
    written, state, number = lua(GRAPH, code, write_visit(visit))
    assert parse_visit(written) == visit
    assert (state.decode(), number) == (visit.state.value, visit.passage.get("visit", 0))


@pytest.mark.parametrize(
    ("layout", "found"),
    [
        (NodeLayout(["1", "$"], ["1"], ["S"], ["0", "1"]), [b"1,$", b"1", b"S", b"0,1"]),
        (NodeLayout(["1"], ["1"]), [b"1", b"1", b"", b""]),
        (NodeLayout(), [b"", b"", b"", b""]),
    ],
)
def test_the_layout_of_a_node(client, lua, layout, found):
    client.hset("orc:{x}:d", "0.3.t", write_node_layout(layout))
    code = "local one = layout_of({ id = '0', layouts = {} }, '3') return { one.following, one.after, one.sources, one.members }"
    assert lua("definition ../edges", code) == found


@shared
@given(trees)
def test_packed_tree(lua, client, tree):
    packed = pack(tree)
    code = "redis.call('DEL', definitions_key) return unpack_tree('0.3', ARGV[1])"
    if len(tree.specs) > 1:
        assert lua("packed", code, packed) == tree.specs["."]
        found = {node.decode(): raw for node, raw in client.hgetall("orc:{x}:d").items()}
        assert found == {"0.3" if path == "." else f"0.3.{path}": raw for path, raw in tree.specs.items()}


@shared
@given(trees)
def test_header(lua, tree):
    raw = tree.specs["."]
    code = "return { shape_of(ARGV[1]), attribute(ARGV[1], ATTRIBUTE.size) or '', attribute(ARGV[1], ATTRIBUTE.kind) or '' }"
    shape, size, kind = lua("definition", code, raw)
    found = parse_definition(raw)
    assert (shape.decode(), size.decode()) == (found.shape.value, found.attributes.get("n", ""))
    assert kind.decode() == found.attributes.get("k", "")


# -- a run of a later release ------------------------------------------------------------------------------


@pytest.fixture
def later(play):
    """A run with a task at work and one in the outbox, whose format is later than ours."""
    play.start(swarm(leaf(), leaf(), leaf(), max_concurrency=2, open=True))
    play.claim("0.0")
    play.redis.hset(play.store.keys.root("r"), "format", FORMAT + 1)
    return play


VERBS = {
    "claim": lambda play: play.claim("0.1"),
    "finish": lambda play: play.finish("0.0"),
    "fail": lambda play: play.fail("0.0"),
    "lost": lambda play: play.lost("0.0"),
    "suspend": lambda play: play.store.suspend("r"),
    "resume": lambda play: play.store.resume("r"),
    "interrupt": lambda play: play.store.interrupt("r"),
    "retry": lambda play: play.store.retry("r"),
    "cancel": lambda play: play.store.cancel("r", "{}"),
    "purge": lambda play: play.store.signatures.purge("r"),
    "add": lambda play: play.add(leaf()),
    "create": lambda play: play.start(swarm(leaf())),
    "head": lambda play: play.reader.head("r"),
    "field": lambda play: play.reader.head_field("r", "status"),
    "definitions": lambda play: play.reader.definitions("r", ["0"]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_of_a_later_release_is_left_alone(later, verb):
    """Given a run of a later release, when it is read or changed, then the error says so, and nothing of it has changed."""
    before = later.snapshot()
    with pytest.raises(FormatTooNew, match="'r' was written by a later release"):
        VERBS[verb](later)
    after = {key: value for key, value in later.snapshot().items() if ":d:" not in key}  # an upload expires
    assert after == {key: value for key, value in before.items() if ":d:" not in key}


# -- a graph of an earlier release -------------------------------------------------------------------------


def earlier(play):
    """A graph as the release before wrote it, with a task at work."""
    play.start(graph("START>a a>b b>END"))
    play.claim("0.0.0")
    play.redis.hset(play.store.keys.root("r"), "format", 1)
    play.redis.hset(play.store.keys.pools("r"), "0", 'G|5|in|{"tokens":{}}')
    return play


@pytest.mark.parametrize("verb", ["claim", "finish", "fail", "retry", "definitions of the tree"])
def test_a_graph_of_an_earlier_release_is_left_alone(play, verb):
    """Given a graph that an earlier release began, when a call needs its tokens, then the error says so, and nothing has changed."""
    calls = {
        "claim": lambda: play.claim("0.0.0", 2), "finish": lambda: play.finish("0.0.0"),
        "fail": lambda: play.fail("0.0.0"), "retry": lambda: play.store.retry("r"),
        "definitions of the tree": lambda: play.reader.graph_state("r", "0"),
    }  # fmt: skip
    before = earlier(play).snapshot()
    with pytest.raises(
        FormatTooOld, match=r"'r' has a graph that an earlier release started.*cancel the run"
    ) as caught:
        calls[verb]()
    assert (caught.value.run, caught.value.found, caught.value.known) == ("r", 1, GRAPH_FORMAT)
    assert play.snapshot() == before


def test_a_graph_of_an_earlier_release_can_be_cancelled(play):
    """Given such a graph, then a check of the run says why it is left alone, and a cancellation leaves nothing of it."""
    earlier(play)
    [check] = play.store.due_index.check(["r"])
    assert (check.state, "earlier release" in check.problem) == ("newer", True)
    assert play.store.cancel("r", "{}").refused is None
    play.store.erase("r")
    assert play.snapshot() == {}


def test_a_graph_that_an_earlier_release_created_fails_in_words(play):
    """Given a chain of an earlier release whose graph has not begun, then the graph fails, and its error says what to do."""
    play.start(chain(leaf(), graph("START>a a>END")))
    play.redis.hset(play.store.keys.root("r"), "format", 1)
    assert play.succeed("0.0") == ["close"]
    assert (play.status, play.ended("0").ref) == ("FAILED", "0.1.r")
    assert b"apply the signature again" in play.ended("0.1.r").payload


def test_a_new_run_has_the_format(play):
    play.start(leaf())
    assert play.reader.head("r")["format"] == b"%d" % FORMAT
