"""The code of a page of the documentation, and how its session is played; needs nothing but the standard library.

Of each page: a ```python block that begins with a comment `# name.py` is that file of the reader's project; every
other ```python block is run, and a ```pycon block is a session whose output must match. All of a page is one
project and one session. A block that cannot run here stands under `<!-- not run: reason -->`. A page whose worker
is not that of `tasks` names the app: `<!-- app: shop -->`.
"""

from __future__ import annotations

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<skip>[^\n]+) -->\n)?```(?P<kind>python|pycon)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
FILE = re.compile(r"# ([\w/]+\.py)\n")
APP = re.compile(r"^<!-- app: (\w+) -->$", re.MULTILINE)


class Block(NamedTuple):
    """One block of code of a page."""

    kind: str
    code: str
    line: int

    @property
    def file(self) -> str | None:
        """The file of the project it is, if it is one."""
        match = FILE.match(self.code)
        return match[1] if match and self.kind == "python" else None


def blocks_of(page: Path) -> Iterator[Block]:
    """Blocks that are played, in their order."""
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        if not match["skip"]:
            yield Block(match["kind"], match["code"], text.count("\n", 0, match.start("code")) + 1)


def write_files(page: Path, folder: Path) -> None:
    """Write the files of the reader's project."""
    for block in blocks_of(page):
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            with (folder / block.file).open("a") as file:
                file.write(block.code)


def app_of(page: Path) -> str:
    """The app of the page's worker."""
    named = APP.search(page.read_text(encoding="utf-8"))
    return named[1] if named else "tasks"


class _Checker(doctest.OutputChecker):
    """Compares errors without the line that names their entry in the documentation: Python 3.10 does not print it."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        without = re.sub(r"^See: docs/\S+\n", "", got, flags=re.MULTILINE)
        return super().check_output(want, got, optionflags) or super().check_output(want, without, optionflags)


def play(page: Path) -> None:
    """Run a page's session in this process, which the project's folder is the working directory of."""
    names: dict[str, object] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(_Checker(), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for block in blocks_of(page):
        if block.file:
            continue
        if block.kind == "pycon":
            session = doctest.DocTestParser().get_doctest(block.code, names, page.name, str(page), block.line - 1)
            runner.run(session, clear_globs=False)
            names = session.globs
        else:
            exec(compile("\n" * (block.line - 1) + block.code, str(page), "exec"), names)
    if runner.summarize(verbose=False).failed:
        sys.exit(1)


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # the reader's project, and none of the tests' own modules
    play(Path(sys.argv[1]))
