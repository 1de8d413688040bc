"""The head: its small formats, and the version of all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.errors import FormatTooNew
from orchestrator_celery.model.clock import from_ms
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.records.head.cancelled import part_of_head
from orchestrator_celery.records.head.fields import (
    FORMAT,
    HeadField,
    HeadPrefix,
    check_format,
    parse_detach,
    parse_stop,
    prefixed,
)
from orchestrator_celery.records.head.run_head import Head
from orchestrator_celery.records.lua_names import GROUPS, with_literals


@pytest.mark.parametrize("value", [1000, 1000.0, "1000", b"1000"])
def test_times_are_utc(value):
    """Given milliseconds in any form the store has, then the time is aware."""
    assert from_ms(value).isoformat() == "1970-01-01T00:00:01+00:00"


@pytest.mark.parametrize("raw", [None, b"0", b"%d" % FORMAT])
def test_a_known_format_passes(raw):
    check_format(raw, "r1")


def test_a_later_format_is_refused_in_words():
    """Given the head of a later release, then the error names the run, both versions, and what to do."""
    with pytest.raises(FormatTooNew, match=r"'r1' was written by a later release.*Upgrade this process") as caught:
        check_format(b"%d" % (FORMAT + 1), "r1")
    assert (caught.value.run, caught.value.found, caught.value.known) == ("r1", FORMAT + 1, FORMAT)


def test_fields_mean_one_thing():
    assert len({member.value for member in HeadField}) == len(HeadField.__members__)


@given(st.integers(0, 2**42), st.sampled_from(["SIGTERM", "SIGINT"]), st.integers(0, 10**6))
def test_an_order_to_stop(since, signal, grace):
    assert parse_stop(f"{since} {signal} {grace}".encode()) == (float(since), signal, grace / 1000)


@pytest.mark.parametrize("given_ref", ["", "in", "[0.1,w:0.2"])
def test_an_order_to_detach(given_ref):
    assert parse_detach(f"r2 {given_ref}".encode()) == ("r2", given_ref)


@pytest.mark.parametrize(("raw", "priority"), [(b"0.1|3|", None), (b"0.1|3|2", 2)])
def test_a_cleanup(raw, priority):
    head = {"clean:1:item": raw, "clean:1:definition": b"L\n[]", "clean:1:call": b"L\nx"}
    left = {"bodies": b'["r:0.2:1"]', "inner": b"{}"}
    by_earlier = ("0.1", 3, priority, b"L\n[]", "1", b"L\nx")  # an earlier release wrote no place
    assert part_of_head({**head, **left}) == (["r:0.2:1"], [], [by_earlier])
    placed = part_of_head({**head, **left, "clean:1:place": b"0.1.c0"})
    assert placed.cleanups == [("0.1", 3, priority, b"L\n[]", "0.1.c0", b"L\nx")]


def test_fields_that_name_something():
    assert prefixed({"task:a:b": b"", "task:c": b"", "total": b"1"}, HeadPrefix.TASK) == ["a:b", "c"]


@pytest.mark.parametrize("group", GROUPS)
def test_a_name_in_lua_is_replaced_by_its_literal(group):
    """Given each name, when it stands in a script, then the value the records write stands in its place."""
    for name, value in GROUPS[group].items():
        literal = f"'{value}'" if isinstance(value, str) else str(int(value))
        assert with_literals("x", f"f({group}.{name})") == f"f({literal})"


def test_a_head_reads_its_fields():
    raw = {
        b"status": b"FAILED",
        b"kind": b"swarm",
        b"name": b"resize",
        b"category": b"images",
        b"tags": b'["eu", "slow"]',
        b"task:b": b"",
        b"task:a": b"",
        b"signature": b"s:1",
        b"rerun_of": b"r0",
        b"outer": b"r1:0.1:1",
        b"ref": b"0",
        b"created": b"1000",
        b"started": b"2000",
        b"total": b"5",
        b"done": b"3",
        b"failed": b"1",
        b"skipped": b"1",
        b"closed": b"3000",
    }
    head = Head.of(raw)
    assert (head.status, head.kind, head.name, head.category) == (RunStatus.FAILED, NodeKind.SWARM, "resize", "images")
    assert (head.tags, head.tasks) == (("eu", "slow"), ("a", "b"))
    assert (head.signature, head.rerun_of, head.outer, head.ref) == ("s:1", "r0", "r1:0.1:1", "0")
    assert (head.created, head.started, head.finished, head.eta) == (from_ms(1000), from_ms(2000), None, None)
    assert (head.total, head.done, head.failed, head.skipped) == (5, 3, 1, 1)
    assert head.is_run and head.is_signature and head.is_told
    assert not (head.is_gone or head.is_saved or head.is_marked or head.is_claimed or head.is_immutable)


@pytest.mark.parametrize(
    ("fields", "gone", "signature"),
    [
        ({}, True, False),
        ({"status": b"CANCELLED"}, True, False),
        ({"status": b"RUNNING"}, False, True),
        ({"saved": b"1"}, False, True),
        ({"saved": b"1", "delete_at": b"9"}, False, True),
        ({"saved": b"1", "claim": b"9"}, False, False),
    ],
)
def test_a_head_without_a_record_is_gone(fields, gone, signature):
    head = Head(fields)
    assert (head.is_gone, head.is_signature) == (gone, signature)


def test_a_head_of_a_later_release_is_not_readable():
    assert Head({"status": b"RUNNING"}).is_readable
    assert Head({"format": b"%d" % FORMAT}).is_readable
    assert not Head({"format": b"%d" % (FORMAT + 1)}).is_readable
