"""With the stubs of `celery-types`, users' files check in pyright strict and mypy strict, and the package in mypy strict.

The stubs are in an environment of their own, because `make lint` checks without them.
"""

import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USERS_FILE, TYPED_TASKS = (Path(__file__).with_name(name) for name in ("users_file.py", "typed_tasks.py"))
#: What has to be an error, each added to the module with typed tasks, and a part of the error of either checker.
MISTAKES = {
    "swarms([]).progres()": "progres",
    "swarms([]).cancel(confirm=1.5)": "float",
    "Swarm([resize], max_concurrency=3)": "Task",
    'Swarm([]).apply_async().items(state=3)': "str",
    "orchestrator.run(3)": "str",
    "swarms([]).get().upper()": "upper",
    "number: int = ComplexSignature(resize.s('a', 1)).delay().get()": "str",
    "def wrong() -> Run[int]: return swarms([])": "list[str]",
}  # fmt: skip

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The programs of an environment with the package, both checkers and the stubs."""
    home = tmp_path_factory.mktemp("checkers")
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    package = f"{ROOT}[cli,dashboard,metrics,oidc,testing]"
    subprocess.run([*pip, "--editable", package, "basedpyright", "celery-types", "mypy"], check=True)
    return home / "bin"


@pytest.fixture(params=["pyright", "mypy"])
def errors(request, tools, tmp_path):
    """Checks a user's module with another line at its end; returns the errors in it."""

    def check(module, line=""):
        (tmp_path / "users_file.py").write_text(f"{module.read_text()}\n\n{line}\n")
        (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "reportUnusedExpression": false}')
        if request.param == "mypy":
            command = [str(tools / "mypy"), "--strict", "--follow-imports", "silent", "users_file.py"]
        else:
            command = [str(tools / "basedpyright"), "--pythonpath", str(tools / "python"), "users_file.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout if done.returncode else ""

    return check


@pytest.mark.parametrize("module", [USERS_FILE, TYPED_TASKS], ids=lambda module: module.stem)
def test_a_users_file_has_no_errors(errors, module):
    assert errors(module) == ""


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_an_error(errors, line):
    assert MISTAKES[line] in errors(TYPED_TASKS, line)


def test_the_package_checks_with_the_stubs_too(tools, tmp_path):
    """`make lint` checks it without them. `nox -s stubs` is this check alone."""
    command = [str(tools / "mypy"), "--cache-dir", str(tmp_path), "--package", "orchestrator_celery"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
