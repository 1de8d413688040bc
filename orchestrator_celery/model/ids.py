"""Ids of nodes and leaves.

A node's id is its path in the tree. `0` is the root, `0.2` the root's third
child. `0.2.l0` is the first callback of that child and `0.2.e0` its first
errback. `0.2.s0`, `0.2.f0` and `0.2.c0` are its callbacks as an item of a
swarm: after its success, after its failure, and in any case. `0.b1` is a
message that runs several items of a swarm (a runner). So a node's parent and
place can be read from the id, without a record.

A leaf is a node with a task of its own. Its Celery task id is
`<run>:<node>:<attempt>`. The id alone tells the run of a message, and it
survives `self.retry()` and `self.replace()`. A new attempt has a new id, so
an old message can never affect it.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

__all__ = (
    "CLOSE",
    "RESULT_ONLY",
    "ROOT",
    "Fence",
    "HasId",
    "LeafId",
    "RunPlace",
    "id_of",
    "is_callback",
    "is_runner",
    "parse_leaf_id",
    "parse_place",
)

ROOT = "0"
#: The pseudo node for closing a run; it has no place in the tree.
CLOSE = "$"
#: Stands before ids that a run remembers because Celery keeps a result of them, and that no run has.
RESULT_ONLY = "="

_LEAF = re.compile(r"^(?P<run>.+):(?P<node>0(?:\.[lesfcb]?\d+)*):(?P<attempt>\d+)$", re.DOTALL)
_PLACE = re.compile(r"^(?P<created>\d{12,14})/(?P<run>.+)$", re.DOTALL)


class HasId(Protocol):
    """A run, the view of a run, or a stored signature."""

    @property
    def id(self) -> str:
        """The id."""


def id_of(given: HasId | str) -> str:
    """Return an id; of a run, a view or a signature, its id.

    >>> id_of("r1")
    'r1'
    """
    return given if isinstance(given, str) else given.id


class RunPlace(NamedTuple):
    """The place of a run in the lists of runs, which are in descending order.

    >>> str(RunPlace(1700000000000, "r1"))
    '1700000000000/r1'

    Args:
        created: when the run was created, in milliseconds.
        run: the run.
    """

    created: float
    run: str

    def __str__(self) -> str:
        return f"{self.created:.0f}/{self.run}"


def parse_place(text: str) -> RunPlace | None:
    """Parse the text form of a place; None if the text has another form.

    >>> parse_place("1700000000000/r1")
    RunPlace(created=1700000000000.0, run='r1')
    >>> parse_place("r1") is None
    True
    """
    match = _PLACE.match(text)
    return None if match is None else RunPlace(float(match["created"]), match["run"])


class LeafId(NamedTuple):
    """The owner of a message: run, node and attempt.

    >>> str(LeafId("r1", "0.3", 2))
    'r1:0.3:2'
    """

    run: str
    node: str
    attempt: int

    def __str__(self) -> str:
        return f"{self.run}:{self.node}:{self.attempt}"


class Fence(NamedTuple):
    """The order of the messages of one attempt: a retry or a replacement supersedes the message before."""

    nesting: int = 0
    retries: int = 0


def parse_leaf_id(task_id: str) -> LeafId | None:
    """Parse a leaf's task id; None if the id has another form.

    >>> parse_leaf_id("r1:0.3:2")
    LeafId(run='r1', node='0.3', attempt=2)
    >>> parse_leaf_id("a:b:1") is None
    True
    """
    match = _LEAF.match(task_id)
    if match is None:
        return None
    return LeafId(match["run"], match["node"], int(match["attempt"]))


def is_runner(node: str) -> bool:
    """Whether the node is a runner: a message that runs several items of a pool.

    >>> is_runner("0.1.b3")
    True
    """
    return node.rpartition(".")[2][:1] == "b"


def is_callback(node: str) -> bool:
    """Whether the node belongs to a callback, which never changes the run's outcome."""
    return any(letter in node for letter in "lesfcb")
