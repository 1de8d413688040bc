"""All keys of the store.

All keys of a run share the hash tag `{<run id>}`. So they lie in one
slot of a Redis Cluster (invariant 7), and one script may touch them all. A
saved signature has the same kinds of keys under its own id, `s:<uuid>`: a
head, `:d` and `:r`.

Runs and signatures belong to one app, which their head names. The indexes, the
reports, the audit trail and the registry of workers have the app's hash `<app>`
in their names, so that a sweep or a list costs as much as the app's own runs.

=========================================  ======  =====================================================
`orc:{<run>}`                              hash    head: status, times, counters, closing options
`orc:{<run>}:d`                            hash    definition of each node
`orc:{<run>}:d:<token>`                    hash    an upload that is not yet part of the run, or items added in bulk
`orc:{<run>}:l`                            hash    live leaves: queued (the outbox) or claimed
`orc:{<run>}:t`                            hash    terminal record of each node, with its result or error
`orc:{<run>}:m`                            hash    counters of active pools
`orc:{<run>}:e`                            stream  events
`orc:{<run>}:c`                            hash    checkpoints of leaves
`orc:{<run>}:p`                            hash    progress reports of leaves
`orc:{<run>}:f`                            zset    failed nodes by parent and place; also those of before a retry
`orc:{<run>}:o`                            stream  lines that tasks have logged
`orc:{<run>}:q:<pool>`                     zset    waiting items of a pool with several priorities, as ranges of indexes
`orc:{<run>}:r`                            zset    reruns of this run, or runs of a saved signature, by creation
`orc:{<run>}:i`                            set     tasks that replaced themselves, some of them by a run of that id
`orc:{<run>}:g`                            hash    of a version of a saved graph: its document and its layout
`orc:{<run>}:k`                            hash    last answer to each thread of a client; see `asked.lua`
`orc:runs:<app>`                           zset    run ids by creation, in milliseconds; may lag
`orc:due:<app>`                            zset    runs that have not ended, by the time of their next check; derived
`orc:starts:<app>`                         zset    runs with a delay, by the time of their start; may lack some
`orc:by:{orc:<app>}`                       hash    event, status and words of each run; derived; see `run_index.py`
`orc:by:{orc:<app>}:<word>`                zset    runs under a word such as `status:FAILED`, by creation; derived
`orc:by:{orc:<app>}:words`                 zset    all words but those of a status; derived
`orc:by:{orc:<app>}:texts`                 zset    blocks of texts, by the earliest creation in them; derived
`orc:by:{orc:<app>}:text:<time>`           string  names and ids of runs, by creation; derived; see `text_blocks.lua`
`orc:by:{orc:<app>}:owed`                  set     runs whose entries may be out of date
`orc:signatures:<app>`                     zset    saved signatures by creation; derived
`orc:deletions:<app>`                      zset    marked signatures, by the time of the next purge attempt; derived
`orc:graphs:{orc:<app>}`                   zset    names of saved graphs, by the time of their newest version
`orc:graphs:{orc:<app>}:<name>`            hash    versions of a saved graph; see `records/catalogs/graph_versions.py`
`orc:logged:<app>`                         zset    runs with log lines, by the time of the newest line; derived
`orc:approvals:<app>`                      zset    runs that wait for a person, by begin of the wait; may hold too many
`orc:audit:<app>`                          stream  who did what to which run; has its own retention
`orc:audit:<app>:{orc:audit:<app>}:k`      hash    last answer to each thread that appended an entry
`orc:subscriptions:<app>`                  hash    rules of subscriptions, by name; see `records/notices/rules.py`
`orc:views:<app>`                          hash    shared views of the list of runs, by name; see `records/catalogs`
`orc:views:<app>:<digest>`                 hash    views of one person, by name
`orc:feed:<app>`                           stream  changes of all runs; may lag; bounded by `orchestrator_max_feed`
`orc:feed:<app>:{orc:feed:<app>}:k`        hash    last answer to each thread that appended to the feed
`orc:reports:<app>`                        list    resume reports, newest first
`orc:stats:{orc:<app>}:<hour>`             set     tasks that were counted in an hour, or in `all`; derived
`orc:stats:{orc:<app>}:<hour>:<digest>`    hash    counters of one task in that hour; see `records/statistics.py`
`orc:workers:{orc:<app>}`                  zset    workers with the extension, by the end of their lease
`orc:workers:{orc:<app>}:active`           hash    the tasks of each worker at its last heartbeat
`orc:workers:{orc:<app>}:skills`           hash    digest of the tasks and queues of each worker
`orc:workers:{orc:<app>}:known`            hash    by digest, names of tasks and queues; equal workers share one
`orc:workers:{orc:<app>}:stops`            stream  orders to stop tasks, of the last minutes
`orc:workers:{orc:<app>}:leader`           string  the worker that sweeps
`orc:workers:{orc:<app>}:handed`           string  the leader that left in good order, until another worker leads
=========================================  ======  =====================================================
"""

from __future__ import annotations

import hashlib

from orchestrator_celery.records.head.fields import NO_APP, AppId
from orchestrator_celery.records.names import RunKey

__all__ = ("Keys",)


class Keys:
    """Key names under one prefix. The keys of runs are the same for all apps; indexes belong to one app.

    >>> Keys("orc").root("r1")
    'orc:{r1}'
    """

    def __init__(self, prefix: str, app: AppId = NO_APP) -> None:
        self._prefix = prefix
        self.app = app
        index = f":{app.id}" if app.id else ""
        self.runs = f"{prefix}:runs{index}"
        self.due = f"{prefix}:due{index}"
        self.starts = f"{prefix}:starts{index}"
        self.signatures = f"{prefix}:signatures{index}"
        self.graphs = f"{prefix}:graphs:{{{prefix}{index}}}"
        self.deletions = f"{prefix}:deletions{index}"
        self.approvals = f"{prefix}:approvals{index}"
        self.logged = f"{prefix}:logged{index}"
        self.reports = f"{prefix}:reports{index}"
        self.audit = f"{prefix}:audit{index}"
        self.subscriptions = f"{prefix}:subscriptions{index}"
        self._views = f"{prefix}:views{index}"
        self.feed = f"{prefix}:feed{index}"
        self.by_word = f"{prefix}:by:{{{prefix}{index}}}"
        self.workers = f"{prefix}:workers:{{{prefix}{index}}}"
        self.statistics = f"{prefix}:stats:{{{prefix}{index}}}"
        #: Pattern of the registries of all apps.
        self.workers_of_any_app = f"{prefix}:workers:{{{prefix}*}}"

    def root(self, run: str) -> str:
        """Head of a run; all other keys of the run begin with this key."""
        return f"{self._prefix}:{{{run}}}"

    def run_of(self, root: str) -> str:
        """The run of a root key.

        >>> Keys("orc").run_of("orc:{r1}")
        'r1'
        """
        return root[len(self._prefix) + 2 : -1]

    def definitions(self, run: str) -> str:
        """Definitions of nodes."""
        return self.root(run) + RunKey.DEFINITIONS.value

    def views(self, owner: str | None) -> str:
        """Saved views of one person; None for the shared ones."""
        return self._views if owner is None else f"{self._views}:{hashlib.sha256(owner.encode()).hexdigest()[:20]}"

    def upload(self, run: str, token: str) -> str:
        """Definitions of an upload, or of items added in bulk."""
        return f"{self.definitions(run)}:{token}"

    def document(self, signature: str) -> str:
        """Document and layout of a version of a saved graph."""
        return self.root(signature) + RunKey.DOCUMENT.value

    def live(self, run: str) -> str:
        """Leaves that are queued or running."""
        return self.root(run) + RunKey.LIVE.value

    def terminal(self, run: str) -> str:
        """Nodes that have ended."""
        return self.root(run) + RunKey.ENDED.value

    def checkpoints(self, run: str) -> str:
        """Checkpoints of leaves."""
        return self.root(run) + RunKey.CHECKPOINTS.value

    def progress(self, run: str) -> str:
        """Progress reports of leaves."""
        return self.root(run) + RunKey.PROGRESS.value

    def pools(self, run: str) -> str:
        """Counters of active composites."""
        return self.root(run) + RunKey.ACTIVE.value

    def waiting(self, run: str, pool: str) -> str:
        """Waiting items of a pool with several priorities, by priority and place."""
        return self.root(run) + RunKey.LINE.value + pool

    def events(self, run: str) -> str:
        """Events, oldest first."""
        return self.root(run) + RunKey.EVENTS.value

    def failed(self, run: str) -> str:
        """Failed nodes, by parent and place."""
        return self.root(run) + RunKey.FAILED.value

    def logs(self, run: str) -> str:
        """Lines that tasks have logged, oldest first."""
        return self.root(run) + RunKey.LOGS.value

    def registered(self, signature: str) -> str:
        """Runs of a signature; of a run: its reruns."""
        return self.root(signature) + RunKey.RUNS.value

    def answers(self, run: str) -> str:
        """Last answers to threads of clients."""
        return self.root(run) + RunKey.ANSWERS.value

    def inner(self, run: str) -> str:
        """Inner runs that replaced tasks of a run."""
        return self.root(run) + RunKey.INNER.value
