"""Reads who may log in from a file: a line of three words for each person. Lines that begin with `#` are comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator_celery import InvalidSettings
from orchestrator_celery.dashboard.server.access.logins import BasicAuth, TokenAuth

__all__ = ("read_secret", "read_tokens", "read_users")

_WORDS = 3


def read_tokens(path: Path) -> TokenAuth:
    """Return the login of a file with lines of `<token> <name> <role>`.

    Raises:
        InvalidSettings: the file or a line of it cannot be read, a token is too short, or a role is not known.
    """
    return TokenAuth({token: (name, role) for token, name, role in _lines(path, "<token> <name> <role>")})


def read_users(path: Path) -> BasicAuth:
    """Return the login of a file with lines of `<name> <password> <role>`; a password is text or `hashed_password()`.

    Raises:
        InvalidSettings: the file or a line of it cannot be read, or a role is not known.
    """
    return BasicAuth({name: (password, role) for name, password, role in _lines(path, "<name> <password> <role>")})


def read_secret(path: Path) -> str:
    """Return the secret in a file.

    Raises:
        InvalidSettings: the file cannot be read.
    """
    return _text(path).strip()


def _lines(path: Path, form: str) -> Iterator[list[str]]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        words = [] if line.lstrip().startswith("#") else line.split()
        if words and len(words) != _WORDS:  # the line may hold a secret, so it is not quoted
            raise InvalidSettings(f"Line {number} of {path} has {len(words)} words: write {form}.")
        if words:
            yield words


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text in UTF-8"
        raise InvalidSettings(f"The file {path} cannot be read: {reason}.") from None
