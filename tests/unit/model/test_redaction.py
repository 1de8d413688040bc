"""Secrets in text: what is hidden, what is left, and how long that takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.model.printing.redaction import redacted

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


def test_long_text_takes_linear_time():
    """Given texts that a backtracking pattern would need ages for, then they are done."""
    for text in ("password" * 20_000, "a://" * 20_000, "token='" + "\\" * 50_000, ":" * 100_000, "x" * 200_000 + "@"):
        redacted(text)
