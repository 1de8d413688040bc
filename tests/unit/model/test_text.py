"""Text of others, made safe to print: nothing steers a terminal, forges a line of a log, or shows a password."""

from __future__ import annotations

import io
import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.text import nearest, printable, printable_json, printable_lines

#: What no text may hold that goes to a terminal.
UNSAFE = {"Cc", "Cs", "Zl", "Zp"}

ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # halves of surrogate pairs as well

#: Each shows what is left of it, and none of them the word s3cret.
URLS = {
    "redis://:s3cret@db:6379/0": "redis://:**@db:6379/0",
    "redis://me:s3cret@db:6379/0": "redis://me:**@db:6379/0",
    "rediss://me:s3cret%2F@db/0?ssl_cert_reqs=required": "rediss://me:**@db/0?ssl_cert_reqs=required",
    "redis://s3cret@db": "redis://**@db",
    "redis://:s3cret/x@db": "redis://:**@db",
    "redis://:x@s3cret@db": "redis://:**@db",
    "redis://:s3cret?#x@db": "redis://:**@db",
    "sentinel://:s3cret@a:1;sentinel://:s3cret@b:2": "sentinel://:**@a:1;sentinel://:**@b:2",
    "['redis://:s3cret@a', 'redis://:s3cret@b']": "['redis://:**@a', 'redis://:**@b']",
    "redis+cluster://:s3cret@db": "redis+cluster://:**@db",
    "amqp://guest:s3cret@mq//": "amqp://guest:**@mq//",
    "db+postgresql://me:s3cret@db/x": "db+postgresql://me:**@db/x",
    "HTTPS://me:s3cret@web/hook?to=a@b": "HTTPS://me:**@web/hook?to=a@b",
    "https://me:s3cret/x@web/hook": "https://me:**@web/hook",
    "https://web/hook?token=s3cret&x=1": "https://web/hook?token=**&x=1",
    "redis://db?password=s3cret": "redis://db?password=**",
    "host=db password=s3cret user=me": "host=db password=** user=me",
}


@pytest.mark.parametrize(("text", "shown"), URLS.items())
@pytest.mark.parametrize("around", ["{}", "no answer from {} today", "'{}'", "a ({}): b"])
def test_a_password_is_hidden(text, shown, around):
    """Given a URL with a password anywhere in a text, then host and user are shown, and the password is not."""
    assert printable(around.format(text)) == around.format(shown)
    assert "s3cret" not in printable_lines(around.format(text))


@pytest.mark.parametrize(
    "text",
    [
        "https://web/@me/x",
        "https://cdn/pkg@1.2",
        "http://web:80/a@b",
        "a@b.c",
        "x = y",
        "redis://db/0",
        "token=1",
        "file:///a@b",
    ],
)
def test_what_is_no_password_is_left(text):
    """Given text without a password, then it is shown as it is."""
    assert printable(text) == text


@given(ANY_TEXT)
def test_any_text_becomes_one_line_that_can_be_printed(text):
    """Given any text, then it is one line without control characters, every terminal can encode it, and again is the same."""
    safe = printable(text)
    assert not [character for character in safe if unicodedata.category(character) in UNSAFE]
    assert len(safe.splitlines()) <= 1
    safe.encode()
    assert printable(safe) == safe


@given(ANY_TEXT)
def test_any_text_becomes_lines_that_can_be_printed(text):
    """Given any text, then its lines stay lines, each begins as asked, and nothing else in it is a control character."""
    safe = printable_lines(text, "| ")
    assert all(line.startswith("| ") for line in safe.split("\n"))
    assert not [c for c in safe if unicodedata.category(c) in UNSAFE and c not in "\n\t"]


@pytest.mark.parametrize("text", ["Grüße", "naïve - 50\u00a0%", "日本", "👩\u200d🚀", "مرحبا", "C:\\new\\x41"])
def test_ordinary_text_is_left(text):
    """Given text of any language, then it is printed as it is."""
    assert printable(text) == text


@given(
    st.recursive(ANY_TEXT | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner))
)
def test_a_json_document_stays_the_same_document(value):
    """Given any JSON with raw characters in it, then it means the same, and holds none that steers a terminal."""
    document = printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(document) == value
    assert not [character for character in document if unicodedata.category(character) in UNSAFE]


def test_what_cannot_be_printed_is_named():
    """Given an object whose own words fail, then its class is named."""

    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    assert printable(Mute()) == "<Mute: its str raised RuntimeError>"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("nmae", "name"), ("dedline", "deadline"), ("max_concurency", "max_concurrency"), ("concurrency", "max_concurrency"),
     ("tag", "tags"), ("name", None), ("tenant", None), ("x", None)],
)  # fmt: skip
def test_the_nearest_word(word, meant):
    """Given a misspelt word, then the known one is found; another word is nobody's."""
    assert nearest(word, ["name", "deadline", "max_concurrency", "tags"]) == meant


def test_what_the_package_logs_is_safe():
    """Given names and an error full of control characters, then a plain handler writes no line that is not ours."""
    written = io.StringIO()
    logger = safe_logger("orchestrator_celery.test_text")
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("LOG %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    nasty = "x\x1b[2J\nLOG forged redis://:s3cret@db"
    try:
        logger.warning("Of %s: %r", nasty, ValueError(nasty))
        try:
            raise ValueError(nasty)
        except ValueError:
            logger.exception("Lost %s.", nasty)
    finally:
        logger.removeHandler(handler)
    lines = written.getvalue().splitlines()
    assert len([line for line in lines if line.startswith("LOG")]) == 2
    assert "\x1b" not in written.getvalue()
    assert "s3cret" not in written.getvalue()
    assert [line for line in lines if not line.startswith(("LOG", "  "))] == []
    assert any("ValueError: x\\x1b[2J" in line for line in lines)
