"""The code of a documentation page: its blocks, and its session."""

from __future__ import annotations

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<skip>.+) -->\n)?```(?P<kind>python|pycon)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
FILE = re.compile(r"# (\w+\.py)\n")


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
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        if not match["skip"]:
            yield Block(match["kind"], match["code"], text.count("\n", 0, match.start("code")) + 1)


def play(page: Path) -> None:
    """Run a page's session in this process: what `pytest` starts in the project's folder."""
    names: dict[str, object] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
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
    play(Path(sys.argv[1]))
