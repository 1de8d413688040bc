"""Usage: python -m tests.benchmarks [--repeat N] [--scale F] [--rows NAME ...] [--write-docs]"""

import argparse
import re
from pathlib import Path

from tests.benchmarks import cell
from tests.benchmarks.cell import machine
from tests.benchmarks.rows import ROWS, all_rows

#: Lines above the rows: the machine, an empty line, and the two lines of the table's head.
HEAD = 4
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MARKS = re.compile(r"(<!-- figures -->\n).*(<!-- /figures -->)", re.DOTALL)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--repeat", type=int, default=3, help="measurements of each cell; the table shows the median")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on all sizes")
    parser.add_argument("--rows", nargs="*", default=[], choices=ROWS)
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/benchmarks.md")
    parser.add_argument("--forked", action="store_true", help="fork workers and clients: only to see that they work")
    options = parser.parse_args(arguments)
    cell.forked = options.forked
    lines = [
        f"{machine()}; medians of {options.repeat}.", "",
        "| row | ours | native | ratio | target | |", "|---|---:|---:|---:|---|---|",
    ]  # fmt: skip
    print("\n".join(lines), flush=True)
    for figure in all_rows(options.scale, options.repeat, options.rows):
        lines.append(line(figure))
        print(lines[-1], flush=True)
    if options.write_docs:
        page = PAGE.read_text()
        written = merged(page, lines) if options.rows else lines
        PAGE.write_text(MARKS.sub(lambda match: match[1] + "\n".join(written) + "\n" + match[2], page))
    return lines


def merged(page, lines):
    """Merge the new rows into the page's table: they replace rows of the same name, and other new rows go below."""
    now = {text.split(" | ")[0]: text for text in lines[HEAD:]}
    table = MARKS.search(page)[0].splitlines()[1:-1]
    kept = [now.pop(text.split(" | ")[0], text) for text in table[HEAD:]]
    return [*lines[:HEAD], *kept, *now.values()]


def line(figure):
    native = "" if figure.native is None else f"{figure.native:,.4g} {figure.unit}"
    mark = ("met" if figure.met else "**not met**") if figure.target else ""
    ours = f"{figure.ours:,.4g} {figure.unit}"
    return f"| {figure.name} | {ours} | {native} | {figure.ratio:.3g} | {figure.target} | {mark} |"


if __name__ == "__main__":
    main()
