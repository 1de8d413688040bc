"""Every format: what is written is read back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.states import NodeState, Priority
from orchestrator_celery.records.active import parse_since, write_steps
from orchestrator_celery.records.ended import ended_state, parse_ended, write_ended
from orchestrator_celery.records.graphs.graph import (
    parse_graph_head,
    parse_graph_node,
    parse_visit,
    write_graph_head,
    write_graph_node,
    write_visit,
)
from orchestrator_celery.records.graphs.layout import parse_edges, parse_graph_layout, parse_joins, write_graph_layout
from orchestrator_celery.records.inputs import parse_input, write_input
from orchestrator_celery.records.live import LiveState, live_state, parse_live, write_live
from orchestrator_celery.records.outcomes import parse_outcome, write_outcome
from orchestrator_celery.records.owner import parse_owner
from orchestrator_celery.records.pool import (
    PoolEnd,
    Segment,
    floor_of,
    parse_pool,
    parse_pool_end,
    parse_range,
    parse_segments,
    write_pool,
    write_pool_end,
    write_segments,
)
from orchestrator_celery.records.pools.levels import Levels
from orchestrator_celery.records.pools.short_ends import (
    parse_process,
    parse_short_end,
    write_process,
    write_short_end,
)
from orchestrator_celery.records.progress import ProgressRecord, parse_progress, write_progress

from .strategies import (
    counts,
    ends,
    ends_of_pools,
    graph_heads,
    graph_nodes,
    inputs,
    lives,
    moments,
    names,
    places,
    plain_outcomes,
    pools,
    processes,
    short_ends,
    undone_visits,
)


@given(lives)
def test_live(live):
    assert parse_live(write_live(live)) == live
    assert live_state(write_live(live)) is live.phase


def test_a_separator_in_the_name_of_a_worker():
    live = parse_live(b"R|2|3|1|1000|900|4|1,0|e:0.1|host|x/12/ab")
    assert (live.owner, live.runner, live.state) == ("host|x/12/ab", "", NodeState.RUNNING)


@pytest.mark.parametrize("state", LiveState)
def test_every_live_state_is_public(state):
    assert state.node_state in NodeState


@given(short_ends, processes)
def test_a_short_end(end, process):
    """Given a short record, then it is read back, and with its process it says what the full record says."""
    assert parse_short_end(write_short_end(end)) == end
    assert parse_process(write_process(process)) == process
    ended = parse_ended(end.full(process))
    begun = process.base + end.begun
    assert [round(moment.timestamp() * 1000) for moment in (ended.started, ended.finished)] == [
        begun,
        begun + end.lasted,
    ]
    assert (ended.owner, ended.attempt, ended.payload) == (process.worker, 1, end.payload)
    assert (ended.state, ended.ref) == (end.state.node_state, None)
    assert ended.waits == parse_owner(f"+{end.waits} w").waits
    assert ended_state(write_short_end(end)) is end.state


@given(ends)
def test_no_full_record_is_taken_for_a_short_one(ended):
    assert parse_short_end(write_ended(ended)) is None


@given(ends)
def test_ended(ended):
    assert parse_ended(write_ended(ended)) == ended
    assert ended_state(write_ended(ended)).node_state is ended.state
    assert ended.skipped_leaves == (int(ended.payload) if ended.state is NodeState.SKIPPED else 0)


@given(pools)
def test_pool(pool):
    assert parse_pool(write_pool(pool)) == pool
    assert parse_since(write_pool(pool)) == pool.since


@given(ends_of_pools)
def test_pool_end(end):
    assert parse_pool_end(write_pool_end(end)) == end
    assert parse_pool_end(None) == PoolEnd(0, 0, 0)
    assert parse_pool_end(b"3|2|1") == PoolEnd(3, 2, 1), "as an earlier release wrote it"


@given(st.lists(st.builds(Segment, counts, counts, st.text("0123456789abcdef", min_size=1, max_size=32)), max_size=4))
def test_segments(segments):
    assert list(parse_segments(write_segments(segments))) == segments


@given(places, places)
def test_range(first, size):
    assert parse_range(f"{first}-{first + size}".encode()) == range(first, first + size + 1)


def test_a_higher_priority_has_lower_scores():
    assert floor_of(Priority.HIGH) == 0
    assert floor_of(Priority.HIGH) + 10**9 < floor_of(Priority.MEDIUM) < floor_of(Priority.LOW)


@given(st.lists(st.sampled_from(Priority), max_size=30))
def test_levels(levels):
    text = str(Levels(levels))
    found = [Priority.MEDIUM] * len(levels)
    for part in text.split():
        level, _, indexes = part.partition(":")
        for index in parse_range(indexes.encode()):
            found[index] = Priority(int(level))
    assert found == levels


@given(graph_heads)
def test_the_head_of_a_graph(head):
    assert parse_graph_head(write_graph_head(head)) == head
    assert parse_since(write_graph_head(head)) == head.since


@given(graph_nodes)
def test_a_node_of_a_graph(node):
    assert parse_graph_node(write_graph_node(node)) == node


@given(undone_visits)
def test_a_visit_that_was_not_finished(visit):
    assert parse_visit(write_visit(visit)) == visit


@given(
    st.dictionaries(places.map(str) | st.just("S"), st.lists(places.map(str) | st.just("$"), min_size=1), max_size=4)
)
def test_edges(edges):
    assert parse_edges(";".join(f"{source}>{','.join(targets)}" for source, targets in edges.items())) == edges
    assert parse_graph_layout(write_graph_layout(edges, {"1": "all"})) == (edges, {"1": "all"})


@given(st.dictionaries(places.map(str), st.sampled_from(["all", "any"]), max_size=4))
def test_joins(joins):
    assert parse_joins(",".join(f"{node}:{kind}" for node, kind in joins.items())) == joins


@given(inputs)
def test_input(ref):
    assert parse_input(write_input(ref)) == ref


@given(plain_outcomes)
def test_outcome(ref):
    assert parse_outcome(write_outcome(ref)) == ref


@given(plain_outcomes)
def test_an_outcome_in_another(ref):
    wrapped = parse_outcome(f"chord:{write_outcome(ref)}")
    assert parse_outcome(wrapped.of) == ref


@given(moments, st.floats(0, 1e9), st.none() | st.floats(0, 1e9), names)
def test_progress(moment, done, total, message):
    at = round(moment.timestamp() * 1000)
    record = ProgressRecord(at, done, total, message)
    assert parse_progress(write_progress(record)) == record
    assert abs(record.at - moment) < timedelta(milliseconds=1)


@given(moments)
def test_steps(moment):
    assert parse_since(write_steps(moment)) == moment
