"""Every key of the store.

All keys of a run share the hash tag `{<run id>}`, so that they lie in one
slot of a Redis Cluster (invariant 7) and one script may touch them all. A
saved signature has the same keys under an id of its own, `s:<uuid>`: a head,
`:d` and `:r`.

==========================  ======  =====================================================
`orc:{<run>}`               hash    head: status, times, counters, closing options
`orc:{<run>}:d`             hash    definition of each node
`orc:{<run>}:d:<token>`     hash    an upload that is not part of the run yet, or items added in bulk
`orc:{<run>}:l`             hash    live leaves: queued (the outbox) or claimed
`orc:{<run>}:t`             hash    terminal record of each node, with its result or error
`orc:{<run>}:m`             hash    counters of the pools that are under way
`orc:{<run>}:e`             stream  events
`orc:{<run>}:c`             hash    checkpoints of leaves
`orc:{<run>}:p`             hash    how far leaves say they are
`orc:{<run>}:q:<pool>`      zset    waiting items of a pool in which they differ in priority, as ranges of indexes
`orc:{<run>}:r`             zset    runs that were started of this one, or of a saved signature, by when
`orc:{<run>}:i`             set     tasks that replaced themselves, some by a run of that id
`orc:runs`                  zset    run ids by creation, in milliseconds; derived, may lag
`orc:due`                   zset    runs that have not ended, by when they are looked at next; derived
`orc:signatures`            zset    saved signatures by creation; derived
`orc:deletions`             zset    marked signatures, by when their purge is tried next; derived
`orc:approvals`             zset    runs that wait for a person, by since when; derived, may name some that do not
`orc:audit`                 stream  who did what to which run; has its own retention
`orc:reports`               list    resume reports, newest first
`orc:workers:{orc}`         zset    workers with the extension, by the time their lease ends
`orc:workers:{orc}:active`  hash    what each of them runs, as of its last sign of life
`orc:workers:{orc}:leader`  string  the worker that sweeps
==========================  ======  =====================================================
"""

from __future__ import annotations

from orchestrator_celery.records.names import RunKey

__all__ = ("Keys",)


class Keys:
    """Key names under one prefix.

    >>> Keys("orc").root("r1")
    'orc:{r1}'
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.runs = f"{prefix}:runs"
        self.due = f"{prefix}:due"
        self.signatures = f"{prefix}:signatures"
        self.deletions = f"{prefix}:deletions"
        self.approvals = f"{prefix}:approvals"
        self.reports = f"{prefix}:reports"
        self.audit = f"{prefix}:audit"
        self.workers = f"{prefix}:workers:{{{prefix}}}"

    def root(self, run: str) -> str:
        """Head of a run; every other key of the run begins with it."""
        return f"{self._prefix}:{{{run}}}"

    def run_of(self, root: str) -> str:
        """The run of a root key.

        >>> Keys("orc").run_of("orc:{r1}")
        'r1'
        """
        return root[len(self._prefix) + 2 : -1]

    def definitions(self, run: str) -> str:
        """What each node is."""
        return self.root(run) + RunKey.DEFINITIONS.value

    def upload(self, run: str, token: str) -> str:
        """Definitions on their way in, or added in bulk."""
        return f"{self.definitions(run)}:{token}"

    def live(self, run: str) -> str:
        """Leaves that are queued or running."""
        return self.root(run) + RunKey.LIVE.value

    def terminal(self, run: str) -> str:
        """Nodes that have ended."""
        return self.root(run) + RunKey.ENDED.value

    def checkpoints(self, run: str) -> str:
        """How far running leaves are."""
        return self.root(run) + RunKey.CHECKPOINTS.value

    def progress(self, run: str) -> str:
        """How far leaves say they are."""
        return self.root(run) + RunKey.PROGRESS.value

    def pools(self, run: str) -> str:
        """Counters of composites that are under way."""
        return self.root(run) + RunKey.ACTIVE.value

    def waiting(self, run: str, pool: str) -> str:
        """What waits in a pool whose items differ in priority, by level and place."""
        return self.root(run) + RunKey.LINE.value + pool

    def events(self, run: str) -> str:
        """What happened, oldest first."""
        return self.root(run) + RunKey.EVENTS.value

    def registered(self, signature: str) -> str:
        """Runs of a signature; of a run, those started again from it."""
        return self.root(signature) + RunKey.RUNS.value

    def inner(self, run: str) -> str:
        """Runs that stood in for tasks of a run."""
        return self.root(run) + RunKey.INNER.value
