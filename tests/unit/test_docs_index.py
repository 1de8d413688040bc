"""`docs/README.md` is the navigation of the documentation site; its index of errors has every error."""

import copy
import doctest
import importlib.util
import pickle
import re
import sys
import traceback
from pathlib import Path

import pytest

from orchestrator_celery import errors
from orchestrator_celery.store.embedded import EmbeddedRedisUnavailable

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def hook(name):
    """A module of the site's theme."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "theme" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_has_every_page():
    """Given the pages of the folder, then `docs/README.md` lists each, once."""
    navigation = hook("navigation")
    found = navigation.sections((DOCS / "README.md").read_text())
    assert navigation.unlisted(found, DOCS) == [], "add a line to docs/README.md"
    listed = [page for pages in found.values() for page in pages]
    assert len(listed) == len(set(listed))


def test_a_page_that_the_list_lacks_goes_to_its_folder():
    """Given a page that is not listed, then it belongs to the section with most pages of its folder."""
    navigation = hook("navigation")
    found = {("Start",): {"how-to/a.md": "A"}, ("More",): {"how-to/b.md": "B", "how-to/c.md": "C"}}
    assert navigation.section_of(found, "how-to/d.md") == ("More",)
    assert navigation.section_of(found, "nowhere/d.md") in found


@pytest.mark.parametrize("name", ["navigation", "tabs"])
def test_examples_of_the_theme_hold(name):
    assert doctest.testmod(hook(name)).failed == 0


def test_the_index_of_errors_has_each_class():
    """Given the public error classes, then the index has an entry for each, with its three questions, and no other."""
    page = (DOCS / "reference/errors.md").read_text()
    entries = dict(zip(*[iter(re.split(r"^### (\w+)\n", page, flags=re.MULTILINE)[1:])] * 2, strict=True))
    classes = {getattr(errors, name) for name in errors.__all__} | {EmbeddedRedisUnavailable}
    assert set(entries) == {found.__name__ for found in classes}
    for name, text in entries.items():
        for question in ("- **When**: ", "- **Why**: ", "- **What to do**: "):
            assert question in text, name


def test_an_error_leads_to_its_entry():
    assert errors.SwarmFull.docs == "reference/errors.md#swarmfull"
    assert errors.SwarmFull().docs == errors.SwarmFull.docs


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tracebacks print notes from Python 3.11 on")
@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"OrchestratorError"}))
def test_a_traceback_names_the_entry_of_an_error(name):
    error = getattr(errors, name)()
    again = pickle.loads(pickle.dumps(error))
    for raised in (error, again, copy.copy(error)):
        assert traceback.format_exception(raised)[-1] == f"See: docs/reference/errors.md#{name.lower()}\n"


def test_an_error_of_a_project_leads_to_the_entry_of_its_base_class():
    class NoStock(errors.InvalidWorkflow):
        """There is no stock."""

    assert NoStock.docs == errors.InvalidWorkflow.docs
