"""Joins the measures of many files into one summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypedDict

from orchestrator_celery.cli.demo.measure import Function, Measure

__all__ = ("Longest", "Package", "Summary", "is_test", "summarise")

#: Number of rows of a ranking.
TOP = 12
TEST_FOLDERS = frozenset({"test", "tests", "idle_test"})


class Package(TypedDict):
    """A top-level package or module, without its tests."""

    name: str
    files: int
    lines: int
    branches: int


class Longest(Function):
    """The longest function of a file."""

    file: str


class Summary(TypedDict):
    """The whole report. It is plain JSON because it is the result of the last task."""

    files: int
    lines: int
    functions: int
    classes: int
    branches: int
    test_lines: int
    packages: list[Package]
    imports: list[tuple[str, int]]
    longest: list[Longest]
    unreadable: list[str]
    points: list[tuple[str, int, int]]


def summarise(measures: Sequence[Measure | None], names: Sequence[str]) -> Summary:
    """Join measures in the order of the names. None stands for a file that could not be measured."""
    read = [measure for measure in measures if measure is not None]
    library = [measure for measure in read if not is_test(measure["name"])]
    return Summary(
        files=len(read),
        lines=sum(measure["lines"] for measure in read),
        functions=sum(measure["functions"] for measure in read),
        classes=sum(measure["classes"] for measure in read),
        branches=sum(measure["branches"] for measure in read),
        test_lines=sum(measure["lines"] for measure in read if is_test(measure["name"])),
        packages=_packages(library),
        imports=Counter(module for measure in library for module in measure["imports"]).most_common(TOP),
        longest=_longest(library),
        unreadable=[name for name, measure in zip(names, measures, strict=True) if measure is None],
        points=[(measure["name"], measure["lines"], measure["branches"]) for measure in read],
    )


def is_test(name: str) -> bool:
    """Return whether a file belongs to the library's test suite."""
    return not TEST_FOLDERS.isdisjoint(name.split("/"))


def _packages(measures: Iterable[Measure]) -> list[Package]:
    packages: dict[str, Package] = {}
    for measure in measures:
        name = measure["name"].partition("/")[0].removesuffix(".py")
        package = packages.setdefault(name, Package(name=name, files=0, lines=0, branches=0))
        package["files"] += 1
        package["lines"] += measure["lines"]
        package["branches"] += measure["branches"]
    return sorted(packages.values(), key=lambda package: -package["lines"])[:TOP]


def _longest(measures: Iterable[Measure]) -> list[Longest]:
    found = [Longest(file=measure["name"], **measure["longest"]) for measure in measures if measure["longest"]]
    return sorted(found, key=lambda function: -function["lines"])[:TOP]
