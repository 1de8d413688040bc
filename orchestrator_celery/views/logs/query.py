"""Turns what a person types into a query of SQLite's full-text search."""

from __future__ import annotations

import re

__all__ = ("full_text_query",)

#: A phrase, a parenthesis, or a word.
_PART = re.compile(r'"(?:[^"]|"")*"\*?|[()]|[^\s()"]+|"')
_OPERATORS = ("AND", "OR", "NOT")
_PLAIN = re.compile(r"\w+\*?", re.ASCII)


def full_text_query(text: str) -> str:
    """Return the query in FTS5's language for words, "phrases", prefix*, AND, OR, NOT and parentheses.

    Words with other characters, such as `api_key=5` or `shop.tasks`, become phrases of their parts.

    >>> full_text_query('timeout OR conn* "no route" api.v2')
    'timeout OR conn* AND "no route" AND "api.v2"'
    """
    query: list[str] = []
    for part in map(_part, _PART.findall(text)):
        # FTS5 joins words by itself, but no parentheses.
        if query and query[-1] not in (*_OPERATORS, "(") and part not in (*_OPERATORS, ")"):
            query.append("AND")
        query.append(part)
    return " ".join(query)


def _part(part: str) -> str:
    if part in _OPERATORS or part in ("(", ")") or _PLAIN.fullmatch(part) or (part.startswith('"') and len(part) > 1):
        return part
    word, star = (part[:-1], "*") if part.endswith("*") and len(part) > 1 else (part, "")
    return '"' + word.replace('"', '""') + '"' + star
