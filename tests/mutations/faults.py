"""The faults: a file, the text that is right, the text that is wrong, and tests of `make test` that must fail."""

from typing import NamedTuple

__all__ = ("FAULTS", "Fault")

LUA = "store/lua"


class Fault(NamedTuple):
    """One small fault.

    Args:
        name: what is wrong with it.
        file: below the package.
        right: text that stands there once.
        wrong: text that takes its place.
        tests: files or folders of tests that must find it.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: str


FAULTS = (
    Fault(
        "a message of an older attempt is claimed",
        f"{LUA}/claim.lua",
        "live.attempt ~= attempt or ",
        "",
        "tests/store/test_claim.py",
    ),
    Fault(
        "a suspended run starts tasks",
        f"{LUA}/claim.lua",
        "if held and not",
        "if false and not",
        "tests/store/test_claim.py",
    ),
    Fault(
        "two deliveries run side by side",
        f"{LUA}/claim.lua",
        "then return veto('duplicate', worker_of(live)) end",
        "then live.owner = '' end",
        "tests/store/test_claim.py",
    ),
    Fault(
        "a superseded body reports its end",
        f"{LUA}/lib/live.lua",
        "return compare_fence(tonumber(retries), tonumber(nesting), live) == 0 and live or nil",
        "return live",
        "tests/store/test_finish.py",
    ),
    Fault(
        "an ended run can be suspended",
        f"{LUA}/suspend.lua",
        "if status ~= STATUS.pending and status ~= STATUS.running then",
        "if false then",
        "tests/store/test_suspend.py",
    ),
    Fault("a poisoned task never ends", f"{LUA}/lost.lua", "> tonumber(ARGV[5])", "> 1000", "tests/store/test_lost.py"),
    Fault("a lost task keeps its attempt", f"{LUA}/lost.lua", "new_attempt(live)\n", "", "tests/store/test_lost.py"),
    Fault(
        "a retry of a task forgets its pause",
        f"{LUA}/requeue.lua",
        "tonumber(now) + ARGV[8]",
        "tonumber(now)",
        "tests/store",
    ),
    Fault(
        "a full swarm takes one more item",
        f"{LUA}/add_items.lua",
        "pool.size + count > max_items",
        "pool.size + count > max_items + 1",
        "tests/store/test_add_items.py",
    ),
    Fault(
        "a stopped swarm takes items",
        f"{LUA}/add_items.lua",
        "not pool.open or pool.stopped",
        "not pool.open",
        "tests/store/test_add_items.py",
    ),
    Fault(
        "one tolerated failure is one too many",
        f"{LUA}/lib/pool_end.lua",
        "return pool.failed <= (",
        "return pool.failed < (",
        "tests/store/test_fail.py",
    ),
    Fault(
        "a swarm ends while an item runs",
        f"{LUA}/lib/pool_end.lua",
        "return pool.done >= pool.next and",
        "return",
        "tests/store/test_finish.py",
    ),
    Fault(
        "lower priorities go first",
        f"{LUA}/lib/from_line.lua",
        "for priority = PRIORITY.high, PRIORITY.low, -1 do",
        "for priority = PRIORITY.low, PRIORITY.high do",
        "tests/store/test_set_priority.py",
    ),
    Fault(
        "a chain hands on nothing",
        f"{LUA}/lib/steps.lua",
        "return activate(node .. '.' .. index, input)",
        "return activate(node .. '.' .. index, '')",
        "tests/store/test_finish.py",
    ),
    Fault(
        "an outdated plan is confirmed",
        f"{LUA}/cancel.lua",
        "if ARGV[2] == '1' and not is_confirmed then",
        "if false then",
        "tests/store/test_cancel.py",
    ),
    Fault(
        "a retried run keeps its old deadline", f"{LUA}/retry.lua", "now + limit", "now", "tests/store/test_retry.py"
    ),
    Fault(
        "a record of a leaf loses its runner",
        "records/live.py",
        "owner = write_owner(Owner(live.owner, live.runner, live.waits))",
        'owner = write_owner(Owner(live.owner, "", live.waits))',
        "tests/unit/records",
    ),
    Fault(
        "a rule that forbids a restart is ignored",
        "engine/recovery.py",
        'return None if policy else "the task\'s policy"',
        "return None",
        "tests/unit/engine/test_recovery.py",
    ),
    Fault(
        "a full store fails the task",
        "store/availability.py",
        '    OutOfMemoryError: "OOM",\n',
        "",
        "tests/store/test_refusals.py",
    ),
    Fault(
        "one broken run stops the look at all runs",
        "store/due_index.py",
        "execute(raise_on_error=False)",
        "execute()",
        "tests/worker/test_loops.py",
    ),
)
