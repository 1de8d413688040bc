"""How the package is built: layers, sizes, script headers, a cheap import."""

import ast
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from orchestrator_celery.store.scripting.scripts import HEADER

PACKAGE = Path(__file__).parents[1] / "orchestrator_celery"
#: Packages of Node hold Python files too.
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
VERBS = sorted((PACKAGE / "store" / "lua").glob("*.lua"))
PARTS = sorted((PACKAGE / "store" / "lua" / "lib").rglob("*.lua"))
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40
LONGEST_VERB, LONGEST_PART = 120, 40
FOLDERS = sorted({path.parent for path in MODULES})
MOST_MODULES = 16  #: beside `__init__.py`


def name(path):
    return str(path.relative_to(PACKAGE))


def heading(path):
    """The comment a script begins with."""
    return list(takewhile(lambda line: line.startswith("-- "), path.read_text().splitlines()))


def code_lines(path):
    lines = path.read_text().splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("--")]


def test_layers_import_downwards_only():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(tool)], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE, "look for the second idea in it"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_folders_hold_few_modules(folder):
    modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, "look for the second role in it"


def test_every_script_is_a_verb_or_a_part_of_one():
    assert sorted(PACKAGE.rglob("*.lua")) == sorted([*VERBS, *PARTS])


@pytest.mark.parametrize("path", VERBS, ids=name)
def test_verbs_are_short_and_say_what_they_do(path):
    assert len(path.read_text().splitlines()) <= LONGEST_VERB
    said = [part for line in heading(path) for part in HEADER if line.startswith(f"-- {part}")]
    assert said == list(HEADER), "one of each, in this order, above the code"


@pytest.mark.parametrize("path", PARTS, ids=name)
def test_parts_are_short_and_say_what_for(path):
    assert len(code_lines(path)) <= LONGEST_PART, "comments are not counted: they may say as much as they have to"
    assert heading(path)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_logs_and_terminals_get_no_raw_text(path):
    """Every logger is a safe one, and the command line prints through functions that escape."""
    text = path.read_text()
    if path.name not in ("safe_log.py", "log_capture.py"):  # the latter listens, and writes no line of its own
        assert "getLogger" not in text
    if path.parent.name == "cli":
        calls = [line for line in text.splitlines() if "click.echo(" in line]
        assert [line for line in calls if 'f"' in line and "printable(" not in line] == []


def test_importing_is_cheap():
    """Neither a web framework nor the command line of Celery, nor a connection."""
    code = "import orchestrator_celery, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    unwanted = {"celery.bin", "starlette", "uvicorn", "fastapi", "flask", "django", "celery", "redis", "pydantic"}
    assert not unwanted & set(loaded)


def test_installing_loads_no_more_than_celery_needs():
    code = (
        "import sys\nfrom celery import Celery\nfrom orchestrator_celery import Orchestrator\n"
        "Orchestrator(Celery('x', backend='redis://127.0.0.1:1/0'))\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    # Kombu loads Django itself, where it is installed.
    assert not {"celery.bin.celery", "starlette", "uvicorn", "fastapi", "flask"} & set(loaded)


def test_no_leftovers():
    """What is not built yet is not there."""
    for path in [*MODULES, *VERBS, *PARTS]:
        text = path.read_text()
        for word in ("raise NotImplementedError", "TODO", "FIXME", "XXX"):
            assert word not in text, f"{word} in {name(path)}"
