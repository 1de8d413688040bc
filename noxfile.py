"""The suite over every supported Python and over the oldest libraries; interpreters that are missing are skipped."""

import nox

nox.options.sessions = ["stubs", "tests", "oldest"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
#: The lower bounds of pyproject.toml; of redis the newest that this kombu allows: 5.3 has a deadlock with Celery.
OLDEST = ["celery~=5.5.0", "kombu[redis]~=5.5.0", "redis~=5.0", "pydantic~=2.5.0", "click~=8.1.0", "fastapi~=0.115.0"]
#: As `make test`: what shares a server stays in one process, see `tests/kit/groups.py`.
SPREAD = ["-n", "4", "--durations", "20"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, against the newest of everything."""
    build_pages(session)
    session.install(".[dev,embedded]")
    session.run("python", "-m", "pytest", *SPREAD, *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """What the core promises, against the oldest libraries that are supported."""
    build_pages(session)
    session.install(".[dev,embedded]", *OLDEST)
    session.run("python", "-m", "pytest", *SPREAD, "tests/unit", "tests/store", "tests/acceptance", *session.posargs)


@nox.session
def stubs(session: nox.Session) -> None:
    """The types of the package and of a user's module with the stubs of `celery-types`; `make lint` has none."""
    session.install("--editable", ".[cli,dashboard,metrics,oidc,testing]", "celery-types", "mypy>=1.13")
    session.run("mypy", "--package", "orchestrator_celery")
    session.run("mypy", "--strict", "--follow-imports", "silent", "tests/typing/typed_tasks.py")


def build_pages(session: nox.Session) -> None:
    """Build the pages of the dashboard, without which the package is not built."""
    node = "orchestrator_celery/dashboard/frontend/tools/node.sh"
    session.run(node, "npm", "run", "--silent", "build", external=True, env={"PYTHON_OF_PROJECT": "python"})
