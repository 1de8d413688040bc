"""Reads all definitions and records of a run, as the content of a new run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator_celery.records.names import Beside
from orchestrator_celery.records.pool import parse_segments
from orchestrator_celery.records.pools.blocks import block_field, parse_block, places_of
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.node_records import full_records
from orchestrator_celery.store.scripting.script_call import in_chunks

__all__ = ("RunContents",)

_PAGE = 1000
_OF_PROCESSES = (Beside.PROCESSES.value, Beside.NUMBER.value, Beside.PROCESS.value)
_REPLACED, _SEGMENTS = Beside.REPLACED.value, Beside.SEGMENTS.value


@raises_store_unavailable
class RunContents:
    """Reads the definitions and records of a run, or of a saved signature, page by page.

    Args:
        client: a redis-py client that returns bytes.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def definitions(self, root: str) -> Iterator[tuple[str, bytes]]:
        """Yield node ids and definitions, also of items added in bulk; replacements that tasks made are left out."""
        key = self._keys.definitions(root)
        own: dict[str, bytes] = {}
        for field, value in self._client.hscan_iter(key, count=_PAGE):
            node = field.decode()
            if node.endswith(_REPLACED):
                own[node.removesuffix(_REPLACED)] = value
            else:
                yield node, value
        # The original definitions come after the replacements, so that they overwrite them.
        yield from ((node, value) for node, value in own.items() if value)
        hidden = {node for node, value in own.items() if not value}
        for field, value in self._client.hgetall(self._keys.pools(root)).items():
            name = field.decode()
            if name.endswith(_SEGMENTS):
                yield from self._items(root, name.removesuffix(_SEGMENTS), value, hidden)

    def records(self, root: str) -> Iterator[tuple[str, bytes]]:
        """Yield all fields of the records of ended nodes; no record is a short one."""
        key = self._keys.terminal(root)
        for page in in_chunks(self._client.hscan_iter(key, count=_PAGE), _PAGE):
            fields = [field.decode() for field, _ in page]
            raws = full_records(self._client, key, fields, [value for _, value in page])
            for field, raw in zip(fields, raws, strict=True):
                if raw is not None and not field.startswith(_OF_PROCESSES):
                    yield field, raw

    def _items(self, root: str, pool: str, raw: bytes, hidden: set[str]) -> Iterator[tuple[str, bytes]]:
        for first, count, token in parse_segments(raw):
            for start in range(0, count, _PAGE):
                places = list(range(start, min(count, start + _PAGE)))
                nodes = [f"{pool}.{first + place}" for place in places]
                # An item that was unpacked or replaced has a definition of its own too.
                known = self._client.hmget(self._keys.definitions(root), nodes)
                found = self._uploaded(self._keys.upload(root, token), places)
                for node, raw_item, overlay in zip(nodes, found, known, strict=True):
                    if raw_item is not None and (overlay is None or node in hidden):
                        yield node, raw_item

    def _uploaded(self, key: str, places: Sequence[int]) -> list[bytes | None]:
        """Return the items at consecutive places of an upload."""
        blocks = dict.fromkeys(map(block_field, places))
        found: dict[int, bytes] = {}
        for field, raw in zip(blocks, self._client.hmget(key, list(blocks)), strict=True):
            found.update(zip(places_of(field), parse_block(raw).definitions, strict=False) if raw else ())
        alone = [place for place in places if place not in found]
        if alone:
            own = zip(alone, self._client.hmget(key, alone), strict=True)
            found.update((place, raw) for place, raw in own if raw is not None)
        return [found.get(place) for place in places]
