"""The event stream of pages, with a server process and a Redis of its own."""

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from orchestrator_celery import ComplexSignature, OrchestratorError
from orchestrator_celery.dashboard.server.live.hub import Hub
from orchestrator_celery.dashboard.server.live.readers import Reader
from orchestrator_celery.dashboard.server.live.snapshots import Snapshots
from orchestrator_celery.dashboard.server.live.stream import EventStream
from orchestrator_celery.records.statistics import Counted, Kind
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.dashboard.served import Server
from tests.kit.waiting import limit, wait_for


@pytest.fixture(scope="module")
def redis():
    with EmbeddedRedis(aof="always") as server:
        yield server


@pytest.fixture(scope="module")
def server(redis):
    with Server(redis) as served:
        yield served


@pytest.fixture
def start(redis, pointed):
    """Starts runs that wait for their start; no worker is needed for their changes."""
    with pointed(redis.url(0), redis.url(1)) as project:

        def started():
            return ComplexSignature(project.identity.s(1), app=project.app).apply_async(countdown=3600)

        yield started


def log(run):
    """Keep a line of a run's log, as a worker does."""
    run.app.orchestrator.container.store.logs.append(run.id, [b'{"message": "hello"}'])


def newest(redis, run):
    return int(redis.client(1).xrevrange(f"orc:{{{run.id}}}:e", count=1)[0][0].split(b"-")[0])


def following(redis):
    """Connections that have waited for news in the last second."""
    return [one for one in redis.client().client_list() if one["cmd"].startswith("xread") and int(one["idle"]) < 1]


def test_a_page_hears_of_what_it_looks_at_and_of_nothing_else(server, start):
    run, other = start(), start()
    with server.open("runs", f"run:{run.id}", f"logs:{run.id}", "audit", after=1) as page:
        page.heard("runs", f"run:{run.id}")
        page.messages.clear()
        run.suspend()
        page.heard("runs", f"run:{run.id}", "audit")
        log(run)
        page.heard(f"logs:{run.id}")
        page.messages.clear()
        other.suspend()
        page.heard("runs")
        assert not page.topics & {f"run:{run.id}", f"logs:{run.id}"}
        assert all("\n" not in str(data) and "identity" not in str(data) for _, data in page.messages), "names only"


def test_a_page_hears_of_a_run_that_is_deleted(server, start):
    run = start()
    with server.open(f"run:{run.id}", after=1) as page:
        page.heard(f"run:{run.id}")
        page.messages.clear()
        run.cancel(confirm=True)
        page.heard(f"run:{run.id}")


def test_a_page_hears_of_a_run_that_was_deleted_before_its_stream_was_opened(server, start):
    """Given a page that has read a run, when the run is deleted before the page opens its stream, then it is told."""
    gone = start()
    gone.cancel(confirm=True)
    with server.open(f"run:{gone.id}", f"logs:{gone.id}") as page:
        page.heard(f"run:{gone.id}")


def test_a_stream_goes_on_where_it_ended(server, start, redis):
    """Given changes while a page was away, then it is told of these topics, at any server; of older ones it is not."""
    before, after, gone = start(), start(), start()
    seen = newest(redis, before) + 1001
    wait_for(lambda: after.app.orchestrator.container.store.now() * 1000 > seen + 1001, 5, "a later time")
    after.suspend()
    gone.cancel(confirm=True)
    topics = [f"run:{run.id}" for run in (before, after, gone)]
    place = str(seen + 1000)
    for options in ({"headers": {"Last-Event-ID": place}}, {"after": place}):
        with server.open(*topics, **options) as page:
            page.heard(*topics[1:])
            assert topics[0] not in page.topics
            assert page.ids[0] == newest(redis, after)


def test_many_pages_cost_one_connection(server, start, redis):
    run = start()
    with server.open("runs", after=1) as first:
        first.heard("runs")
        pages = [server.open(f"run:{run.id}", "runs", after=1) for _ in range(20)]
        for page in pages:
            page.heard("runs", f"run:{run.id}")
            page.messages.clear()
        run.suspend()
        for page in pages:
            page.heard("runs", f"run:{run.id}")
            assert len(following(redis)) <= 2, "of 21 pages"
            page.close()
    wait_for(lambda: not following(redis), 10, "the end of the follower, once nobody looks")


def test_many_pages_that_read_the_same_cost_one_reading(server, start, redis):
    """Given an open page, when many read at once, then the store is asked about once; what changed is seen at once."""
    run = start()
    path = f"{server.url}/api/runs/{run.id}"

    def read(_=None):
        return httpx.get(path, timeout=60).json()["run"]["status"]

    def cost(times):
        before = redis.client().info("commandstats")
        with ThreadPoolExecutor(10) as pool:
            assert set(pool.map(read, range(times))) == {"PENDING"}
        after = redis.client().info("commandstats")
        names = ("cmdstat_hmget", "cmdstat_hgetall", "cmdstat_hget")  # what the reading of a run takes
        return sum(after.get(name, {}).get("calls", 0) - before.get(name, {}).get("calls", 0) for name in names)

    alone = cost(1)
    assert cost(30) >= 30 * alone, "without a page, each call of the API reads"
    with server.open("runs", f"run:{run.id}", after=1) as page:
        page.heard("runs", f"run:{run.id}")
        assert cost(30) < 30 * alone / 2
        for verb, status in (("suspend", "SUSPENDED"), ("resume", "PENDING")):
            getattr(run, verb)()
            wait_for(lambda wanted=status: read() == wanted, 2, f"{status}, a second later at most")
        session = httpx.get(f"{server.url}/api/session")
        headers = {"X-CSRF-Token": session.json()["csrf"], "Cookie": session.headers["set-cookie"].partition(";")[0]}
        assert read() == "PENDING"
        assert httpx.post(f"{path}/suspend", headers=headers).status_code == 200
        assert read() == "SUSPENDED", "a verb at this server is seen at once"


@pytest.mark.parametrize("topics", ["", ",", "run:", "runs,nodes", ",".join(f"run:{n}" for n in range(101))])
def test_unknown_topics_are_refused(server, topics):
    answer = httpx.get(f"{server.url}/api/stream", params={"topics": topics})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_id_may_hold_commas(server, start, project):
    run = ComplexSignature(project.identity.s(1), app=project.app).apply_async(task_id="a,b%2C", countdown=3600)
    with server.open("run:a%2Cb%252C", after=1) as page:
        page.heard(f"run:{run.id}")


def test_statistics_are_compared(start):
    """Given counts that change, then pages that show them are told, without a stream in the store."""
    orchestrator = start().app.orchestrator
    snapshots = Snapshots(orchestrator, every=0)
    assert snapshots.changed({"stats", "runs"}) == set(), "the first reading"
    assert snapshots.changed({"stats", "workers"}) == set()
    orchestrator.container.statistics_buffer.add(Kind("kit.task"), Counted.STARTED, number=1)
    orchestrator.container.statistics_buffer.flush()
    assert snapshots.changed({"stats", "workers"}) == {"stats"}


def test_a_restart_of_redis_is_survived(server, start, redis):
    run = start()
    with server.open("runs", f"run:{run.id}", after=1) as page:
        page.heard("runs")
        redis.kill()
        wait_for(lambda: "does not answer" in str(page.told("gap")), 15, "word that Redis is away")
        redis.restart()
        wait_for(lambda: "was away" in str(page.told("gap")), 15, "word that Redis is back")
        page.messages.clear()
        run.suspend()
        page.heard("runs", f"run:{run.id}")


def test_a_server_stops_at_once_and_ends_its_streams(redis, start):
    with Server(redis) as served, served.open("runs") as page:
        start()
        page.heard("runs")
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(timeout=limit(10))
        wait_for(lambda: page.is_over, 5, "the end of the stream")
        assert page.error is None, "the answer was complete"
        assert "Traceback" not in served.log


def test_a_page_that_opens_hears_of_the_last_seconds():
    """Given a change between the reading of a page and its stream, then the page is told; of older ones it is not."""

    async def story():
        first, second, third = Reader(["runs", "run:1"], None), Reader(["logs:2"], None), Reader(["run:2"], None)
        first.begin({"runs": 5000, "run:1": 1000}, recent=4000)
        second.begin({}, recent=4000)
        third.begin({}, recent=4000)
        return await first.next(limit(10)), await second.next(0.01), await third.next(limit(10))

    told, nothing, deleted = asyncio.run(story())
    assert told == b'id: 5000\nevent: changed\ndata: {"topics": ["runs"]}\n\n'
    assert nothing.startswith(b'event: alive\ndata: {"at": ')
    assert deleted == b'event: changed\ndata: {"topics": ["run:2"]}\n\n'


def test_a_page_that_does_not_read_is_dropped(start):
    """Given a connection that takes nothing, then the stream ends, and its reader is forgotten."""
    hub = Hub(start().app.orchestrator)

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    asyncio.run(_serve(hub, send=send, patience=0.05))
    assert not hub._readers


def test_a_stream_ends_when_the_visitor_may_not_come_in_any_more(start):
    sent = []

    async def send(message):
        sent.append(message)

    async def is_known():
        return len(sent) < 4

    asyncio.run(_serve(Hub(start().app.orchestrator), send=send, is_known=is_known, heartbeat=0.02))
    assert not sent[-1].get("more_body"), "a complete answer"
    assert any(message.get("body", b"").startswith(b"event: alive\n") for message in sent[2:])


async def _serve(hub, *, send, is_known=None, **options):
    async def known():
        return True

    stream = EventStream(hub, Reader(["runs"], None), is_known or known, **options)
    await stream({}, asyncio.Event().wait, send)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_hub_that_fails_ends_its_streams(start):
    """Given an error that nobody foresaw, then pages open new streams, and a new thread serves them."""

    class Broken:
        calls = 0

        def follower(self):
            self.calls += 1
            raise (MemoryError if self.calls == 1 else OrchestratorError)

    async def story():
        hub, broken = Hub(Broken()), []
        first = Reader(["runs"], None)
        hub.join(first)
        assert await first.next(limit(10)) is None
        for thread in threading.enumerate():  # its error is told when it has ended, and belongs to this test
            if thread.name == "orchestrator-dashboard":
                await asyncio.get_running_loop().run_in_executor(None, thread.join)
        second = Reader(["runs"], None)
        hub.join(second)
        broken.append(await second.next(limit(10)))
        hub.leave(second)
        hub.leave(first)
        return broken

    assert b"does not answer" in asyncio.run(story())[0]


def test_a_page_that_opens_gets_no_answer_from_before_it_is_followed(start):
    """Given an open page, when a second one opens its stream, then answers from before that are shared no more.

    Something may have changed after the second page read it and before the hub followed it. The page is told of it, and
    has to read it anew.
    """

    async def story():
        hub, first, second = Hub(start().app.orchestrator), Reader(["runs"], None), Reader(["audit"], None)
        hub.join(first)
        try:
            await _until(lambda: hub.is_following)
            before = hub.version
            hub.join(second)
            await _until(lambda: hub.version > before)
        finally:
            hub.leave(first)
            hub.leave(second)
        await _until(lambda: hub._thread is None)

    asyncio.run(story())


async def _until(holds):
    """Wait for a condition without holding the event loop."""
    await asyncio.get_running_loop().run_in_executor(None, lambda: wait_for(holds, limit(10), "the hub"))
