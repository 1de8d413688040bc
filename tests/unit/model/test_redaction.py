"""Secrets in text: what is hidden, what is left, and how long that takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.printing.redaction import redacted
from orchestrator_celery.model.printing.text import _hidden, without_secrets

SECRETS = [
    "password=s3cret",
    "db_password: s3cret",
    "'token': 's3cret'",
    '{"access_token": "s3cret", "n": 1}',
    "X-Api-Key: s3cret",
    "api_key=s3cret&page=2",
    "Authorization: Bearer s3cret-s3cret",
    "Authorization: Basic s3cret==",
    "curl -H 'Authorization: Bearer s3cret.s3cret'",
    "sent Bearer s3cret.s3cret.s3cret",
    "redis://:s3cret@host:6379/0",
    "amqp://me:s3cret@mq//",
    "https://me:s3cret@web/hook",
    "PASSWORD='s3cret with \\' quote'",
    "client_secret=s3cret",
]
PLAIN = [
    "the token count is 3",
    "password reset for ada",
    "https://host/path?page=2",
    "secretary=ada",
    "a = b, c: d",
    "mail ada@example.org",
    "",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_hidden(text):
    assert "s3cret" not in redacted(text)
    assert "**" in redacted(text)


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_is_left(text):
    assert redacted(text) == text


@given(st.text())
def test_any_text_can_be_redacted(text):
    """Given any text, then the result is text, and to redact it again changes nothing but the signs of hiding."""
    once = redacted(text)
    assert isinstance(redacted(once), str)


@pytest.mark.timeout(60)  # each of these took minutes when it took quadratic time
@pytest.mark.parametrize(
    "text",
    [
        "password" * 40_000, "a://" * 40_000, "a://b," * 40_000, "token='" + "\\" * 100_000, ":" * 200_000,
        "x" * 200_000 + "@", "://" + "x" * 200_000 + " ://", "token " + "a-" * 100_000, "token" + "-a" * 100_000 + ":",
        "a-" * 100_000 + "password=", "token" + " " * 200_000, "basic " * 40_000, ",".join(["redis://u:p@h"] * 10_000),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_long_text_takes_linear_time(text):
    """Given a text for which a search from each of its places would take quadratic time, then it is done soon."""
    redacted(text)


#: How URLs were found before it took linear time.
_SLOWLY = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*://)((?:(?![;,]\s*[a-zA-Z][a-zA-Z0-9+.\-]*://)\S)*)@")


@given(st.lists(st.sampled_from(["a", "redis", "1", "://", "@", ":", ",", ";", " ", "/", "http", "+x", "-", "é", "p"])))
def test_the_same_urls_lose_their_password(parts):
    text = "".join(parts)
    assert without_secrets(text) == _SLOWLY.sub(lambda url: _hidden(url[1], url[2]), text)
