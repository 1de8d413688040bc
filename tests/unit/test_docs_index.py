"""`docs/README.md` is the navigation of the documentation site."""

import importlib.util
from pathlib import Path

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
