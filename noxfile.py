"""The suite over every supported Python, and over the oldest Celery; interpreters that are missing are skipped."""

import nox

nox.options.sessions = ["tests", "oldest"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, against the newest of everything."""
    session.install(".[dev,embedded]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """What the core promises, against the oldest Celery that is supported."""
    session.install(".[dev,embedded]", "celery~=5.5.0", "kombu~=5.5.0")
    session.run("python", "-m", "pytest", "tests/unit", "tests/store", "tests/acceptance", *session.posargs)
