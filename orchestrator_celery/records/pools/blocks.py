"""A block: definitions of consecutive items in one field, with the text that they share written once.

A hash costs about 60 bytes for each field, and most items of a swarm differ in a few characters only. An upload of
items (`:d:<token>`) therefore holds `SIZE` items in a field; place `n` of the upload is in the block `n // SIZE`:

    field  = ":b" number                       ; a `Beside`
    block  = count " " width " " begin " " end "\\n" *stop begin-text end-text *rest
    count  = number of definitions
    width  = number of digits of each `stop`
    begin  = number of bytes that all definitions begin with; `begin-text` are these bytes
    end    = number of bytes that all definitions end with; `end-text` are these bytes
    stop   = number of bytes of all rests up to and with that of this definition, with zeros in front
    rest   = what a definition has between the two texts

An item that is in no block has a field of its own, named by its place. These are items of earlier releases, and items
that would make a block larger than `MOST_BYTES`: a process that reads one item reads the whole block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from orchestrator_celery.records.names import Beside

__all__ = (
    "MOST_BYTES",
    "SIZE",
    "Block",
    "block_field",
    "block_of",
    "fields_of_items",
    "parse_block",
    "places_of",
    "write_block",
)

#: Most definitions in a block.
SIZE = 32
#: Most bytes of a block.
MOST_BYTES = 8192


class Block(NamedTuple):
    """Definitions of consecutive items.

    Args:
        begin: the text that all of them begin with.
        end: the text that all of them end with.
        rests: what each has in between.
    """

    begin: bytes
    end: bytes
    rests: tuple[bytes, ...]

    @property
    def definitions(self) -> tuple[bytes, ...]:
        """The definitions, in order."""
        return tuple(self.begin + rest + self.end for rest in self.rests)


def block_field(place: int) -> str:
    """The field of the block that may hold the item at a place of an upload.

    >>> block_field(33)
    ':b1'
    """
    return f"{Beside.BLOCK.value}{place // SIZE}"


def places_of(field: str) -> range:
    """The places whose items a block may hold.

    >>> places_of(":b1")
    range(32, 64)
    """
    first = int(field.rpartition(Beside.BLOCK.value)[2]) * SIZE
    return range(first, first + SIZE)


def block_of(definitions: Sequence[bytes]) -> Block:
    """Find the text that definitions share.

    >>> block_of([b"L\\n[1]", b"L\\n[12]"])
    Block(begin=b'L\\n[1', end=b']', rests=(b'', b'2'))
    """
    begin = _shared_begin(definitions)
    rests = [raw[len(begin) :] for raw in definitions]
    end = _shared_begin([rest[::-1] for rest in rests])[::-1]
    return Block(begin, end, tuple(rest[: len(rest) - len(end)] for rest in rests))


def write_block(block: Block) -> bytes:
    """Write a block.

    >>> write_block(Block(b"L\\n[1", b"]", (b"", b"2")))
    b'2 1 4 1\\n01L\\n[1]2'
    """
    stops, stop = [], 0
    for rest in block.rests:
        stop += len(rest)
        stops.append(stop)
    width = len(str(stop))
    header = f"{len(stops)} {width} {len(block.begin)} {len(block.end)}\n" + "".join(f"{at:0{width}}" for at in stops)
    return b"".join([header.encode(), block.begin, block.end, *block.rests])


def parse_block(raw: bytes) -> Block:
    """Read a block; the opposite of `write_block`."""
    line, _, body = raw.partition(b"\n")
    count, width, begin, end = map(int, line.split(b" "))
    stops = [int(body[at : at + width]) for at in range(0, count * width, width)]
    texts = body[count * width :]
    rests = texts[begin + end :]
    places = zip([0, *stops], stops, strict=False)
    return Block(texts[:begin], texts[begin : begin + end], tuple(rests[start:stop] for start, stop in places))


def fields_of_items(definitions: Iterable[bytes], first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield the fields of an upload of items: blocks, and items that are in no block.

    Args:
        definitions: of consecutive items.
        first: place of the first of them in the upload. A block begins at a multiple of `SIZE` only.
    """
    place, waiting = first, list[bytes]()
    for raw in definitions:
        waiting.append(raw)
        if (place + len(waiting)) % SIZE == 0:
            yield from _fields(waiting, place)
            place, waiting = place + len(waiting), []
    yield from _fields(waiting, place)


def _shared_begin(texts: Sequence[bytes]) -> bytes:
    first, last = min(texts), max(texts)
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:length]


def _fields(definitions: Sequence[bytes], place: int) -> Iterator[tuple[str, bytes]]:
    if place % SIZE == 0 and len(definitions) > 1:
        block = write_block(block_of(definitions))
        if len(block) <= MOST_BYTES:
            yield block_field(place), block
            return
    yield from ((str(index), raw) for index, raw in enumerate(definitions, place))
