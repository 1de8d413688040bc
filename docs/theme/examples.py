"""Puts the examples of the repository on the site: a page for each, with its README and its sources.

Pages link to the folders and files as GitHub wants it, such as `../../examples/crawler`; the links are turned here.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?(?=\))")
LANGUAGES = {".py": "python", ".csv": "text", ".json": "json"}
LONGEST = 400  # lines of a file that are shown


def on_files(files, config):
    """Add the pages, and their list."""
    root = Path(config.docs_dir).parent / "examples"
    names = sorted(path.parent.name for path in root.glob("*/README.md"))
    for name in names:
        files.append(File.generated(config, f"examples/{name}.md", content=_page(root / name)))
    titles = {name: (root / name / "README.md").read_text(encoding="utf-8").split("\n", 1)[0][2:] for name in names}
    rows = "\n".join(f"- [{title}]({name}.md)" for name, title in titles.items())
    text = (
        f"# Examples\n\nSmall projects that run on their own, from the folder `examples` of the repository.\n\n{rows}\n"
    )
    files.append(File.generated(config, "examples/index.md", content=text))
    config.nav.append({"Examples": ["examples/index.md", *({titles[name]: f"examples/{name}.md"} for name in names)]})
    return files


def _page(folder: Path) -> str:
    parts = [(folder / "README.md").read_text(encoding="utf-8").rstrip()]
    for path in sorted(folder.iterdir()):
        if language := LANGUAGES.get(path.suffix):
            lines = path.read_text(encoding="utf-8").splitlines()[:LONGEST]
            parts.append(f"## {path.name}\n\n````{language}\n" + "\n".join(lines) + "\n````")
    return "\n\n".join(parts) + "\n"


def on_page_markdown(markdown, page, config, files):
    """Turn links out of the folder of pages into links of the site."""
    source = page.file.src_uri
    is_example = source.startswith("examples/") and source != "examples/index.md"
    # Where the text stands in the repository.
    home = f"examples/{Path(source).stem}" if is_example else posixpath.join("docs", posixpath.dirname(source))

    def turned(match):
        target = posixpath.normpath(posixpath.join(home, match[1]))
        place = _place(target)
        if place is None or (target.startswith("docs/") and not is_example):
            return match[0]
        return posixpath.relpath(place.split("#")[0], posixpath.dirname(source) or ".") + (
            "#" + place.split("#")[1] if "#" in place else match[2] or ""
        )

    return LINK.sub(turned, markdown)


def _place(target: str) -> str | None:
    """Return where a file of the repository is on the site."""
    parts = target.split("/")
    if parts[0] == "docs":
        return "/".join(parts[1:]) or "README.md"
    if parts[0] != "examples":
        return None
    if parts[1:] == []:
        return "examples/index.md"
    file = parts[2] if parts[2:] and parts[2] != "README.md" else ""
    return f"examples/{parts[1]}.md" + (f"#{file.replace('.', '')}" if file else "")
