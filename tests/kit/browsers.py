"""The browser of this machine."""

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_program():
    """The path of Chromium; None if there is none. The variable CHROMIUM names another one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
