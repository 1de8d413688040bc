"""What is shipped is what is tested."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = folder.glob("*.whl")
    return path


def test_everything_is_in_the_wheel(wheel):
    shipped = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "orchestrator_celery"
    wanted = {str(path.relative_to(ROOT)) for path in package.rglob("*") if path.suffix in (".py", ".lua")}
    assert "orchestrator_celery/py.typed" in shipped
    assert "orchestrator_celery/canvas/graph.schema.json" in shipped
    assert "orchestrator_celery/store/lua/claim.lua" in wanted
    assert wanted <= shipped


def test_nothing_else_is_in_the_wheel(wheel):
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.startswith(("orchestrator_celery/", "orchestrator_celery-")), name


def test_the_wheel_works_by_itself(wheel, tmp_path):
    """Imported from the archive's own files, not from the working tree; the scripts are found and complete."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import orchestrator_celery\nfrom orchestrator_celery.store import scripts\n"
        f"assert orchestrator_celery.__file__.startswith({str(tmp_path)!r})\n"
        "print(len([scripts.load(name) for name in scripts.names()]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 10
