"""The commands that the store needs, and which of them its Redis user may not run.

A script that meets a command it may not run stops half-way, and Redis takes nothing back. So each process asks before
its first script. It asks inside `MULTI`, where Redis checks the user of each command and runs none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

from redis import RedisCluster
from redis.exceptions import NoPermissionError

from orchestrator_celery.errors import StoreUnavailable

__all__ = ("NEEDED", "denied", "ensure_permitted", "lacks")

#: Every command of scripts and clients, with arguments that Redis accepts; `@` is a key of the store.
NEEDED: dict[str, str] = {
    "APPEND": "@ v", "DEL": "@", "DISCARD": "", "EVAL": "r 1 @", "EVALSHA": "0 1 @", "EXISTS": "@", "EXPIRE": "@ 1",
    "GET": "@", "GETRANGE": "@ 0 1", "HDEL": "@ f", "HEXISTS": "@ f", "HGET": "@ f", "HGETALL": "@",
    "HINCRBY": "@ f 1", "HKEYS": "@", "HLEN": "@", "HMGET": "@ f", "HSCAN": "@ 0", "HSET": "@ f v",
    "HSETNX": "@ f v", "HVALS": "@", "INFO": "", "LPUSH": "@ v", "LRANGE": "@ 0 1", "LREM": "@ 0 v",
    "LTRIM": "@ 0 1", "MEMORY USAGE": "@", "MULTI": "", "PERSIST": "@", "PEXPIRE": "@ 1", "PING": "", "PTTL": "@",
    "RENAME": "@ @", "SADD": "@ m", "SCAN": "0", "SCARD": "@", "SCRIPT EXISTS": "0", "SCRIPT LOAD": "return",
    "SELECT": "0", "SET": "@ v", "SMEMBERS": "@", "SMISMEMBER": "@ m", "SRANDMEMBER": "@", "SREM": "@ m",
    "SSCAN": "@ 0", "STRLEN": "@", "TIME": "", "UNLINK": "@", "XADD": "@ * f v", "XDEL": "@ 1-1", "XRANGE": "@ - +",
    "XREAD": "STREAMS @ 0", "XREVRANGE": "@ + -", "XTRIM": "@ MAXLEN 1", "ZADD": "@ 1 m", "ZCARD": "@",
    "ZCOUNT": "@ 0 1", "ZLEXCOUNT": "@ - +", "ZMSCORE": "@ m", "ZRANDMEMBER": "@", "ZRANGE": "@ 0 1",
    "ZRANGEBYLEX": "@ - +", "ZRANGEBYSCORE": "@ 0 1", "ZREM": "@ m", "ZREMRANGEBYRANK": "@ 0 1",
    "ZREVRANGE": "@ 0 1", "ZREVRANGEBYSCORE": "@ 1 0", "ZSCAN": "@ 0", "ZSCORE": "@ m",
}  # fmt: skip

#: Where Redis says which keys a user may use.
_KEYS = "keys"
#: Page of the documentation with the rule.
_PAGE = "docs/discussions/security.md"
_permitted: WeakSet[Any] = WeakSet()


def ensure_permitted(client: Any, key: str) -> None:
    """Refuse a store whose user may not run a command that the store needs. A client that passed is not asked again.

    Args:
        client: a redis-py client.
        key: a key of the store.

    Raises:
        StoreUnavailable: names the commands that are missing.
    """
    if client in _permitted:
        return
    missing = denied(client, key)
    if missing:
        raise StoreUnavailable(f"The store was not asked, and nothing was changed: its Redis user {lacks(missing)}.")
    _permitted.add(client)


def lacks(missing: list[str]) -> str:
    """Say what a user lacks, and what to do."""
    commands = [name for name in missing if not name.startswith(_KEYS)]
    said = [f"may not run {', '.join(commands)}"] if commands else []
    said += [f"may not use the {name}" for name in missing if name.startswith(_KEYS)]
    return f"{' and '.join(said)}. {_PAGE} has the rule for ACL SETUSER"


def denied(client: Any, *keys: str) -> list[str]:
    """Return the commands and keys that the client's user may not use, in the order of the alphabet.

    Args:
        client: a redis-py client; of a cluster, all its primaries are asked.
        keys: keys of the store.
    """
    found: set[str] = set()
    for server in _servers(client):
        for key in keys:
            found.update(_denied(server, key))
    return sorted(found)


def _servers(client: Any) -> Iterator[Any]:
    if not isinstance(client, RedisCluster):
        yield client
        return
    primaries: Any = client.get_primaries()  # type: ignore[no-untyped-call]
    for node in primaries:
        yield client.get_redis_connection(node)


def _denied(server: Any, key: str) -> Iterator[str]:
    refused = list(_refused(server, key, ["MULTI"]))
    if refused:  # whatever followed would run
        yield from refused
        return
    yield from _refused(server, key, ["MULTI", *(name for name in NEEDED if name not in ("MULTI", "DISCARD"))])


def _refused(server: Any, key: str, names: list[str]) -> Iterator[str]:
    """Ask for commands in a transaction that is discarded; return those that the user may not run."""
    names = [*names, "DISCARD"]
    with server.pipeline(transaction=False) as pipe:
        for name in names:
            words = [*name.split(), *(key if word == "@" else word for word in NEEDED[name].split())]
            # In bytes: redis-py would parse the answer "QUEUED" as it parses the answer of the command.
            pipe.execute_command(*(word.encode() for word in words))
        answers = pipe.execute(raise_on_error=False)
    if isinstance(answers[-1], NoPermissionError):  # the connection is in the transaction until it is closed
        server.connection_pool.disconnect(inuse_connections=False)
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, NoPermissionError):
            yield name if "to run" in str(answer) else f"{_KEYS} {key}"
