"""Launching: which options of an application go to the tasks."""

from __future__ import annotations

from datetime import datetime, timezone

from orchestrator_celery.lifecycle.start import leaf_options


def test_routing_and_limits_go_to_every_task():
    """Given routing, priority and limits, then they go to each leaf, as a group gives them to its members."""
    given = {"queue": "q", "priority": 3, "time_limit": 9, "serializer": "yaml", "headers": {"a": 1}}
    assert leaf_options(given) == given


def test_what_belongs_to_the_whole_does_not():
    """Given ids, callbacks, chords and delays, then no leaf gets them: they are the run's own."""
    given = {
        "task_id": "r", "link": [1], "link_error": [1], "chain": [1], "chord": {}, "group_id": "g", "group_index": 0,
        "root_id": "x", "parent_id": "y", "reply_to": "z", "countdown": 5, "eta": "later", "producer": object(),
        "ignore_result": True,
    }  # fmt: skip
    assert leaf_options(given) == {}


def test_stamps_stay_with_the_signature():
    """Given stamps, then they are not given twice: stamping has put them on the leaves."""
    assert leaf_options({"stamped_headers": ["region"], "region": "eu", "queue": "q"}) == {"queue": "q"}


def test_a_relative_expiry_counts_from_now():
    """Given `expires` in seconds, then every leaf gets the same moment."""
    before = datetime.now(timezone.utc)
    expires = leaf_options({"expires": 60})["expires"]
    assert 59 < (expires - before).total_seconds() < 61
    moment = datetime(2030, 1, 1, tzinfo=timezone.utc)
    assert leaf_options({"expires": moment}) == {"expires": moment}
