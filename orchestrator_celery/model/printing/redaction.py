"""Removes secrets from text that leaves the process which owns them. A project may put its own function in place."""

from __future__ import annotations

import re

from orchestrator_celery.model.printing.text import without_secrets

__all__ = ("HIDDEN", "redacted")

#: What stands in place of a secret.
HIDDEN = "**"
#: A text without any of these has no secret that the patterns below would find. Most texts have none.
_SIGNS = ("pass", "pwd", "secret", "token", "key", "auth", "://", "bearer", "basic")
_NAMES = r"[\w\-]*(?:password|passwd|pwd|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key|authorization)"
#: Each run of letters is looked at once, from its start: a search from each of its letters would take quadratic time.
#: `name=value`, `name: value`, `'name': 'value'`; a value in quotes ends at its quote.
_PAIR = re.compile(
    rf"""(?P<name>(?P<quote>["']?)(?<![\w\-]){_NAMES}(?P=quote))(?P<sign>\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.){0,4096}"|'(?:[^'\\]|\\.){0,4096}'|(?:(?:Bearer|Basic|Digest)\s+)?[^\s,;&"'}\])]+)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(?P<scheme>Bearer|Basic)\s+[\w\-.~+/]{8,}=*", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return a text without the values of keys such as password, token or api_key, and without passwords of URLs.

    >>> redacted("login with password=s3cret at amqp://me:s3cret@mq/")
    'login with password=** at amqp://me:**@mq/'
    >>> redacted("{'api_key': 's3cret', 'page': 3}")
    "{'api_key': '**', 'page': 3}"
    >>> redacted("Authorization: Bearer s3cret.s3cret")
    'Authorization: **'
    """
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    text = _PAIR.sub(_hidden, without_secrets(text))
    return _SCHEME.sub(rf"\g<scheme> {HIDDEN}", text)


def _hidden(found: re.Match[str]) -> str:
    quote = found["value"][0] if found["value"][0] in "\"'" else ""
    return f"{found['name']}{found['sign']}{quote}{HIDDEN}{quote}"
