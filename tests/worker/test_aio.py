"""The async twins on a real worker, and in a web application under load: the event loop is never held up."""

import asyncio
import gc
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from celery import chain
from celery.exceptions import TimeoutError as CeleryTimeoutError
from fastapi import FastAPI

from orchestrator_celery import (
    BulkRejected,
    NodeSucceeded,
    RunCancelled,
    RunClosed,
    RunNotFound,
    RunStatus,
    SignatureGone,
    acting,
)
from orchestrator_celery.canvas.async_twin import in_thread
from orchestrator_celery.handles import async_twins
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.worker.support import Stand


@pytest.fixture(scope="module")
def _site(ledger_server):
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand,
        stand.worker(),
    ):
        yield stand


@pytest.fixture
def site(_site, ledger):
    return _site


def test_the_life_of_a_swarm(site):
    """Given a swarm that is started, added to, steered, watched and read, all awaited, then it is as without `await`."""
    t = site.tasks

    async def main():
        swarm = site.swarm([t("identity", 0)], open=True, tags=["a"])
        run = await swarm.aio.apply_async()
        await run.aio.suspend()
        assert await run.aio.status() is RunStatus.SUSPENDED
        assert await swarm.aio.add_task(t("identity", 1)) == 1
        report = await swarm.aio.add_tasks_bulk([t("identity", i) for i in range(2, 150)])
        assert report.added == 148
        with pytest.raises(BulkRejected):
            await run.swarm.aio.add_tasks_bulk(["nonsense"])
        [answer] = await (await site.orchestrator.aio.runs(tag="a")).aio.resume()
        assert answer.done
        seen = []

        async def watch():
            async for event in run.aio.watch():
                seen.append(event)

        watching = asyncio.create_task(watch())
        await run.swarm.aio.close()
        results = await asyncio.gather(*(run.aio.get(timeout=240) for _ in range(5)))
        assert results == [list(range(150))] * 5
        await asyncio.wait_for(watching, 30)
        assert isinstance(seen[-1], RunClosed)
        assert len([event for event in seen if isinstance(event, NodeSucceeded)]) == 150
        assert [item.index async for item in run.aio.items()] == list(range(150))
        assert [value async for value in run.aio.results()] == list(range(150))
        assert (await run.aio.progress()).done == 150
        assert (await run.aio.view()).id == run.id

    asyncio.run(main())


def test_errors_are_those_of_the_method(site):
    t = site.tasks

    async def main():
        run = await site.complex(t("fail")).aio.apply_async()
        with pytest.raises(ValueError):
            await run.aio.get(timeout=120)
        assert isinstance(await run.aio.get(timeout=120, propagate=False), ValueError)
        with pytest.raises(RunNotFound):
            await site.orchestrator.aio.run("nobody")
        with pytest.raises(RunNotFound):
            async for _ in site.orchestrator.result("nobody").aio.watch():
                pass
        slow = await site.complex(t("nap", 1, seconds=30)).aio.apply_async()
        with pytest.raises(CeleryTimeoutError):
            await slow.aio.get(timeout=0.3)
        waiting = asyncio.create_task(slow.aio.get())
        with acting("ada"):
            await slow.aio.cancel(confirm=True)
        with pytest.raises(RunCancelled):
            await asyncio.wait_for(waiting, 30)
        [entry] = await site.orchestrator.aio.audit(run=slow.id)
        assert entry.actor == "ada", "the context goes along"

    asyncio.run(main())


def test_stored_signatures(site):
    async def main():
        kept = await site.orchestrator.aio.save(chain(site.tasks("add", 1), site.tasks("identity")), name="plus")
        run = await kept.aio.run(2)
        assert await run.aio.get(timeout=120) == 3
        assert await (await kept.aio.rerun()).aio.get(timeout=120) == 3
        assert await run.aio.signature() == kept
        assert await kept.aio.name() == "plus"
        assert [s.id for s in await site.orchestrator.aio.signatures(saved=True, name="plus")] == [kept.id]
        await kept.aio.delete(after=60)
        await kept.aio.restore()
        await kept.aio.delete()
        with pytest.raises(SignatureGone):
            for _ in range(600):
                await kept.aio.status()
                await asyncio.sleep(0.05)

    asyncio.run(main())


def test_who_waits_for_what_is_purged_is_told(site, monkeypatch):
    """Given a waiter that asks seldom, when the run ends and is purged in between, then it does not wait for ever."""
    monkeypatch.setattr("orchestrator_celery.handles.async_twins._FIRST", 1.0)
    monkeypatch.setattr("orchestrator_celery.handles.async_twins._LONGEST", 3.0)

    async def main():
        run = await site.swarm([], open=True).aio.apply_async()
        waiting = asyncio.create_task(run.aio.get(timeout=240))
        waiter = async_twins._waiter(site.orchestrator)
        await in_thread(lambda: wait_for(lambda: run.id in waiter._seen, what="the first question"))
        await run.swarm.aio.close()
        kept = await run.aio.signature()
        await in_thread(
            lambda: wait_for(lambda: not site.orchestrator.container.store.due_index.alive(run.id), what="its end")
        )
        await kept.aio.purge(confirm=True)
        with pytest.raises(RunNotFound, match="purged"):
            await waiting

    asyncio.run(main())


def test_who_stops_waiting_breaks_nothing(site):
    """Given calls whose tasks are cancelled at any moment, then what was begun is done as a whole, and others go on."""
    t = site.tasks

    async def main():
        swarm = site.swarm([], open=True)
        run = await swarm.aio.apply_async()
        other = asyncio.create_task(run.aio.get(timeout=240))
        for pause in (0, 0.001, 0.01, 0.05):
            adding = asyncio.create_task(swarm.aio.add_tasks_bulk([t("identity", 1)] * 500))
            waiting = asyncio.create_task(run.aio.get())
            await asyncio.sleep(pause)
            adding.cancel()
            waiting.cancel()
            ended = await asyncio.gather(adding, waiting, return_exceptions=True)
            assert isinstance(ended[1], asyncio.CancelledError)
            assert isinstance(ended[0], asyncio.CancelledError) or ended[0].added == 500, "it was quicker"
        await run.swarm.aio.add_task(t("identity", 1))
        for _ in range(200):  # what was begun goes on in its thread
            before = (await run.aio.progress()).total
            await asyncio.sleep(0.1)
            if before == (await run.aio.progress()).total:
                break
        assert before % 500 == 1, "each bulk as a whole, or not at all"
        await run.swarm.aio.close()
        assert await other == [1] * before

    asyncio.run(main())


def test_many_waiters_hold_few_threads(site):
    """Given three hundred that wait for runs, then the pool is free for others meanwhile."""

    async def main():
        run = await site.swarm([], open=True).aio.apply_async()
        waiters = [asyncio.create_task(run.aio.get(timeout=240)) for _ in range(300)]
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        await asyncio.gather(*(run.aio.status() for _ in range(50)))
        assert time.monotonic() - begun < 5
        names = [thread.name for thread in threading.enumerate()]
        assert len([name for name in names if name.startswith("orchestrator-aio")]) <= 16
        await run.swarm.aio.close()
        assert await asyncio.gather(*waiters) == [[]] * 300

    asyncio.run(main())


@contextmanager
def watched_loop(monkeypatch):
    """What each step of the loop cost its thread, and every talk with Redis that the loop's own thread had."""
    from redis.connection import AbstractConnection

    steps, talks, loop_thread = [], [], threading.get_ident()
    step, send = asyncio.Handle._run, AbstractConnection.send_packed_command

    def timed(self):
        begun = time.thread_time()
        step(self)
        steps.append((time.thread_time() - begun, repr(self._callback)))

    def told(self, *args, **kwargs):
        if threading.get_ident() == loop_thread:
            talks.append(args)
        return send(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", timed)
        patch.setattr(AbstractConnection, "send_packed_command", told)
        # A full collection looks at all objects of the tests, and whichever thread allocates pays for it: up to 100 ms.
        gc.freeze()
        try:
            yield steps, talks
        finally:
            gc.unfreeze()


def web(site):
    """An application whose endpoints do what is costly."""
    app, t, orchestrator = FastAPI(), site.tasks, site.orchestrator

    @app.post("/sums/{count}")
    async def sums(count: int) -> list[int]:
        run = await site.swarm([t("add", i, 1) for i in range(count)], tags=["web"]).aio.apply_async()
        return await run.aio.get(timeout=120)

    @app.post("/bulk/{count}")
    async def bulk(count: int) -> dict[str, int]:
        swarm = site.swarm([], open=True, tags=["bulk"])
        run = await swarm.aio.apply_async()
        await run.aio.suspend()
        report = await swarm.aio.add_tasks_bulk(t("identity", i) for i in range(count))
        await run.aio.cancel(confirm=True)
        return {"added": report.added}

    @app.get("/runs")
    async def runs() -> list[str]:
        return [view.id for view in await orchestrator.aio.runs(tag="web")]

    @app.get("/watch/{id}")
    async def watch(id: str) -> int:
        return len([event async for event in (await orchestrator.aio.run(id)).aio.watch()])

    return app


def test_a_web_application_under_load_never_holds_its_loop(site, monkeypatch):
    """Given sixty requests at once, then no step of the loop takes 10 ms, and none talks with a server."""

    async def main():
        transport = httpx.ASGITransport(app=web(site))
        async with httpx.AsyncClient(transport=transport, base_url="http://site", timeout=120) as client:
            await client.get("/runs")  # what is loaded and connected once
            await client.post("/sums/1")
            with watched_loop(monkeypatch) as (steps, talks):
                answers = await asyncio.gather(
                    *(client.post(f"/sums/{n % 7 + 1}") for n in range(30)),
                    *(client.post("/bulk/2000") for _ in range(3)),
                    *(client.get("/runs") for _ in range(27)),
                )
                ids = (await client.get("/runs")).json()
                counts = await asyncio.gather(*(client.get(f"/watch/{id}") for id in ids[:10]))
        assert [answer.status_code for answer in answers] == [200] * 60
        assert [answer.json() for answer in answers[:30]] == [list(range(1, n % 7 + 2)) for n in range(30)]
        assert [answer.json() for answer in answers[30:33]] == [{"added": 2000}] * 3
        assert all(count.json() > 3 for count in counts)
        return steps, talks

    steps, talks = asyncio.run(main())
    longest = max(steps)
    print(f"{len(steps)} steps, the longest {longest[0] * 1000:.1f} ms: {longest[1][:120]}")
    assert talks == []
    assert longest[0] < 0.010, longest
