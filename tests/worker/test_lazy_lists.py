"""Lists that are read page by page: items, results, approvals, signatures, the audit trail, reports of sweeps."""

import asyncio

import pytest

from orchestrator_celery import LazyList, NodeState


@pytest.fixture
def many(make_stand):
    """A stand without a worker, with 150 entries of each kind, and a swarm of 250 items."""
    stand = make_stand()
    for number in range(150):
        stand.orchestrator.note_done("tell", run=f"r{number}")
    stand.pool = stand.swarm([stand.tasks("identity", n) for n in range(250)], name="pool").apply_async(task_id="pool")
    for number in range(120):
        stand.orchestrator.save(stand.tasks("identity", number), name=f"s{number}")
    return stand


def check(found, numbers):
    """A list of these numbers behaves like a list of Python."""
    assert isinstance(found, LazyList)
    assert (len(found), bool(found)) == (len(numbers), bool(numbers))
    assert list(found) == list(found) == numbers
    assert found == numbers
    assert (found[0], found[130 % len(numbers)], found[-1]) == (numbers[0], numbers[130 % len(numbers)], numbers[-1])
    assert found[95:105] == numbers[95:105]
    assert list(reversed(found)) == numbers[::-1]
    with pytest.raises(IndexError, match="has no entry"):
        found[len(numbers)]


class Numbers(LazyList):
    """A list whose entries are shown as numbers, so that lists of different kinds are checked by the same lines."""

    def __new__(cls, found, number):
        rest = found._rest
        return LazyList([*map(number, found._first)], rest and (lambda: map(number, rest())), found._count)


def test_lists_of_the_app(many):
    """Given more entries than a page, then each list is read page by page, and is like a list."""
    found = many.orchestrator
    audit = Numbers(found.audit(verb="tell"), lambda entry: int(entry.run[1:]))
    check(audit, list(range(149, -1, -1)))
    assert len(audit._first) == 100, "one page"
    check(Numbers(found.audit(verb="tell", offset=20), lambda entry: int(entry.run[1:])), list(range(129, -1, -1)))
    check(Numbers(found.audit(verb="tell", limit=120), lambda entry: int(entry.run[1:])), list(range(149, 29, -1)))
    check(Numbers(found.signatures(saved=True), lambda one: int(one.name[1:])), list(range(119, -1, -1)))
    assert found.audit(verb="no such verb") == []
    assert found.resume_reports() == found.approvals() == []


def test_lists_of_a_swarm(many):
    """Given a swarm, then its items and results are lists; the number of its items is known without reading them."""
    items = many.pool.items()
    check(Numbers(items, lambda item: item.index), list(range(250)))
    check(Numbers(many.pool.items(offset=30, limit=200), lambda item: item.index), list(range(30, 230)))
    check(many.pool.results(), [None] * 250)
    queued = [item.index for item in many.pool.items(state=NodeState.QUEUED)]
    waiting = many.pool.items(state=NodeState.WAITING)
    assert queued + [item.index for item in waiting] == list(range(250))
    assert len(many.pool.items(state=NodeState.FAILED)) == 0
    with pytest.raises(TypeError, match="its length is not known"):
        len(waiting)


def test_elsewhere(many):
    """Given an event loop, then the lists are read in threads."""

    async def read():
        entries = await many.orchestrator.aio.audit(verb="tell")
        return (
            [entry.run async for entry in entries.aio],
            [item.index async for item in many.pool.aio.items()],
            [one.name async for one in (await many.orchestrator.aio.signatures(saved=True)).aio],
        )

    runs, indexes, names = asyncio.run(read())
    assert (runs[-1], len(runs), indexes, names[-1], len(names)) == ("r0", 150, list(range(250)), "s0", 120)


def test_pages_cost_what_they_show(many):
    """Given a long list, then its first page takes the same number of calls as a short list."""
    client = many.orchestrator.container.store.client

    def calls(read):
        before = client.info("stats")["total_commands_processed"]
        read()
        return client.info("stats")["total_commands_processed"] - before

    read_all = calls(lambda: list(many.orchestrator.audit(verb="tell")))
    assert calls(lambda: many.orchestrator.audit(verb="tell", limit=1)) <= read_all
    assert calls(lambda: many.pool.items()[:5]) < calls(lambda: list(many.pool.items()))
    assert calls(lambda: len(many.pool.items())) < calls(lambda: list(many.pool.items()))
