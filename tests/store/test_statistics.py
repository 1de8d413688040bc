"""Statistics in Redis: added up by the hour, read by task and category, of limited age."""

from datetime import datetime, timedelta, timezone

import pytest
from redis.crc import key_slot

from orchestrator_celery import OrchestratorError
from orchestrator_celery.records.statistics import Kind, bucket_of
from orchestrator_celery.store.statistics.counters import HOUR, StatisticsStore
from orchestrator_celery.views.statistics import spread_of, statistics_at

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=timezone.utc)
THIS_HOUR = int(NOW.timestamp()) // HOUR
KEPT = 7 * 24 * 3600.0


@pytest.fixture
def statistics(store):
    return StatisticsStore(store.client, store.keys, KEPT)


@pytest.fixture
def filled(statistics):
    """Two tasks in two categories, in three hours."""
    statistics.add(THIS_HOUR, {Kind("shop.add", "eu"): {"s": 5, "o": 3, "f": 1, "D": 3000, f"d{bucket_of(1.0)}": 3}})
    statistics.add(THIS_HOUR, {Kind("shop.add", "eu"): {"s": 1, "r": 1}, Kind("shop.mul"): {"s": 2, "o": 2, "l": 1}})
    statistics.add(THIS_HOUR - 1, {Kind("shop.add"): {"s": 1, "o": 1, "D": 9000, f"d{bucket_of(9.0)}": 1}})
    statistics.add(THIS_HOUR - 30, {Kind("[odd]*", "a:b"): {"s": 100}})

    def read(task=None, category=None, since="24h"):
        return statistics_at(statistics, NOW, KEPT, task, category, since)

    return read


def test_everything_of_a_day(filled):
    found = filled()
    assert (found.started, found.succeeded, found.failed, found.retried, found.lost) == (9, 6, 1, 1, 1)
    assert found.success_rate == 6 / 7
    assert (found.duration.count, found.duration.mean) == (4, 3.0)
    assert found.duration.p50 == pytest.approx(1.0, rel=0.025)
    assert found.duration.p99 == pytest.approx(9.0, rel=0.025)
    assert found.since == datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
    assert found.throughput == pytest.approx(7 / (24.5 * 3600))
    assert [(entry.hour.hour, entry.started) for entry in found.series] == [(11, 1), (12, 8)]
    assert found.series[1].throughput == pytest.approx(6 / 1800)
    assert [(entry.name, entry.started) for entry in found.tasks] == [("shop.add", 7), ("shop.mul", 2)]
    assert [(entry.name, entry.started) for entry in found.categories] == [("", 3), ("eu", 6)]


def test_a_task_a_category_and_a_time(filled):
    assert filled(task="shop.mul").started == 2
    assert filled(task="shop.*").started == 9
    assert filled(category="eu").started == 6
    assert filled(category="").started == 3
    assert filled(task="*add", category="").started == 1
    assert filled(since="10m").started == 8
    assert filled(since=timedelta(hours=31)).started == 109
    assert filled(task="[odd]*", since="31h").started == 100
    assert filled(since=NOW - timedelta(hours=1)).started == 9
    nothing = filled(task="no such task")
    assert (nothing.started, nothing.success_rate, nothing.duration.p50, nothing.series) == (0, None, None, ())


@pytest.mark.parametrize("since", ["soon", datetime(2026, 1, 1), None])
def test_times_that_are_refused(filled, since):
    with pytest.raises(OrchestratorError):
        filled(since=since)


def test_no_more_hours_are_read_than_are_kept(filled):
    """Given a time long ago, then only hours that may be there are read."""
    found = filled(since=datetime(2001, 1, 1, tzinfo=timezone.utc))
    assert timedelta(days=7) <= NOW - found.since <= timedelta(days=7, hours=2)


def test_every_key_expires_and_lies_in_one_slot(filled, store):
    keys = [key.decode() for key in store.client.scan_iter("*stats*")]
    assert len(keys) == 3 + 4 + 1 + 4
    assert {key_slot(key.encode()) for key in keys} == {key_slot(keys[0].encode())}
    assert all(KEPT < store.client.ttl(key) <= KEPT + HOUR for key in keys)


def test_percentiles_are_exact_to_half_a_bucket():
    times = [0.00001 * 1.013**number for number in range(1500)]
    buckets = {}
    for value in times:
        buckets[bucket_of(value)] = buckets.get(bucket_of(value), 0) + 1
    spread = spread_of(buckets, sum(times))
    assert spread.p50 == pytest.approx(times[749], rel=0.025)
    assert spread.p95 == pytest.approx(times[1424], rel=0.025)
    assert spread.p99 == pytest.approx(times[1484], rel=0.025)
