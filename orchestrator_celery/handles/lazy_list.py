"""A list that is read page by page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, cast, overload

from orchestrator_celery.handles.async_twins import ListTwin

if TYPE_CHECKING:
    from orchestrator_celery.handles.async_twins import ListAio

__all__ = ("FIRST", "LazyList", "lazily")

Item = TypeVar("Item")

#: Entries of the first page; with a limit up to the second number, the first page has them all.
FIRST, MOST = 100, 1000


class LazyList(Sequence[Item]):
    """A list whose first page is read at once, and whose other entries are read while an iteration reaches them.

    Each iteration reads the other entries again, so a long list is never in memory as a whole. An index or a slice
    reads as far as it needs. `len()` works if the first page has all entries, or if there is another way to count.

    >>> found = LazyList([1, 2], lambda: iter([3, 4]))
    >>> list(found), found[2], found[1:3], found[-1], bool(found)
    ([1, 2, 3, 4], 3, [2, 3], 4, True)

    Args:
        first: the entries of the first page.
        rest: reads the other entries; None if there are none.
        count: counts all entries, if there are others; None if nothing but reading all of them would count them.
    """

    def __init__(
        self,
        first: Sequence[Item],
        rest: Callable[[], Iterator[Item]] | None = None,
        count: Callable[[], int] | None = None,
    ) -> None:
        self._first = first
        self._rest = rest
        self._count = count

    @property
    def aio(self) -> ListAio[Item]:
        """The same list for asyncio: `async for entry in entries.aio` reads its pages in a thread."""
        return cast("ListAio[Item]", ListTwin(self))

    def __iter__(self) -> Iterator[Item]:
        yield from self._first
        if self._rest is not None:
            yield from self._rest()

    def __reversed__(self) -> Iterator[Item]:
        return reversed(list(self))

    def __bool__(self) -> bool:
        return bool(self._first)

    def __len__(self) -> int:
        if self._rest is not None and self._count is not None:
            return self._count()
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


def lazily(
    read: Callable[[Sequence[Item]], Iterator[Item]],
    limit: int | None,
    count: Callable[[], int] | None = None,
) -> LazyList[Item]:
    """Read the first page of a list now, and its other entries later.

    >>> found = lazily(lambda before: iter(range(len(before), 250)), None, lambda: 250)
    >>> len(found), found[200], list(lazily(lambda before: iter(range(len(before), 250)), 2))
    (250, 200, [0, 1])

    Args:
        read: reads the entries after those of a first page; of an empty one, all entries.
        limit: most entries; None for all.
        count: counts all entries without reading them.
    """
    size = FIRST if limit is None else min(max(limit, 0), MOST)
    found = list(islice(read(()), size + 1))
    first, left = found[:size], None if limit is None else limit - size
    if len(found) <= size or (left is not None and left <= 0):
        return LazyList(first)
    return LazyList(first, lambda: islice(read(first), left), count if limit is None else None)
