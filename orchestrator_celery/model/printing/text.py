"""Makes text of users and records safe for terminals, logs and errors.

Names, notes, messages, task names and tracebacks come from users. In raw text, an escape sequence controls the
terminal, a line break forges a line of the log, and a URL shows its password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from orchestrator_celery.model.printing.safe_text import safe_str

__all__ = ("nearest", "printable", "printable_json", "printable_lines", "without_secrets")

#: Control characters, characters that reverse or hide text, and lone surrogates, which no terminal can encode.
_UNPRINTABLE = (
    r"\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f"
)
_ANY = re.compile(f"[{_UNPRINTABLE}]")
#: The same except the tab and the end of a line.
_WITHIN_LINES = re.compile(rf"(?![\t\n])[{_UNPRINTABLE}]")
#: In a JSON document that ASCII control characters are escaped in already.
_IN_JSON = re.compile(rf"(?![\x00-\x1f])[{_UNPRINTABLE}]")

#: The end of the scheme of a URL.
_SCHEME_END = "://"
#: What may not stand in a scheme; read backwards from its end.
_NO_SCHEME = re.compile(r"[^a-zA-Z0-9+.\-]")
_LETTER = re.compile(r"[a-zA-Z]")
#: What ends a URL with a password: white space, or the next URL of a list. A password may contain any other character.
_URL_END = re.compile(r"\s|[;,](?=\s*[a-zA-Z][a-zA-Z0-9+.\-]{0,40}://)")
_USER = re.compile(r"[\w.~%+\-]*")
#: Schemes of documents: an `@` is common in their paths.
_DOCUMENTS = ("http://", "https://", "file://")
_SECRET = re.compile(
    r"((?:[?&;]|(?<![\w\-]))(?:[\w\-]*(?:password|passwd)|(?<=[?&;])[\w\-]*(?:pwd|secret|token|api_?key|access_?key|auth))=)"
    r"[^&;,\s'\")\]}]+",
    re.IGNORECASE,
)


def printable(text: object) -> str:
    r"""Return one line that is safe to print: control characters are escaped, passwords of URLs are hidden.

    >>> printable("a\x1b[2Jb\nc")
    'a\\x1b[2Jb\\nc'
    >>> printable("no answer from redis://:s3cret@db:6379/0")
    'no answer from redis://:**@db:6379/0'
    """
    return _ANY.sub(_escaped, without_secrets(safe_str(text)))


def printable_lines(text: object, indent: str = "") -> str:
    r"""Return several lines that are safe to print, such as a traceback.

    Args:
        text: the lines.
        indent: the prefix of every line. With a prefix, no line can be mistaken for a separate log record.

    >>> printable_lines("Traceback:\n  \x1b]0;owned\x07", "| ")
    '| Traceback:\n|   \\x1b]0;owned\\x07'
    """
    safe = _WITHIN_LINES.sub(_escaped, without_secrets(safe_str(text).replace("\r\n", "\n")))
    return indent + safe.replace("\n", "\n" + indent)


def printable_json(document: str) -> str:
    r"""Return an equal JSON document that is safe to print: more of its characters are escaped.

    >>> printable_json('["\x9b2J"]')
    '["\\u009b2J"]'
    """
    return _IN_JSON.sub(_escaped_in_json, document)


def nearest(word: str, known: Iterable[str], *, strict: bool = False) -> str | None:
    """Return the known word that a misspelled word resembles, or None.

    Args:
        word: the misspelled word.
        known: the known words.
        strict: accept one edit only, two in a long word. An edit inserts, removes, replaces or swaps letters.

    >>> nearest("nmae", ["name", "tags"])
    'name'
    """
    words = sorted({*known} - {word})
    edits = [(_edits(word, one), one) for one in words if abs(len(one) - len(word)) <= _MANY]
    count, best = min(edits, default=(_MANY, ""))
    if len(word) >= _SHORT and count <= (_MANY if len(best) >= _LONG else 1):
        return best
    return None if strict else next(iter(get_close_matches(word, words, 1, cutoff=0.8)), None)


#: Most edits, the length of a long word, and the length below which a word resembles too many others.
_MANY, _LONG, _SHORT = 2, 9, 3


def _edits(one: str, other: str) -> int:
    """Return the edit distance; a swap of two neighbours is one edit."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def without_secrets(text: str) -> str:
    """Return a text without passwords of URLs and of connection strings."""
    if _SCHEME_END in text:
        text = "".join(_without_passwords(text))
    return _SECRET.sub(r"\1**", text) if "=" in text else text


def _without_passwords(text: str) -> Iterator[str]:
    """Yield the parts of a text, each URL without its password. Takes linear time, whatever the text."""
    written = at = 0
    while (at := text.find(_SCHEME_END, at)) >= 0:
        start = _start_of_scheme(text, written, at)
        at += len(_SCHEME_END)
        if start is None:
            continue
        ends = _URL_END.search(text, at)
        last = text.rfind("@", at, ends.start() if ends else len(text))
        if last < 0:  # neither has a URL inside this one a password
            at = ends.start() if ends else len(text)
            continue
        yield text[written:start]
        yield _hidden(text[start:at], text[at:last])
        written = at = last + 1
    yield text[written:]


def _start_of_scheme(text: str, begin: int, end: int) -> int | None:
    """Return where the scheme begins that ends at a place; None without a scheme."""
    start = end
    while start > begin and not _NO_SCHEME.match(text, start - 1):
        start -= 1
    letter = _LETTER.search(text, start, end)
    return None if letter is None else letter.start()


def _hidden(scheme: str, secret: str) -> str:
    if scheme.lower() in _DOCUMENTS and "/" in secret:
        authority, _, path = secret.partition("/")
        port = authority.rpartition(":")[2]
        if "@" in authority:
            return f"{scheme}{_hidden_user(authority.rpartition('@')[0])}@{authority.rpartition('@')[2]}/{path}@"
        if port == authority or port.isdecimal():
            return f"{scheme}{secret}@"
    return f"{scheme}{_hidden_user(secret)}@"


def _hidden_user(secret: str) -> str:
    user, colon, _ = secret.partition(":")
    return f"{user}:**" if colon and _USER.fullmatch(user) else "**"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _escaped_in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
