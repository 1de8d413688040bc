"""The Python of README and docs runs as printed, against a real Redis and a real worker; how, says `kit/pages.py`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import orchestrator_celery
from orchestrator_celery import OrchestratorSettings
from orchestrator_celery.model.lifecycle import table
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.forking import FORKS
from tests.kit.pages import app_of, blocks_of, write_files
from tests.kit.workers import Worker

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])
#: Where the package under test was imported from: the clone, or an installed wheel.
PACKAGE = str(Path(orchestrator_celery.__file__).parent.parent)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
CODE = re.compile(r"^(`{3,}).*?^\1`*$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture
def redis():
    with EmbeddedRedis() as server:
        yield server


@pytest.mark.parametrize("page", [p for p in PAGES if any(blocks_of(p))], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_runs_as_printed(page, redis, tmp_path):
    """Given the files a page shows, when its session is played, then it prints what the page prints."""
    env = {
        "CELERY_BROKER_URL": redis.url(db=0),
        "CELERY_RESULT_BACKEND": redis.url(db=1),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), PACKAGE, str(ROOT)]),
    }
    write_files(page, tmp_path)
    with Worker(redis.url(db=0), redis.url(db=1), app=app_of(page), env=env, ready=False):
        session = ["-m", "tests.kit.pages", str(page)]
        done = FORKS.run(*session, cwd=tmp_path, env={**os.environ, **env}, timeout=250)
        assert done.returncode == 0, done.stdout


def test_a_block_that_cannot_run_leaves_out_no_other(tmp_path):
    """Given two blocks that cannot run, then those before, between and after them are played."""
    left_out = "<!-- not run: it cannot -->\n```python\nassert False\n```\n"
    played = [f"```python\nassert {number}\n```\n" for number in (1, 2, 3)]
    page = tmp_path / "page.md"
    page.write_text("\n".join([played[0], left_out, "Words.", played[1], left_out, played[2]]))
    assert [block.code for block in blocks_of(page)] == ["assert 1\n", "assert 2\n", "assert 3\n"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    """Given a page, then every relative link in it names a file of the project, and a heading of that file."""
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        path = page.parent / target if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def anchors(page):
    """The anchors that GitHub gives the headings of a page."""
    headings = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    words = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in words}


def test_the_readme_is_short():
    """Given the README, then it is read in a minute: under 120 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) < 120


def test_the_settings_page_has_every_setting():
    """Given the settings model, then the page's table is its names, defaults and descriptions."""
    page = (ROOT / "docs/how-to/settings.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `orchestrator_")]
    assert rows == [_row(field.alias or name, field) for name, field in OrchestratorSettings.model_fields.items()]


def test_the_table_of_verbs_is_current():
    """Given the page of verbs and statuses, then its table is the one the code refuses by."""
    assert table() in (ROOT / "docs/reference/lifecycle.md").read_text()


def _row(name, field):
    default = "not set" if field.default is None else f"`{field.default}`"
    return f"| `orchestrator_{name}` | {default} | {field.description} |"
