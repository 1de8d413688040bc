"""Refuses to build a package without the pages of the dashboard. `pip install --editable` needs none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = Path("orchestrator_celery/dashboard/static/index.html")


class NeedPages(BuildHookInterface):
    """Looks for the pages that `make frontend` builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check before the build.

        Raises:
            FileNotFoundError: the pages are not built.
        """
        if version != "editable" and not (Path(self.root) / PAGES).is_file():
            raise FileNotFoundError(
                f"{PAGES} is missing, so users would get a dashboard without pages: run `make frontend`."
            )
