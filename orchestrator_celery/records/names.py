"""Names inside the keys of a run: suffixes of keys, fields beside a node's own, and places below a node.

key    = root [ suffix ]              ; `RunKey`; `store/keys.py` makes the root
field  = node [ ":" beside ]          ; a field of a hash: a node's own record, or one beside it, a `Beside`
       | ":" beside                   ; of no node
node   = "0" *( "." part ) | "$"      ; `model/ids.py`; `$` stands for closing the run
part   = number | letter number       ; a child; a callback: l, e, s, f or c; a runner: b; a decision: d
       | "S" | "r" | "p" | "t" | "lv" | "b" ; a `Place`
"""

from __future__ import annotations

from enum import Enum

__all__ = ("Beside", "Place", "RunKey")


class RunKey(str, Enum):
    """Suffixes of a run's keys; the head has none."""

    DEFINITIONS = ":d"  #: hash: definitions by node; with `:<token>` behind it, an upload
    LIVE = ":l"  #: hash: live nodes
    ENDED = ":t"  #: hash: ended nodes, with what is kept beside them
    ACTIVE = ":m"  #: hash: composites that are under way
    EVENTS = ":e"  #: stream
    CHECKPOINTS = ":c"  #: hash: checkpoints by node
    PROGRESS = ":p"  #: hash: progress by node
    LINE = ":q:"  #: sorted set: waiting items of a pool, whose id follows
    RUNS = ":r"  #: sorted set: runs of a signature
    INNER = ":i"  #: set: ids of tasks that replaced themselves
    FAILED = ":f"  #: sorted set: failed nodes by parent and place, and nodes that had failed before a retry
    LOGS = ":o"  #: stream: lines that tasks have logged
    DOCUMENT = ":g"  #: hash: document and layout of a version of a saved graph, encoded
    ANSWERS = ":k"  #: hash: the last answer to each thread of a client, for ten minutes


class Beside(str, Enum):
    """Fields beside a node's own record."""

    # In `:t`.
    FREE_ATTEMPTS = ":free"  #: number of attempts that do not count as lost processes
    INPUT = ":in"  #: of a visit, or of a graph with arguments of its own: reference to its input
    INPUTS = ":kw"  #: of a visit: its evaluated inputs, encoded
    ELEMENTS = ":list"  #: of a visit: the list it is mapped over, encoded
    TRIES = ":tries"  #: of a visit: how many retries came before it
    TARGETS = ":to"  #: of a visit: targets of the edges that were taken
    DETACHED_TO = ":run"  #: of a node that was detached: the run as which it goes on
    PRIORITY = ":p"  #: of an item: its priority, unless it is medium
    POOL_END = ":end"  #: counters of a pool that has ended
    SIZE_BEFORE = ":ahead"  #: of a pool with items that ended before it began: its counters as in `POOL_END`, or ''
    CALLED = ":called"  #: of a batched pool that begins again: number of runners that it has called before
    LINE_LEFT = ":line"  #: priorities of the items of a pool that never started
    GRAPH = ":g"  #: record of a graph that has ended
    NODE = ":n"  #: of a graph's node, or of START: its counters, see `graph.py`
    VISIT = ":v"  #: of a visit at which a token is, or whose edges were not followed: what its token has passed
    ARRIVED = ":a"  #: of an `all` join that waits; with the source behind it: reference to the input that has arrived
    PASSAGE = ":w"  #: of an `all` join that waits: what the tokens that have arrived have passed
    REACHED_END = ":z"  #: of a node whose token has reached END: its name, and a reference to its result
    POSTPONED = ":later"  #: of a node whose task a worker lacked: `first " " count " " stay`, see `postpone.lua`
    ENDS = ":ends"  #: results with which a graph ended, by name
    # In `:t`, of no node, see `pools/short_ends.py`.
    PROCESSES = ":processes"  #: number of worker processes that have numbers
    NUMBER = ":number:"  #: with the name of a process behind it: its number
    PROCESS = ":process:"  #: with the number of a process behind it: its name, and the moment its records count from
    # In `:m`.
    RETURNED = ":returned"  #: indexes of items that the runners of a pool have returned, each with a space behind it
    RUNNERS = ":runners"  #: of a batched pool: numbers of its runners that have not ended, each with a space behind it
    TAKEN = ":taken"  #: of a claimed runner: its attempt, and indexes of the items that it has taken
    COUNTED = ":counted"  #: of a pool that is to begin again, and whose line is there: its counters, see `counted.lua`
    SEGMENTS = ":segments"  #: where items of a pool lie that were added in bulk
    # In `:d`, and in an upload of items.
    BLOCK = ":b"  #: with a number behind it: definitions of several items, see `pools/blocks.py`
    # In `:d`.
    ADDITION = (
        ":add:"  #: of a task that added to the header of its chord; with the body's retries, nesting and a number
    )
    REPLACED = ":own"  #: definition of a leaf before it replaced itself; '' where it had none of its own


class Place(str, Enum):
    """Last parts of ids that are no children."""

    CLOSE = "$"  #: the node that stands for closing the run; as a target of an edge, END
    START = "S"  #: START of a graph
    VALUE = "r"  #: a result that no node has: from START to END, or past a node that was taken out
    LAYOUT = "t"  #: of a graph, a node of it, or START: what was worked out about the edges, see `layout.py`
    BODY = "p"  #: definition of the body of a graph's node
    PRIORITIES = "lv"  #: priorities of a pool's items
    RUNNER = "b"  #: definition of a pool's runners
    EACH = "a"  #: before the letter of a callback: definition of a callback after each item
