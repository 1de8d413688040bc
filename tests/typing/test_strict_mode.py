"""Users' files check in pyright strict and mypy strict, with the stubs of `celery-types`, in an environment of its own."""

import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USERS_FILE = Path(__file__).with_name("users_file.py")
#: What has to be an error, each added to the user's file, and a part of the error of either checker.
MISTAKES = {
    "swarm([]).progres()": "progres",
    "swarm([]).cancel(confirm=1.5)": "float",
    "Swarm([resize], max_concurrency=3)": "Task",
    'Swarm([]).apply_async().items(state=3)': "str",
    "orchestrator.run(3)": "str",
}  # fmt: skip

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """The programs of an environment with the package, both checkers and the stubs."""
    home = tmp_path_factory.mktemp("checkers")
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--editable", str(ROOT), "basedpyright", "celery-types", "mypy"], check=True)
    return home / "bin"


@pytest.fixture(params=["pyright", "mypy"])
def errors(request, tools, tmp_path):
    """Checks the user's file with another line at its end; returns the errors in it."""

    def check(line=""):
        (tmp_path / "users_file.py").write_text(f"{USERS_FILE.read_text()}\n\n{line}\n")
        (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "reportUnusedExpression": false}')
        if request.param == "mypy":
            command = [str(tools / "mypy"), "--strict", "--follow-imports", "silent", "users_file.py"]
        else:
            command = [str(tools / "basedpyright"), "--pythonpath", str(tools / "python"), "users_file.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout if done.returncode else ""

    return check


def test_a_users_file_has_no_errors(errors):
    assert errors() == ""


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_an_error(errors, line):
    assert MISTAKES[line] in errors(line)
