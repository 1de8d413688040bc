"""Loads the Lua scripts: resolves includes and names of `orchestrator_celery.records`, checks headers, runs them by hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

from orchestrator_celery.records.lua_names import with_literals

__all__ = ("HEADER", "Script", "included", "load", "names")

#: Parts of the comment block of every verb, in this order.
HEADER = ("Purpose:", "KEYS:", "ARGV:", "RETURNS:")

_INCLUDE = re.compile(r"^-- include: (.+)$", re.MULTILINE)
#: Helpers that verbs include together, in an order in which each helper finds the functions it calls.
_SETS = {
    # Reads the head and answers.
    "base": "records/node_id run records/live reply",
    # Sends messages of leaves.
    "outbox": "base records/definition records/packed definition send live",
    # Moves the tree on.
    "everything": (
        "outbox records/ended records/pool records/graph records/active attempts line line_changes pool flush release "
        "renew callbacks complete next_item runners pool_end reclaim pump runner_ended steps recount begin_pool edges "
        "looked_at decision graph_failure visits arrive leave follow start_join unreachable graph_end tokens "
        "graph_retry begin_graph step_ended tree"
    ),
}
_FOLDER = files("orchestrator_celery.store") / "lua"


class Script(NamedTuple):
    """One verb: its whole text, and the hash that Redis knows it by."""

    name: str
    text: str
    sha: str

    def run(self, client: Any, key: str, args: Sequence[object]) -> list[Any]:
        """Run on the keys of one run; loads the text if the server does not have it yet."""
        try:
            reply: list[Any] = client.evalsha(self.sha, 1, key, *args)
        except NoScriptError:
            reply = client.eval(self.text, 1, key, *args)
        return reply

    def ensure(self, client: Any) -> None:
        """Load the text if the server does not have it, for calls in a pipeline."""
        if not client.script_exists(self.sha)[0]:
            client.script_load(self.text)


def names() -> list[str]:
    """Names of all verbs."""
    return sorted(item.name.removesuffix(".lua") for item in _FOLDER.iterdir() if item.name.endswith(".lua"))


def included(body: str) -> list[str]:
    """The helpers that a verb includes, in order."""
    include = _INCLUDE.search(body)
    return [helper for name in include[1].split() for helper in _helpers(name)] if include else []


def _helpers(name: str) -> list[str]:
    if name not in _SETS:
        return [name]
    return [helper for part in _SETS[name].split() for helper in _helpers(part)]


@cache
def load(name: str) -> Script:
    """Read one verb with the helpers it includes; names of the records become literals.

    Args:
        name: the file's name without `.lua`.

    Raises:
        ValueError: the header is not complete, or a name is unknown.
    """
    body = (_FOLDER / f"{name}.lua").read_text()
    missing = [part for part in HEADER if f"-- {part}" not in body]
    if missing:
        raise ValueError(f"{name}.lua: the header lacks {', '.join(missing)}")
    parts = [(_FOLDER / "lib" / f"{helper}.lua").read_text() for helper in included(body)]
    text = with_literals(name, "\n".join([*parts, body]))
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest())
