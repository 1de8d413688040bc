"""The verbs on signatures: saved ones, under keys of their own, and runs, each the signature of itself.

Deleting one takes several slots of a cluster, and so several calls. A run is
registered with its signature before it is created; a purge looks at all that
are registered, then claims the signature, which succeeds only if nothing was
registered meanwhile. After the claim nothing can be registered, so whatever
the purge has not seen does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.store.availability import answers
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.script_call import Effects, Transitions, in_chunks, now_ms
from orchestrator_celery.store.upload import upload

__all__ = ("Member", "SignatureTransitions")

#: Milliseconds after which a run that was registered and does not exist counts as never created.
_NEVER_CREATED = 3600_000
#: Before a mark is set the index says so, a little later than anybody could look.
_SOON = 5000
_CHUNK = 1000
#: What PTTL answers for a key that is not there, and for one that has no time to live.
_MISSING, _LASTING = -2, -1


class Member(NamedTuple):
    """A run of a signature.

    Args:
        run: its id.
        live: it has not ended, or something of it is under way, or it is about to be created.
        gone: it is no more, or was never created.
    """

    run: str
    live: bool
    gone: bool


@answers
class SignatureTransitions(Transitions):
    """Changes of stored signatures."""

    def save(
        self, signature: str, definitions: Iterable[tuple[str, bytes]], head: Mapping[str, Any], ttl: float | None
    ) -> None:
        """Make a saved signature exist, whole or not at all.

        Args:
            signature: its id.
            definitions: spec of each node.
            head: fields of its head.
            ttl: seconds until it is deleted; None to keep it.
        """
        token = uuid.uuid4().hex
        upload(self.client, self.keys, signature, token, definitions)
        # Listed before it exists, so that one whose maker dies right after is found.
        schedule(self.client, self.keys.signatures, signature)
        if ttl is not None:
            schedule(self.client, self.keys.deletions, signature, after=ttl * 1000 + _SOON)
        flat = [part for pair in head.items() for part in pair]
        effects = self._run("save", signature, token, "" if ttl is None else int(ttl * 1000), *flat)
        if ttl is not None and effects.refused is None:
            self.client.zadd(self.keys.deletions, {signature: float(effects.detail)})

    def register(self, signature: str, run: str) -> Effects:
        """A run is about to be created; refused with `GONE` where there is no such signature any more."""
        effects = self._run("register", signature, run)
        if effects.refused is None and (some := [member.decode() for member in effects.detail]):
            gone = [member.run for member in self.members(signature, some) if member.gone]
            if gone:
                self._run("registered", signature, "", *gone)
        return effects

    def registered(self, signature: str, run: str, created: bool) -> None:
        """What became of a registered run."""
        self._run("registered", signature, *((run,) if created else ("", run)))

    def mark(self, signature: str, after: float | None, at: float | None) -> Effects:
        """A signature is to be deleted; `detail` is when, in milliseconds.

        Args:
            signature: its id.
            after: seconds from now, by the store's clock.
            at: seconds since the epoch.
        """
        kind, moment = ("after", after or 0.0) if at is None else ("at", at)
        if at is None:
            schedule(self.client, self.keys.deletions, signature, after=moment * 1000 + _SOON)
        else:
            schedule(self.client, self.keys.deletions, signature, at=at * 1000, after=_SOON)
        effects = self._run("mark", signature, kind, int(moment * 1000))
        if effects.refused is None:
            self.client.zadd(self.keys.deletions, {signature: float(effects.detail)})
        else:
            self.not_deleted(signature)
        return effects

    def restore(self, signature: str) -> Effects:
        """A signature is not to be deleted after all; refused with `STATE` where it is not marked."""
        effects = self._run("mark", signature, "restore", "")
        if effects.refused is None:
            self.not_deleted(signature)
        return effects

    def members(self, signature: str, runs: Sequence[str] | None = None) -> list[Member]:
        """Runs of a signature, as they are now; all of them without `runs`."""
        if runs is None:
            runs = [run.decode() for run in self.client.zrange(self.keys.registered(signature), 0, -1)]
        if not runs:
            return []
        fresh = self._never_created(signature)
        found: list[Member] = []
        for chunk in in_chunks(runs, _CHUNK):
            with self.client.pipeline(transaction=False) as pipe:
                for run in chunk:
                    pipe.pttl(self.keys.root(run))
                for run, left in zip(chunk, pipe.execute(), strict=True):
                    missing = left == _MISSING
                    awaited = missing and run in fresh
                    found.append(Member(run, live=left == _LASTING or awaited, gone=missing and not awaited))
        return found

    def doom(self, signature: str, turns: str, forced: bool, audit: str) -> Effects:
        """A purge claims a signature, none of whose runs is live."""
        return self._run("doom", signature, turns, int(forced), audit)

    def purge(self, root: str, signature: bool = False) -> Effects:
        """Delete every key of a run that is over, or of a claimed signature, and take it out of the indexes."""
        effects, keys = self._run("purge", root, int(signature)), self.keys
        with self.client.pipeline(transaction=False) as pipe:
            if effects.refused is None or effects.refused.value == "gone":
                for index in (keys.runs, keys.due, keys.signatures, keys.deletions, keys.approvals):
                    pipe.zrem(index, root)
            pipe.execute()
        return effects

    def due_deletions(self, now: float, count: int) -> list[str]:
        """Marked signatures whose window is over at `now` (ms), by the index."""
        return [found.decode() for found in self.client.zrangebyscore(self.keys.deletions, "-inf", now, 0, count)]

    def look_at(self, signature: str) -> None:
        """A signature is about to be claimed."""
        schedule(self.client, self.keys.deletions, signature, after=_SOON)

    def look_again(self, signature: str, seconds: float) -> None:
        """A signature could not be purged yet."""
        schedule(self.client, self.keys.deletions, signature, after=seconds * 1000, only="XX")

    def not_deleted(self, signature: str) -> None:
        """Take a signature out of the index of deletions, unless it is marked."""
        self.client.zrem(self.keys.deletions, signature)
        # It may have been marked just then.
        marked = self.client.hget(self.keys.root(signature), "delete_at")
        if marked is not None:
            self.client.zadd(self.keys.deletions, {signature: float(marked)}, nx=True)

    def _never_created(self, signature: str) -> set[str]:
        """Runs that were registered and may still come to be."""
        oldest = now_ms(self.client) - _NEVER_CREATED
        head = self.client.hgetall(self.keys.root(signature))
        return {
            field.decode().removeprefix("new:")
            for field, since in head.items()
            if field.startswith(b"new:") and float(since) > oldest
        }
