"""add_to_chord: a task at work adds items to the header of the chord it is in."""

from __future__ import annotations

import pytest

from orchestrator_celery.model.ids import Fence
from orchestrator_celery.records.packed import pack
from orchestrator_celery.store import Refused

from .play import FIRST, Play, names
from .test_add_items import refused
from .trees import chain, chord, group, leaf, swarm, unit


def add(play: Play, node: str, number: int = 1, item=None, attempt: int = 1, fence: Fence = FIRST):
    item = leaf() if item is None else item
    return play.store.add_to_chord(play.leaf(node, attempt), fence, number, pack(item), item.leaves)


@pytest.fixture
def header(play: Play) -> Play:
    """A chord whose first header task is at work."""
    play.start(unit(chord([leaf(), leaf()], leaf())))
    play.claim("0.0.0.0")
    return play


def test_the_header_waits_for_what_was_added(header):
    """Given a header task that adds one, then the body starts after all three, with all their results."""
    effects = add(header, "0.0.0.0")
    assert (names(effects), effects.detail) == (["0.0.0.2"], b"0.0.0.2")
    assert header.counts() == (4, 0, 0)
    header.finish("0.0.0.0")
    assert header.succeed("0.0.0.1") == []
    assert header.succeed("0.0.0.2") == ["0.0.1"]
    assert header.ended("0.0.0").ref == "*3"


def test_a_composite_is_added_as_one(header):
    """Given a chain that is added, then it is one more result, and counts as its tasks."""
    assert names(add(header, "0.0.0.0", item=chain(leaf(), leaf()))) == ["0.0.0.2.0"]
    assert header.counts() == (5, 0, 0)


def test_a_failed_addition_fails_the_chord(header):
    """Given an addition that fails, then the chord does, with its error."""
    add(header, "0.0.0.0")
    header.finish("0.0.0.0")
    header.succeed("0.0.0.1")
    assert header.break_("0.0.0.2") == ["close"]
    assert header.reader.head("r")["ref"] == b"chord:0.0.0.2"


@pytest.mark.parametrize("again", ["the reply was lost", "the process was lost"])
def test_the_same_addition_again_adds_nothing(header, again):
    """Given an addition, when it is made once more by the same or a later attempt, then it is found; another is made."""
    first = add(header, "0.0.0.0").detail
    attempt = 1
    if again == "the process was lost":
        header.lost("0.0.0.0")
        attempt = 2
        header.claim("0.0.0.0", attempt)
    effects = add(header, "0.0.0.0", attempt=attempt)
    assert (effects.refused, effects.todo, effects.detail) == (None, (), first)
    assert header.counts() == (4, 0, 0)
    assert add(header, "0.0.0.0", number=2, attempt=attempt).detail == b"0.0.0.3"


def test_a_retried_body_adds_anew(header):
    """Given a body that retried itself, then what it adds is another addition, as natively."""
    later = Fence(retries=1)
    add(header, "0.0.0.0")
    header.requeue("0.0.0.0", later)
    header.claim("0.0.0.0", fence=later)
    assert add(header, "0.0.0.0", fence=later).detail == b"0.0.0.3"


def test_what_was_added_is_part_of_the_run_from_then_on(header):
    """Given a failed addition, when the run is retried, then it goes on with it, and the body follows."""
    add(header, "0.0.0.0")
    header.finish("0.0.0.0")
    header.succeed("0.0.0.1")
    header.break_("0.0.0.2")
    assert names(header.retry()) == ["0.0.0.2:2"]
    assert header.succeed("0.0.0.2", 2) == ["0.0.1"]


@pytest.mark.parametrize(
    ("tree", "node", "header"),
    [
        (unit(chord([leaf()], leaf())), "0.0.0.0", "0.0.0"),
        (unit(chord([chain(leaf(), leaf())], leaf())), "0.0.0.0.1", "0.0.0"),
        (unit(chord([chain(leaf(), leaf())], leaf())), "0.0.0.0.0", None),
        (unit(chord([chain(leaf(), group(leaf(), leaf()))], leaf())), "0.0.0.0.1.1", "0.0.0"),
        (unit(chord([chord([leaf()], leaf())], leaf())), "0.0.0.0.0.0", "0.0.0.0.0"),
        (unit(chord([chord([leaf()], leaf())], leaf())), "0.0.0.0.1", "0.0.0"),
        (unit(chord([leaf()], leaf())), "0.0.1", None),
        (unit(chord([unit(leaf())], leaf())), "0.0.0.0.0", None),
        (unit(chord([swarm(leaf())], leaf())), "0.0.0.0.0", None),
        (unit(group(leaf())), "0.0.0", None),
        (unit(leaf()), "0.0", None),
    ],
)
def test_which_tasks_are_in_a_chord(play, tree, node, header):
    """Given a task anywhere, then the chord it may add to is the one whose header it completes a member of."""
    play.start(tree)
    while node not in play.live():
        play.succeed(next(iter(play.live())))
    play.claim(node)
    if header is None:
        refused(play, Refused.CLOSED, lambda: add(play, node))
    else:
        size = play.reader.pool_size("r", header)
        assert add(play, node).detail == f"{header}.{size}".encode()


def test_a_body_that_is_over_adds_nothing(header):
    """Given a body that has ended, or was superseded, then what it adds is refused."""
    header.finish("0.0.0.0")
    refused(header, Refused.STALE, lambda: add(header, "0.0.0.0"))
    header.claim("0.0.0.1")
    header.lost("0.0.0.1")
    refused(header, Refused.STALE, lambda: add(header, "0.0.0.1"))
    header.store.cancel("r", "{}")
    refused(header, Refused.GONE, lambda: add(header, "0.0.0.1", attempt=2))
