"""Transitions of stored signatures. A saved signature has keys of its own; a run is also a signature of itself.

Deleting a signature touches several slots of a cluster, so it takes several
calls. A run is registered with its signature before it is created. A purge
checks all registered runs and then claims the signature. The claim succeeds
only if no run was registered meanwhile, and after it no run can be
registered. So no run can exist that the purge has not checked.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from orchestrator_celery.records.head.fields import HeadField, HeadPrefix
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.run_index import RunIndex
from orchestrator_celery.store.schedule import schedule
from orchestrator_celery.store.scripting.script_call import Effects, Transitions, in_chunks, now_ms
from orchestrator_celery.store.transitions.upload import upload

__all__ = ("UNSURE", "Member", "SignatureTransitions")

#: Milliseconds after which a registered run that does not exist counts as never created.
_NEVER_CREATED = 3600_000
#: A mark is indexed before it is set, this many milliseconds late, so that no purge comes too early.
_SOON = 5000
#: Milliseconds after which the signature of a version that was not added is deleted.
UNSURE = 3600_000
_CHUNK = 1000
#: The answers of PTTL for a missing key, and for a key without a time to live.
_MISSING, _LASTING = -2, -1


class Member(NamedTuple):
    """A run of a signature.

    Args:
        run: the run's id.
        live: whether the run has not ended, has live callbacks, or is about to be created.
        gone: whether the run was deleted, or was never created.
    """

    run: str
    live: bool
    gone: bool


@raises_store_unavailable
class SignatureTransitions(Transitions):
    """Changes of stored signatures."""

    def save(
        self, signature: str, definitions: Iterable[tuple[str, bytes]], head: Mapping[str, Any], ttl: float | None
    ) -> None:
        """Save a signature, as a whole or not at all.

        Args:
            signature: the signature's id.
            definitions: the definition of each node.
            head: fields of the signature's head.
            ttl: seconds until it is deleted; None to keep it.
        """
        token = uuid.uuid4().hex
        upload(self.client, self.keys, signature, token, definitions)
        # Listed before it exists, so that a signature whose caller dies right after this is found.
        schedule(self.client, self.keys.signatures, signature)
        if ttl is not None:
            schedule(self.client, self.keys.deletions, signature, after=ttl * 1000 + _SOON)
        effects = self._save(signature, token, "" if ttl is None else int(ttl * 1000), head)
        if ttl is not None and effects.refused is None:
            self.client.zadd(self.keys.deletions, {signature: float(effects.detail)})

    def save_version(
        self,
        signature: str,
        definitions: Iterable[tuple[str, bytes]],
        head: Mapping[str, Any],
        document: Mapping[str, bytes],
    ) -> Effects:
        """Save the signature of a version of a graph. It is not listed before `list_version`.

        If the caller dies before the version itself is added, a sweep finds the signature and deletes it.

        Args:
            signature: the signature's id.
            definitions: the definition of each node.
            head: fields of the signature's head; `saved_as` is the name of the graph.
            document: the fields of the document, encoded.
        """
        token = uuid.uuid4().hex
        schedule(self.client, self.keys.deletions, signature, after=UNSURE)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.hset(self.keys.document(signature), mapping=dict(document))
            pipe.expire(self.keys.document(signature), 2 * UNSURE // 1000)
            pipe.execute()
        upload(self.client, self.keys, signature, token, definitions)
        return self._save(signature, token, "", head)

    def list_version(self, signature: str) -> None:
        """List the signature of a version that was added; a repeated call changes nothing."""
        [saved] = self.client.hmget(self.keys.root(signature), HeadField.SAVED)
        if saved is not None:
            self.client.zadd(self.keys.signatures, {signature: float(saved)}, nx=True)
        self.not_deleted(signature)

    def drop_unsaved(self, signature: str) -> None:
        """Delete the signature of a version that was not added; nobody else knows its id."""
        keys = self.keys
        self.client.unlink(
            keys.root(signature), keys.definitions(signature), keys.document(signature), keys.answers(signature)
        )
        self.client.zrem(keys.deletions, signature)

    def _save(self, signature: str, token: str, milliseconds: int | str, head: Mapping[str, Any]) -> Effects:
        flat = [part for pair in {**head, **self._owner}.items() for part in pair]
        return self._run("save", signature, token, milliseconds, *flat)

    def register(self, signature: str, run: str) -> Effects:
        """Register a run that is about to be created; refused with `GONE` if the signature no longer exists."""
        effects = self._run("register", signature, run)
        if effects.refused is None and (some := [member.decode() for member in effects.detail]):
            gone = [member.run for member in self.members(signature, some) if member.gone]
            if gone:
                self._run("registered", signature, "", *gone)
        return effects

    def registered(self, signature: str, run: str, created: bool) -> None:
        """Report whether a registered run was created."""
        self._run("registered", signature, *((run,) if created else ("", run)))

    def mark(self, signature: str, after: float | None, at: float | None) -> Effects:
        """Mark a signature for deletion; `detail` is the time of the deletion, in milliseconds.

        Args:
            signature: the signature's id.
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
        """Remove the mark of a signature; refused with `STATE` if it is not marked."""
        effects = self._run("mark", signature, "restore", "")
        if effects.refused is None:
            self.not_deleted(signature)
        return effects

    def members(self, signature: str, runs: Sequence[str] | None = None) -> list[Member]:
        """Return runs of a signature with their current states; all of them without `runs`."""
        if runs is None:
            runs = [run.decode() for run in self.client.zrange(self.keys.registered(signature), 0, -1)]
        if not runs:
            return []
        recent = self._recently_registered(signature)
        found: list[Member] = []
        for chunk in in_chunks(runs, _CHUNK):
            with self.client.pipeline(transaction=False) as pipe:
                for run in chunk:
                    pipe.pttl(self.keys.root(run))
                for run, left in zip(chunk, pipe.execute(), strict=True):
                    missing = left == _MISSING
                    awaited = missing and run in recent
                    found.append(Member(run, live=left == _LASTING or awaited, gone=missing and not awaited))
        return found

    def doom(self, signature: str, turns: str, forced: bool, audit: str) -> Effects:
        """Claim a signature for a purge; all its runs must have ended."""
        return self._run("doom", signature, turns, int(forced), audit)

    def purge(self, root: str, signature: bool = False) -> Effects:
        """Delete every key of an ended run, or of a claimed signature, and remove it from the indexes."""
        effects, keys = self._run("purge", root, int(signature)), self.keys
        with self.client.pipeline(transaction=False) as pipe:
            if effects.refused is None or effects.refused.value == "gone":
                for index in (keys.runs, keys.due, keys.signatures, keys.deletions, keys.approvals, keys.starts):
                    pipe.zrem(index, root)
                RunIndex(self.client, keys).refresh([root])
            pipe.execute()
        return effects

    def due_deletions(self, now: float, count: int) -> list[str]:
        """Return the indexed signatures whose deletion is due at `now` (ms)."""
        return [found.decode() for found in self.client.zrangebyscore(self.keys.deletions, "-inf", now, 0, count)]

    def look_at(self, signature: str) -> None:
        """Index a signature that is about to be claimed, so that a sweep finishes the purge if the caller dies."""
        schedule(self.client, self.keys.deletions, signature, after=_SOON)

    def look_again(self, signature: str, seconds: float) -> None:
        """Postpone the purge of a signature that could not be purged yet."""
        schedule(self.client, self.keys.deletions, signature, after=seconds * 1000, only="XX")

    def not_deleted(self, signature: str) -> None:
        """Remove a signature from the index of deletions, unless it is marked."""
        self.client.zrem(self.keys.deletions, signature)
        # Another client may have marked it at the same moment.
        marked = self.client.hget(self.keys.root(signature), "delete_at")
        if marked is not None:
            self.client.zadd(self.keys.deletions, {signature: float(marked)}, nx=True)

    def _recently_registered(self, signature: str) -> set[str]:
        """Return the registered runs that may still be created."""
        oldest = now_ms(self.client) - _NEVER_CREATED
        head = self.client.hgetall(self.keys.root(signature))
        return {
            field.decode().removeprefix(HeadPrefix.NEW.value)
            for field, since in head.items()
            if field.startswith(HeadPrefix.NEW.value.encode()) and float(since) > oldest
        }
