"""Checks the real set-up of a project: the store and its durability, the broker, the workers, the clocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError, ResponseError

from orchestrator_celery.dispatch.broker_errors import TRANSIENT_ERRORS
from orchestrator_celery.engine.queues import project_queues
from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.checks import Check, CheckLevel
from orchestrator_celery.store.permissions import NEEDED, denied, lacks

if TYPE_CHECKING:
    from orchestrator_celery.container import Container

__all__ = ("Doctor",)

#: Most seconds by which this process's clock may differ from the store's.
_SKEW = 2.0
#: Share of `maxmemory` above which the store counts as nearly full.
_FULL = 0.8
#: Most names in one line.
_LISTED = 5


class Doctor:
    """Checks a set-up. Nothing is changed.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    def checks(self) -> Iterator[Check]:
        """Yield the outcome of each check. Checks that need the store are left out if it cannot be reached."""
        yield from self._guarded("settings", self._settings)
        reachable = True
        for check in self._guarded("store", self._store):
            reachable = reachable and check.level is not CheckLevel.ERROR
            yield check
        if reachable:
            for name, step in (
                ("permissions", self._permissions), ("durability", self._durability), ("memory", self._memory),
                ("clock", self._clock),
            ):  # fmt: skip
                yield from self._guarded(name, step)
        is_up = True
        for check in self._guarded("broker", self._broker):
            is_up = check.level is not CheckLevel.ERROR
            yield check
        if reachable:
            yield from self._guarded("workers", self._workers)
            yield from self._guarded("queues", self._queues)
            yield from self._guarded("other apps", self._other_apps)
        if is_up and reachable:
            yield from self._guarded("extension", self._extension)

    def _guarded(self, name: str, step: Callable[[], Iterator[Check]]) -> Iterator[Check]:
        try:
            yield from step()
        except (OrchestratorError, RedisError) as exc:
            yield _error(name, exc)
        except TRANSIENT_ERRORS as exc:
            yield _error(name, exc)

    def _settings(self) -> Iterator[Check]:
        settings = self._container.settings
        yield _ok("settings", f"valid; finished runs are kept for {settings.retention / 86_400:g} days")

    def _store(self) -> Iterator[Check]:
        client, begun = self._container.store.client, time.monotonic()
        client.ping()
        took = (time.monotonic() - begun) * 1000
        server = self._info("server")
        yield _ok("store", f"Redis {server.get('redis_version', 'of an unknown version')} answers in {took:.1f} ms")
        if self._info("replication").get("role") == "slave":
            yield Check(
                name="store", level=CheckLevel.ERROR, found="it is a replica, which refuses writes.",
                advice="Point `result_backend` or `orchestrator_store_url` at the primary.",
            )  # fmt: skip

    def _permissions(self) -> Iterator[Check]:
        """Whether the store's user may run what scripts and clients run."""
        store = self._container.store
        missing = denied(store.client, store.keys.root("doctor"), store.keys.runs)
        if missing:
            yield Check(
                name="permissions", level=CheckLevel.ERROR, found=f"the Redis user {lacks(missing)}.",
                advice="Nothing is started until then: a script that is stopped half-way cannot be taken back.",
            )  # fmt: skip
        else:
            yield _ok("permissions", f"the Redis user may run all {len(NEEDED)} commands that the store needs")

    def _durability(self) -> Iterator[Check]:
        facts, schedule = self._info("persistence"), self._config("save")
        if facts.get("aof_enabled"):
            how = self._config("appendfsync") or "unknown"
            lost = {"always": "nothing", "everysec": "up to a second"}.get(how, "some seconds")
            yield _ok("durability", f"append-only file, appendfsync {how}: a crash of Redis loses {lost}")
        elif schedule is None:
            yield _warning(
                "durability", "no append-only file, and the snapshots cannot be read (CONFIG is not allowed).",
                "A crash of Redis loses what was accepted since the last snapshot: set `appendonly yes`.",
            )  # fmt: skip
        elif schedule:
            yield _warning(
                "durability", f"snapshots only (save {schedule}).",
                "A crash of Redis loses what was accepted since the last snapshot: set `appendonly yes`.",
            )  # fmt: skip
        else:
            yield _warning(
                "durability", "neither an append-only file nor snapshots.",
                "A restart of Redis loses all runs: set `appendonly yes`.",
            )  # fmt: skip

    def _memory(self) -> Iterator[Check]:
        facts = self._info("memory")
        policy = facts.get("maxmemory_policy") or self._config("maxmemory-policy") or "unknown"
        if policy not in ("noeviction", "unknown"):
            yield _warning(
                "memory", f"maxmemory-policy is {policy}.",
                "A full Redis deletes records of live runs: set `maxmemory-policy noeviction`.",
            )  # fmt: skip
        used, most = int(facts.get("used_memory") or 0), int(facts.get("maxmemory") or 0)
        if most and used > _FULL * most:
            yield _warning(
                "memory", f"{used / most:.0%} of maxmemory is used.",
                "A full Redis refuses new runs: raise `maxmemory`, or lower `orchestrator_retention`.",
            )  # fmt: skip
        elif policy in ("noeviction", "unknown"):
            limit = f" of {most / 2**20:,.0f} MiB" if most else ", no limit"
            yield _ok("memory", f"{used / 2**20:,.0f} MiB used{limit}; maxmemory-policy {policy}")

    def _clock(self) -> Iterator[Check]:
        before = time.time()
        store = self._container.store.now()
        skew = store - (before + time.time()) / 2
        if abs(skew) > _SKEW:
            yield _warning(
                "clock", f"this machine's clock is {abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} Redis.",
                "The store's clock decides, but `eta` and `expires` of Celery do not: synchronise the clocks.",
            )  # fmt: skip
        else:
            yield _ok("clock", f"within {_SKEW:g} s of the store's")

    def _broker(self) -> Iterator[Check]:
        app = self._container.app
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
            yield _ok("broker", f"{connection.as_uri()} answers")

    def _workers(self) -> Iterator[Check]:
        now = self._container.store.now() * 1000
        names = sorted({member.rsplit("/", 3)[0] for member in self._container.registry.alive(now)})
        if names:
            yield _ok("workers", f"{len(names)} with the extension: {_listed(names)}")
        else:
            yield _warning(
                "workers", "no worker with the extension runs.",
                "Runs wait: start `celery -A <project> worker`, with `Orchestrator(app)` in the project.",
            )  # fmt: skip

    def _queues(self) -> Iterator[Check]:
        """Whether each queue to which a registered task is routed has a consumer."""
        now = self._container.store.now() * 1000
        consumed = {queue for skills in self._container.registry.skills(now).values() for queue in skills.queues}
        routed = project_queues(self._container.app)
        alone = sorted(set(routed) - consumed)
        if consumed and alone:
            found = _listed([f"{queue} ({routed[queue]})" for queue in alone])
            yield _warning("queues", f"no worker consumes {found}.", "Tasks there wait: start a worker with `-Q`.")
        elif consumed:
            yield _ok("queues", f"all {len(routed)} queues of the project's tasks are consumed")

    def _other_apps(self) -> Iterator[Check]:
        members = self._container.registry.of_other_apps(self._container.store.now() * 1000)
        others = sorted({member.rsplit("/", 3)[0] for member in members})
        if others:
            yield _ok("other apps", f"their workers use this store too: {_listed(others)}; runs are kept apart")

    def _extension(self) -> Iterator[Check]:
        if not self._container.app.conf.worker_enable_remote_control:
            yield _ok("extension", "remote control is off, so workers without the extension cannot be found")
            return
        lacking = self._container.worker_survey.lacking()
        names = sorted({worker for workers in lacking.values() for worker in workers})
        if names:
            yield _warning(
                "extension", f"these workers lack orchestrator_celery: {_listed(names)}.",
                "They run tasks of runs without reporting them: add `Orchestrator(app)` to their project.",
            )  # fmt: skip
        else:
            yield _ok("extension", "no worker of the project's queues lacks it")

    def _info(self, section: str) -> dict[str, Any]:
        """Return a section of INFO; of the first node of a cluster."""
        found: dict[str, Any] = self._container.store.client.info(section)
        first = next(iter(found.values()), None)
        return first if isinstance(first, dict) else found

    def _config(self, name: str) -> str | None:
        """Return a setting of Redis; None if it may not be read."""
        try:
            found = self._container.store.client.config_get(name)
        except ResponseError:
            return None
        value = found.get(name)
        return value.decode() if isinstance(value, bytes) else value


def _ok(name: str, found: str) -> Check:
    return Check(name=name, level=CheckLevel.OK, found=found)


def _error(name: str, exc: BaseException) -> Check:
    return Check(name=name, level=CheckLevel.ERROR, found=f"{exc or type(exc).__name__}")


def _warning(name: str, found: str, advice: str) -> Check:
    return Check(name=name, level=CheckLevel.WARNING, found=found, advice=advice)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
