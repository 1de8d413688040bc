"""What is shipped is what is tested."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

from orchestrator_celery.cli.dashboard import NO_PAGES
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit import fresh
from tests.kit.servers import missing

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "orchestrator_celery/dashboard/static/index.html"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if not PAGES.is_file():
        missing("The build of the dashboard's pages (make frontend)")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    build(command)
    [path] = folder.glob("*.whl")
    return path


def build(command):
    """Build a package. There is no Node on the path."""
    env = {**os.environ, "PATH": os.defpath}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_is_in_the_wheel(wheel):
    shipped = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "orchestrator_celery"
    ours = [path for path in package.rglob("*") if "node_modules" not in path.parts]
    wanted = {str(path.relative_to(ROOT)) for path in ours if path.suffix in (".py", ".lua")}
    assert "orchestrator_celery/py.typed" in shipped
    assert "orchestrator_celery/canvas/graphs/graph.schema.json" in shipped
    assert "orchestrator_celery/store/lua/claim.lua" in wanted
    assert wanted <= shipped
    pages = {str(path.relative_to(ROOT)) for path in PAGES.parent.rglob("*") if path.is_file()}
    assert pages <= shipped
    assert not [name for name in shipped if "/frontend/" in name]


@pytest.fixture
def checkout(tmp_path):
    """A tree as git has it: without the pages, and with a front end that builds at once."""
    tree = tmp_path / "checkout"
    left_out = shutil.ignore_patterns("static", "node_modules", "__pycache__")
    shutil.copytree(ROOT / "orchestrator_celery", tree / "orchestrator_celery", ignore=left_out)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    node = tree / "orchestrator_celery/dashboard/frontend/tools/node.sh"
    node.write_text(
        '#!/bin/sh\n[ "$*" = "npm run --silent build" ] && cd "$(dirname "$0")/../.." && mkdir static && touch static/index.html\n'
    )
    return tree


def built_from(tree, pages):
    """The end of a build of a tree, and the files of its wheel."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tree / "dist"), str(tree)]
    env = {**os.environ, "PATH": os.defpath, "ORCHESTRATOR_PAGES": pages}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done, [name for wheel in tree.glob("dist/*.whl") for name in zipfile.ZipFile(wheel).namelist()]


def test_a_checkout_without_pages_installs_without_them(checkout):
    """Given a tree without the pages, then its wheel has everything else, and its dashboard says what is missing."""
    done, files = built_from(checkout, "")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ORCHESTRATOR_PAGES=build" in done.stdout + done.stderr
    assert "orchestrator_celery/store/lua/claim.lua" in files
    assert not [name for name in files if "/static/" in name]
    code = "from orchestrator_celery.dashboard import serving\nassert not serving.has_pages()"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, check=True)
    assert "ORCHESTRATOR_PAGES=build" in NO_PAGES


def test_a_checkout_builds_its_pages_if_it_is_told_to(checkout):
    """Given a tree without the pages, when pages are asked for, then they are in the wheel."""
    done, files = built_from(checkout, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orchestrator_celery/dashboard/static/index.html" in files


@pytest.mark.parametrize(("pages", "words"), [("required", "make frontend"), ("yes", "is not allowed")])
def test_a_release_without_pages_is_refused(checkout, pages, words):
    """Given a tree without the pages, when a release is built, then the build fails and says what to do."""
    done, files = built_from(checkout, pages)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert files == []


def test_the_demo_installs_what_it_runs():
    """Given an empty environment, then `make demo` installs the package, and nothing that tests or checks need."""
    command = ["make", "--dry-run", "demo", "VENV=/nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    [wanted] = re.findall(r"--editable '(.*?)'", done.stdout)
    assert wanted in (".", ".[embedded]")


def test_nothing_else_is_in_the_wheel(wheel):
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.startswith(("orchestrator_celery/", "orchestrator_celery-")), name


def test_the_wheel_works_by_itself(wheel, tmp_path):
    """Imported from the archive's own files, not from the working tree; the scripts are found and complete."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import orchestrator_celery\nfrom orchestrator_celery.store.scripting import scripts\n"
        f"assert orchestrator_celery.__file__.startswith({str(tmp_path)!r})\n"
        "print(len([scripts.load(name) for name in scripts.names()]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 10


def test_redis_may_be_the_broker(wheel):
    """Given the wheel's metadata, then it depends on Celery with what kombu needs for Redis."""
    archive = zipfile.ZipFile(wheel)
    [metadata] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
    assert "Requires-Dist: celery[redis]>=5.5" in metadata.splitlines()


@pytest.fixture(scope="module")
def commands(wheel, tmp_path_factory):
    """The commands of an environment that has the wheel and nothing that it does not need."""
    return fresh.install(wheel, tmp_path_factory.mktemp("fresh") / "env")


@pytest.mark.slow
def test_the_wheel_alone_runs_the_readme(commands, tmp_path):
    """Given a fresh environment without extras, then the README's own lines run with a worker, and Redis as broker."""
    (tmp_path / "project").mkdir()
    with EmbeddedRedis() as redis:
        env = {"CELERY_BROKER_URL": redis.url(0), "CELERY_RESULT_BACKEND": redis.url(1)}
        fresh.play(ROOT / "README.md", commands, tmp_path / "project", env)


@pytest.mark.slow
def test_the_wheel_serves_the_dashboard_without_node(wheel, commands, tmp_path):
    """Given the wheel with its extra, when its command is started where there is no Node, then all files of the pages are there."""
    fresh.add(commands, f"{wheel}[dashboard]")
    (tmp_path / "proj.py").write_text(
        "from celery import Celery\nfrom orchestrator_celery import Orchestrator\n"
        "app = Celery('proj')\norchestrator = Orchestrator(app)\n"
    )
    with EmbeddedRedis() as redis, fresh.serving(commands, tmp_path, redis) as address:
        index = read(address, "/")
        files = re.findall(r'(?:src|href)="(\./[^"]+)"', index)
        assert any(name.endswith(".js") for name in files)
        assert any(name.endswith(".css") for name in files)
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', index), "nothing comes from elsewhere"
        for name in files:
            assert read(address, name.removeprefix("."))
        assert json.loads(read(address, "/api/runs"))["runs"] == []


def test_the_wheel_of_the_sdist_has_the_pages(wheel, tmp_path):
    """Given the sdist, then a wheel is built from it without Node, with the same files."""
    build([sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)])
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [tree] = [path for path in tmp_path.iterdir() if path.is_dir()]
    build([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(tree)])
    [made] = tmp_path.glob("*.whl")
    assert sorted(zipfile.ZipFile(made).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def read(address, path):
    with urllib.request.urlopen(address + path, timeout=60) as answer:
        return answer.read().decode()
