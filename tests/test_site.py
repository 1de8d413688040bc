"""The documentation site: built strictly, every page and public name in it, and nothing from elsewhere."""

import importlib
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

import orchestrator_celery
from tests.kit.browsers import chromium_program
from tests.kit.servers import missing

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("templates", "notify", "dashboard", "metrics.exposition", "testing", "testing.plugin")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site. A warning, such as of a link or an anchor that leads nowhere, fails the build."""
    env = {**os.environ, "PYTHON_OF_PROJECT": sys.executable, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(["make", "--silent", "site-scripts"], cwd=ROOT, env=env, check=True)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Sources(HTMLParser):
    """What a page loads, and where its links lead to."""

    def __init__(self, page):
        super().__init__()
        self.loaded, self.links = [], []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.loaded += [found["src"]] if found.get("src") else []
        elif tag == "link" and found.get("rel") != "canonical":
            self.loaded.append(found.get("href", ""))
        elif tag == "a":
            self.links.append(found.get("href") or "")


def test_every_public_name_is_in_the_reference(site):
    """Given the names of the package and of its public modules, then the site's inventory has each."""
    raw = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    inventory = {line.split(" ", 1)[0] for line in zlib.decompress(raw).decode().splitlines()}
    wanted = {f"orchestrator_celery.{name}" for name in orchestrator_celery.__all__} - {
        "orchestrator_celery.templates",
        "orchestrator_celery.notify",
    }
    for module in MODULES:
        path = f"orchestrator_celery.{module}"
        wanted |= {f"{path}.{name}" for name in importlib.import_module(path).__all__}
    assert sorted(wanted - inventory) == []


def test_every_page_is_in_the_navigation(site):
    """Given the pages of the site, then the home page's navigation leads to each."""
    links = {link.partition("#")[0] for link in Sources(site / "index.html").links}
    pages = {str(path.relative_to(site)) for path in site.rglob("*.html")} - {"404.html", "index.html"}
    assert sorted(pages - links) == []


def test_nothing_comes_from_elsewhere(site):
    """Given any page, then it loads files of the site alone."""
    loaded = {(str(page.relative_to(site)), url) for page in site.rglob("*.html") for url in Sources(page).loaded}
    assert len(loaded) > 100
    assert [(page, url) for page, url in sorted(loaded) if re.match(r"(https?:)?//", url)] == []


def test_the_site_works_from_a_folder(site):
    """Given the site as files, when a reader searches and looks at a diagram, then no request leaves the folder."""
    program = chromium_program()
    if program is None:
        missing("Chromium")
    requests = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]) as b,
    ):
        page = b.new_page(color_scheme="dark")
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "reference/graph-templates.html").as_uri())
        expect(page.locator(".diagram svg").first).to_be_visible(timeout=60_000)
        assert page.locator("pre.diagram").count() == 0
        page.get_by_role("textbox", name="Search").fill("max_concurrency")
        expect(page.locator(".md-search-result__item").first).to_be_visible(timeout=60_000)
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
