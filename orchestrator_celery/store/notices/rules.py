"""The rules of subscriptions, and the statuses that they ask for, which each process remembers for some seconds."""

from __future__ import annotations

import time
from typing import Any

from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.model.states import RunStatus
from orchestrator_celery.records.notices.rules import Rule, parse_rule, write_rule
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_call import Refused

__all__ = ("MOST_RULES", "Rules")

#: Most subscriptions of an app: every process reads all of them now and then.
MOST_RULES = 100
#: Seconds after which a process reads the rules again, before it changes a run.
_FRESH = 5.0


@raises_store_unavailable
class Rules:
    """The rules of one app.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._key = keys.subscriptions
        self._asked = ""
        self._read: float | None = None

    def add(self, rule: Rule) -> Refused | None:
        """Add a rule.

        Returns:
            `EXISTS` if the name is taken, `FULL` if there are too many rules, else None.
        """
        [word, *_] = scripts.load("subscribe").run(self._client, self._key, (rule.name, write_rule(rule), MOST_RULES))
        self._read = None
        return None if word == b"ok" else Refused(word.decode())

    def remove(self, name: str, id: str) -> bool:
        """Remove a rule; return whether this call did it."""
        [word, *_] = scripts.load("unsubscribe").run(self._client, self._key, (name, id))
        self._read = None
        return bool(word == b"ok")

    def all(self) -> list[Rule]:
        """Return all rules that can be read, the oldest first. A damaged rule must not stop changes of runs."""
        found = self._client.hgetall(self._key).items()
        rules = (unless_unreadable(parse_rule, "a subscription", name, raw) for name, raw in found)
        return sorted(filter(None, rules), key=lambda rule: (rule.created, rule.name))

    def statuses(self) -> str:
        """Return the statuses that a rule asks for, separated by commas; '' without rules.

        A rule that another process has added counts after five seconds at the latest.
        """
        if self._read is None or time.monotonic() - self._read >= _FRESH:
            read = time.monotonic()
            asked = {status for rule in self.all() for status in rule.on}
            self._asked = ",".join(status.value for status in RunStatus if status.value in asked)
            self._read = read
        return self._asked
