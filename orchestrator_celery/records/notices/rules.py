"""A rule of a subscription, a field of `orc:subscriptions:<app>`; the field is the subscription's name.

rule    = created " " id " " facts newline signature
created = milliseconds
facts   = JSON object: where, on, task, and whatever a later release adds
signature = the signature to send, as an encoded dict
"""

from __future__ import annotations

import json
from typing import NamedTuple

__all__ = ("Rule", "parse_rule", "write_rule")


class Rule(NamedTuple):
    """One rule.

    Args:
        name: the name of the subscription.
        id: distinguishes it from an earlier subscription of that name.
        where: the filter of runs, in its text form.
        on: the statuses.
        task: the name of the task that is sent, for lists.
        signature: the encoded signature.
        created: when it was made, in milliseconds of the store's clock.
    """

    name: str
    id: str
    where: str
    on: tuple[str, ...]
    task: str
    signature: bytes
    created: float = 0.0


def write_rule(rule: Rule) -> bytes:
    """Return the text of a rule without the time, which the store writes.

    >>> write_rule(Rule("n", "a1", "tag:eu", ("FAILED",), "proj.tell", b"{}"))
    b'a1 {"where": "tag:eu", "on": ["FAILED"], "task": "proj.tell"}\\n{}'
    """
    facts = {"where": rule.where, "on": rule.on, "task": rule.task}
    return f"{rule.id} {json.dumps(facts)}\n".encode() + rule.signature


def parse_rule(name: bytes, raw: bytes) -> Rule:
    """Read a rule.

    >>> parse_rule(b"n", b'5 a1 {"where": "", "on": ["FAILED"], "task": "t", "new": 1}\\n{}').on
    ('FAILED',)
    """
    head, _, signature = raw.partition(b"\n")
    created, id, text = head.decode().split(" ", 2)
    facts = json.loads(text)
    return Rule(name.decode(), id, facts["where"], tuple(facts["on"]), facts["task"], signature, float(created))
