"""Loads the Lua scripts: resolves includes, checks headers, runs them by their hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

__all__ = ("HEADER", "Script", "included", "load", "names")

#: What the comment block of every verb has, in this order.
HEADER = ("Purpose:", "KEYS:", "ARGV:", "RETURNS:")

_INCLUDE = re.compile(r"^-- include: (.+)$", re.MULTILINE)
#: What a verb includes that may move the tree on, in an order in which each part finds what it needs.
_EVERYTHING = (
    "run reply send live attempts packed definition ranges order pool graph flush release renew called complete "
    "next_item runners drained reclaim advance runner_ended go_on recount begin_pool layout looked_at decision failing "
    "token arrive walk joins skipping graph_end drive regain begin_graph sequence tree"
)
_FOLDER = files("orchestrator_celery.store") / "lua"


class Script(NamedTuple):
    """One verb: its whole text and the hash Redis knows it by."""

    name: str
    text: str
    sha: str

    def run(self, client: Any, key: str, args: Sequence[object]) -> list[Any]:
        """Run on the keys of one run; loads the text where the server does not have it yet."""
        try:
            reply: list[Any] = client.evalsha(self.sha, 1, key, *args)
        except NoScriptError:
            reply = client.eval(self.text, 1, key, *args)
        return reply

    def ensure(self, client: Any) -> None:
        """Load the text where the server does not have it, for calls in a pipeline."""
        if not client.script_exists(self.sha)[0]:
            client.script_load(self.text)


def names() -> list[str]:
    """Names of all verbs."""
    return sorted(item.name.removesuffix(".lua") for item in _FOLDER.iterdir() if item.name.endswith(".lua"))


def included(body: str) -> list[str]:
    """The parts a verb includes, in order."""
    include = _INCLUDE.search(body)
    return include[1].replace("everything", _EVERYTHING).split() if include else []


@cache
def load(name: str) -> Script:
    """Read one verb with its includes.

    Args:
        name: the file's name without `.lua`.

    Raises:
        ValueError: the header is not complete.
    """
    body = (_FOLDER / f"{name}.lua").read_text()
    missing = [part for part in HEADER if f"-- {part}" not in body]
    if missing:
        raise ValueError(f"{name}.lua: the header lacks {', '.join(missing)}")
    parts = [(_FOLDER / "lib" / f"{lib}.lua").read_text() for lib in included(body)]
    text = "\n".join([*parts, body])
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest())
