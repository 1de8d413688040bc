"""A list that is read page by page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar, overload

__all__ = ("LazyList",)

Item = TypeVar("Item")


class LazyList(Sequence[Item]):
    """A list whose first page is read at once, and whose other entries are read while an iteration reaches them.

    Each iteration reads the other entries again, so a long list is never in memory as a whole. An index or a slice
    reads as far as it needs. `len()` never reads: it works if the first page has all entries.

    >>> found = LazyList([1, 2], lambda: iter([3, 4]))
    >>> list(found), found[2], found[1:3], found[-1], bool(found)
    ([1, 2, 3, 4], 3, [2, 3], 4, True)

    Args:
        first: the entries of the first page.
        rest: reads the other entries; None if there are none.
    """

    def __init__(self, first: Sequence[Item], rest: Callable[[], Iterator[Item]] | None = None) -> None:
        self._first = first
        self._rest = rest

    def __iter__(self) -> Iterator[Item]:
        yield from self._first
        if self._rest is not None:
            yield from self._rest()

    def __reversed__(self) -> Iterator[Item]:
        return reversed(list(self))

    def __bool__(self) -> bool:
        return bool(self._first)

    def __len__(self) -> int:
        if self._rest is not None:
            raise TypeError(
                f"The list has more than {len(self._first)} entries, and its length is not known without reading all "
                "of them: count them with `sum(1 for _ in ...)`, or list fewer with `limit`."
            )
        return len(self._first)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | list[Item]:
        if isinstance(place, slice):
            if all(number is None or number >= 0 for number in (place.start, place.stop, place.step)):
                return list(islice(self, place.start, place.stop, place.step))
            return list(self)[place]
        found = list(islice(self, place, place + 1)) if place >= 0 else list(deque(self, -place))
        if not found or len(found) < -place:
            raise IndexError(f"The list has no entry {place}.")
        return found[0]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, LazyList)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        more = ", ..." if self._rest is not None else ""
        return f"[{', '.join(map(repr, self._first))}{more}]"
