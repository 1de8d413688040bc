"""Puts the scripts of others beside the pages, so that no page needs anything from elsewhere.

`make docs` takes them from npm and names their folder by the environment variable SITE_SCRIPTS: one draws Mermaid
diagrams, one lets the search run where a browser allows no worker, in pages that are opened from a folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

NAMES = ("mermaid.js", "iframe-worker.js")


def on_files(files, config):
    """Add the scripts."""
    folder = Path(os.environ.get("SITE_SCRIPTS", "build/scripts")).resolve()
    for name in NAMES:
        if not (folder / name).is_file():
            raise PluginError(f"The script {name} is missing: build the site with `make docs`.")
        files.append(File.generated(config, f"assets/{name}", abs_src_path=str(folder / name)))
    return files
