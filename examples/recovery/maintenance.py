"""Stop and restart workers and Redis while one run is suspended and another runs: `python maintenance.py`."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from stage import expect, say, stage, tell
from tasks import fetch, orchestrator

from orchestrator_celery import RunStatus, Swarm

PAGES = 30

with stage(aof="everysec") as on:
    worker = on.worker()
    held = Swarm([fetch.s(n) for n in range(PAGES)], name="held").apply_async()
    on.wait_for(lambda: held.progress().done >= 5, "five pages")
    held.suspend()
    on.wait_for(lambda: held.progress().running == 0, "the end of the running tasks")
    done = held.progress().done
    say(f"run 'held' is {held.status} with {done} of {PAGES} pages done")

    live = Swarm([fetch.s(n) for n in range(100, 100 + PAGES)], name="live").apply_async()
    on.wait_for(lambda: live.progress().done >= 5, "five pages")
    worker.stop()
    say(f"the worker is stopped, run 'live' has {live.progress().done} of {PAGES} pages")
    Redis(port=on.redis.port, retry=Retry(NoBackoff(), 0)).shutdown()
    say("Redis is shut down: no process runs, only the append-only file of Redis remains")

    on.redis.restart()
    say("Redis is up again, with the same file")
    expect(held.status is RunStatus.SUSPENDED, "'held' is still SUSPENDED")
    on.worker()
    expect(on.result(live) == list(range(100, 100 + PAGES)), "'live' continued by itself and has all results")
    expect(held.progress().done == done and held.status is RunStatus.SUSPENDED, "'held' has not continued")

    held.resume()
    say("'held' is resumed")
    expect(on.result(held) == list(range(PAGES)), "'held' has all results")
    tell(orchestrator.resume_reports())
    bodies = on.bodies()
    expect(len(bodies) == 2 * PAGES == bodies.total(), f"{bodies.total()} tasks ran, each once")
