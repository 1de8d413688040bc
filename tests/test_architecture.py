"""How the package is built: layers, sizes, script headers, a cheap import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "orchestrator_celery"
MODULES = sorted(PACKAGE.rglob("*.py"))
VERBS = sorted((PACKAGE / "store" / "lua").glob("*.lua"))
PARTS = sorted((PACKAGE / "store" / "lua" / "lib").glob("*.lua"))
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40
LONGEST_VERB, LONGEST_PART = 120, 45


def name(path):
    return str(path.relative_to(PACKAGE))


def test_layers_import_downwards_only():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(tool)], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE, "look for the second idea in it"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = node.end_lineno - body[0].lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", VERBS, ids=name)
def test_verbs_say_what_they_do(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= LONGEST_VERB
    header = [line for line in lines if line.startswith("-- ")]
    order = [next(i for i, line in enumerate(header) if line.startswith(f"-- {part}")) for part in
             ("Purpose:", "KEYS:", "ARGV:", "RETURNS:")]  # fmt: skip
    assert order == sorted(order)


@pytest.mark.parametrize("path", PARTS, ids=name)
def test_parts_are_short_and_say_what_for(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= LONGEST_PART
    assert lines[0].startswith("-- ")


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
    assert not {"celery.bin.celery", "starlette", "uvicorn", "fastapi", "flask", "django"} & set(loaded)


def test_no_leftovers():
    """What is not built yet is not there."""
    for path in [*MODULES, *VERBS, *PARTS]:
        text = path.read_text()
        for word in ("NotImplementedError", "TODO", "FIXME", "XXX"):
            assert word not in text, f"{word} in {name(path)}"
