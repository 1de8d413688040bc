"""The Lua scripts: checks their headers, runs them by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError

from orchestrator_celery.store.permissions import ensure_permitted
from orchestrator_celery.store.scripting.call_numbers import call_number, event_number
from orchestrator_celery.store.scripting.script_text import FOLDER, included, script_text

__all__ = ("HEADER", "READING", "Call", "Script", "load", "names")

#: Parts of the comment block of every verb, in this order.
HEADER = ("Purpose:", "KEYS:", "ARGV:", "RETURNS:")


class Script(NamedTuple):
    """One verb: its whole text, and the hash that Redis knows it by."""

    name: str
    text: str
    sha: str
    #: Whether its calls are numbered, so that a call that is sent again changes nothing.
    numbered: bool = False

    def run(self, client: Any, key: str, args: Sequence[object], event: str | None = None) -> list[Any]:
        """Run on the keys of one run; loads the text if the server does not have it yet.

        Args:
            client: a redis-py client.
            key: the first key.
            args: the arguments.
            event: what the call tells of. Calls of any process that tell of the same event within ten minutes are one
                call; only for numbered scripts.

        Raises:
            StoreUnavailable: the user of the store may not run all that scripts run.
        """
        if not self.numbered:
            return self._call(client, key, args)
        if event is not None:
            return self._call(client, key, (event_number(event), *args))
        with call_number() as number:
            return self._call(client, key, (number, *args))

    def _call(self, client: Any, key: str, args: Sequence[object]) -> list[Any]:
        ensure_permitted(client, key)
        try:
            reply: list[Any] = client.evalsha(self.sha, 1, key, *args)
        except NoScriptError:
            reply = client.eval(self.text, 1, key, *args)
        return reply

    def ensure(self, client: Any) -> None:
        """Load the text if the server does not have it, for calls in a pipeline."""
        if not client.script_exists(self.sha)[0]:
            client.script_load(self.text)


#: A call that is not made yet: the script, the key, the arguments.
Call = tuple[Script, str, tuple[object, ...]]

#: Scripts that change nothing. `count_waiting` unpacks definitions, which any later call would do.
READING = frozenset({"count_waiting", "definitions", "followed", "index_page", "items_in_state", "sweep"})


def names() -> list[str]:
    """Names of all verbs."""
    return sorted(item.name.removesuffix(".lua") for item in FOLDER.iterdir() if item.name.endswith(".lua"))


@cache
def load(name: str) -> Script:
    """Read one verb with the helpers it includes.

    Args:
        name: the file's name without `.lua`.

    Raises:
        ValueError: the header is not complete, or a name is unknown.
    """
    body = (FOLDER / f"{name}.lua").read_text()
    missing = [part for part in HEADER if f"-- {part}" not in body]
    if missing:
        raise ValueError(f"{name}.lua: the header lacks {', '.join(missing)}")
    text = script_text(name)
    return Script(name, text, hashlib.sha1(text.encode()).hexdigest(), "asked" in included(body))
