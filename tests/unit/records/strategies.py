"""Any records, as the formats allow them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.model.states import NodeState
from orchestrator_celery.records.ended import Ended, EndedState
from orchestrator_celery.records.graphs.graph import GraphHead, GraphNode, Mark, Undone, UndoneVisit
from orchestrator_celery.records.inputs import InputRef, Source
from orchestrator_celery.records.live import Live, LiveState
from orchestrator_celery.records.outcomes import OutcomeKind, OutcomeRef
from orchestrator_celery.records.owner import Waits
from orchestrator_celery.records.pool import Held, Openness, Pool, PoolEnd, Runners
from orchestrator_celery.records.pools.short_ends import Process, ShortEnd

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
counts = st.integers(0, 2**31)
moments = st.integers(1, 2**42).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
places = st.integers(0, 10**6)
#: Ids of nodes of every kind.
nodes = st.builds(
    lambda parts: ".".join(["0", *parts]),
    st.lists(st.one_of(places.map(str), st.sampled_from(["l0", "e1", "s0", "f2", "c0"])), max_size=5),
)
visits = st.builds("0.{}.{}".format, places, places)
#: Payloads with everything that also means something in the formats.
payloads = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\n", b". 3\nL\n1", b"T\n", b"C n=3 k=chain\n", b"\0pickle\n", b"a|b|c"]),
)
#: Names of tasks and nodes, with separators of the formats.
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
workers = st.text("abcxyz0189/@-|", max_size=20)
waits = st.none() | st.builds(Waits, counts, counts)

plain_outcomes = st.one_of(
    st.builds(OutcomeRef, st.just(OutcomeKind.NODE), nodes, st.just(0)),
    st.builds(OutcomeRef, st.just(OutcomeKind.LIST), st.just(""), counts),
    st.just(OutcomeRef(OutcomeKind.NAMED)),
    st.builds(OutcomeRef, st.just(OutcomeKind.SWARM), nodes, st.just(0)),
    st.builds(OutcomeRef, st.just(OutcomeKind.RECURSION), names, counts),
    st.builds(OutcomeRef, st.just(OutcomeKind.NO_ROUTE), names, st.just(0)),
)
single_inputs = st.one_of(
    st.sampled_from([InputRef(Source.NOTHING), InputRef(Source.RUN)]),
    st.builds(InputRef, st.just(Source.RESULT), nodes),
    st.builds(InputRef, st.just(Source.ERROR_VALUE), nodes),
    st.builds(InputRef, st.sampled_from([Source.ELEMENT, Source.VISIT, Source.INPUTS]), visits),
    st.builds(InputRef, st.sampled_from([Source.WITH_OWN, Source.ITEM]), nodes),
    st.builds(InputRef, st.just(Source.ERROR), st.sampled_from(["0.1", "chord:0.0", "swarm:0", "recursion:a%3A:3"])),
)
inputs = st.one_of(
    single_inputs, st.lists(nodes, min_size=1, max_size=4).map(lambda found: InputRef(Source.LIST, ",".join(found)))
)
input_texts = st.sampled_from(["", "in", "0.1", "w:0.2", "[0.1.0,w:0.2.0", "m:0.1.0", "g:0.1.0", "k:0.1.0", "i:0.3"])

lives = st.builds(
    Live,
    phase=st.sampled_from(LiveState),
    attempt=counts,
    fence=st.builds(Fence, counts, counts),
    since=moments,
    sent=st.integers(0, 2**42),
    tries=counts,
    callbacks=st.sampled_from([",", "1,0", "2,13", ",;1,,0", "1,;,2,"]),
    input=input_texts,
    owner=workers,
    runner=st.sampled_from(["", "0.b1:1", "0.2.b13:7"]),
    waits=waits,
)
skipped = st.builds(
    Ended, st.just(NodeState.SKIPPED), st.just(0), moments, moments, st.just(""), st.none(), counts.map(b"%d".__mod__)
)
ends = st.one_of(
    skipped,
    st.builds(
        Ended,
        st.sampled_from([NodeState.SUCCEEDED, NodeState.FAILED]),
        counts,
        moments,
        moments,
        workers.map(lambda name: name.replace("|", "")),
        st.none(),
        payloads.filter(lambda payload: payload[:1] != b"@"),
        waits,
    ),
    st.builds(
        Ended,
        st.sampled_from([NodeState.SUCCEEDED, NodeState.FAILED]),
        st.just(0),
        moments,
        moments,
        st.just(""),
        st.sampled_from(["0.1", "*12", "+", "chord:0.0.1", "swarm:0.1", "noroute:a%20b"]),
        st.just(b""),
    ),
)
ends_of_pools = st.builds(PoolEnd, counts, counts, counts, st.sampled_from(Openness), counts)
pools = st.builds(
    Pool,
    size=counts,
    next=counts,
    done=counts,
    failed=counts,
    first_error=st.none() | counts,
    open=st.sampled_from(Openness),
    stopped=st.booleans(),
    since=moments,
    input=input_texts,
    held=st.none() | st.builds(Held, counts, counts, counts),
    runners=st.none() | st.builds(Runners, counts, st.integers(1, 1000), st.booleans()),
)
numbers = places.map(str)
passages = st.dictionaries(st.one_of(st.just("visit"), numbers), st.integers(1, 1000), max_size=3)
lists = st.lists(numbers, max_size=3).map(tuple)
graph_heads = st.builds(
    GraphHead,
    since=st.none() | moments,
    input=input_texts,
    tokens=counts,
    leaving=st.builds("{}.0@{}".format, places, places).map(lambda one: (one,)) | st.just(()),
    closing=st.lists(numbers | st.just("S"), max_size=3).map(tuple),
    joins=lists,
    unvisited=lists,
    error=st.none() | st.sampled_from(["0.1.0", "recursion:a:9", "noroute:b", "noroute:a|b"]),
)
graph_nodes = st.builds(
    GraphNode,
    turns=counts,
    visits=counts,
    open=counts,
    within=counts,
    starts=counts,
    closed=counts,
    mark=st.none() | st.sampled_from(Mark),
    waiting=lists,
    newest=nodes | st.just(""),
)
undone_visits = st.builds(UndoneVisit, st.sampled_from(Undone), nodes | st.just(""), passages)
#: Definitions of a swarm's items: most share text.
items = st.lists(
    st.one_of(payloads, st.integers(0, 10**6).map(lambda number: b'L\n["shop.add",[%d]]' % number)),
    min_size=1,
    max_size=32,
)
processes = st.builds(Process, st.integers(0, 2**42), workers.filter(lambda name: " " not in name))
short_ends = st.builds(
    ShortEnd,
    st.sampled_from([EndedState.SUCCEEDED, EndedState.FAILED]),
    st.integers(1, 10**6),
    st.integers(0, 2**41),
    st.integers(0, 2**41),
    st.one_of(counts.map(str), st.builds("{},{}".format, counts, counts)),
    payloads.filter(lambda payload: payload[:1] != b"@"),
)
