"""The names of saved graphs and their versions. All keys of an app's names share one slot of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_celery.errors import FormatTooNew
from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.records.catalogs.graph_versions import FORMAT, Facts, StoredVersion, parse_version, write_facts
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts

__all__ = ("SavedGraphs",)


@raises_store_unavailable
class SavedGraphs:
    """Adds, drops and reads versions.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._key = keys.graphs

    def add(self, name: str, base: int | None, facts: Facts) -> StoredVersion | int:
        """Add a version. A call with a signature that was added before changes nothing.

        Args:
            name: the name of the graph.
            base: the number of the version that was changed, 0 for none; None not to compare.
            facts: the facts of the new version.

        Returns:
            The version; or the number of the newest version if that is not `base`, 0 if there is none.

        Raises:
            FormatTooNew: a later release has saved the graph; nothing was changed.
        """
        given = (name, "" if base is None else base, facts.signature, write_facts(facts))
        word, *rest = scripts.load("save_version").run(self._client, self._key, given)
        _check(word, rest, name)
        return int(rest[0]) if word == b"changed" else StoredVersion(int(rest[0]), float(rest[1]), facts)

    def drop(self, name: str, signature: str) -> None:
        """Take out the version of a signature; a repeated call changes nothing.

        Raises:
            FormatTooNew: a later release has saved the graph; nothing was changed.
        """
        word, *rest = scripts.load("drop_version").run(self._client, self._key, (name, signature))
        _check(word, rest, name)

    def names(self) -> list[str]:
        """Return the names, the one that was saved last first."""
        return [name.decode() for name in self._client.zrevrange(self._key, 0, -1)]

    def newest(self, names: Sequence[str]) -> list[tuple[str, StoredVersion]]:
        """Return the newest version of each name. Graphs that a later release has saved are left out."""
        with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hmget(self._versions(name), "format", "newest")
            heads = pipe.execute()
        numbers = [
            (name, number) for name, (format, number) in zip(names, heads, strict=True) if _is_read(format, number)
        ]
        with self._client.pipeline(transaction=False) as pipe:
            for name, number in numbers:
                pipe.hget(self._versions(name), number)
            found = zip(numbers, pipe.execute(), strict=True)
        read = ((name, _readable(number, raw)) for (name, number), raw in found if raw is not None)
        return [(name, version) for name, version in read if version is not None]

    def versions(self, name: str) -> list[StoredVersion]:
        """Return all versions of a graph, newest first; none if there is no such graph.

        Raises:
            FormatTooNew: a later release has saved the graph.
        """
        fields = self._client.hgetall(self._versions(name))
        _check_format(fields.get(b"format"), name)
        found = (_readable(field, raw) for field, raw in fields.items() if field.isdigit())
        return sorted(filter(None, found), key=lambda version: version.number, reverse=True)

    def version(self, name: str, number: int | None = None) -> StoredVersion | None:
        """Return one version, by default the newest; None if it is not there.

        Raises:
            FormatTooNew: a later release has saved the graph.
        """
        format, newest = self._client.hmget(self._versions(name), "format", "newest")
        _check_format(format, name)
        wanted = newest if number is None else str(number).encode()
        raw = None if wanted is None else self._client.hget(self._versions(name), wanted)
        return None if raw is None else parse_version(wanted, raw)

    def number_of(self, name: str, signature: str) -> int | None:
        """Return the number of the version that has a signature; None if no version has it."""
        raw = self._client.hget(self._versions(name), signature)
        return None if raw is None else int(raw)

    def _versions(self, name: str) -> str:
        return f"{self._key}:{name}"


def _is_read(format: bytes | None, number: bytes | None) -> bool:
    return number is not None and format is not None and format.isdigit() and int(format) <= FORMAT


def _readable(number: bytes, raw: bytes) -> StoredVersion | None:
    return unless_unreadable(parse_version, "a version of a graph", number, raw)


def _check(word: bytes, rest: Sequence[Any], name: str) -> None:
    if word == b"newer":
        _check_format(rest[0], name)


def _check_format(raw: bytes | None, name: str) -> None:
    if raw is not None and int(raw) > FORMAT:
        raise FormatTooNew(
            f"The graph {name!r} was saved by a later release (format {int(raw)}; this process reads up to {FORMAT}), "
            "so it was left alone. Upgrade this process.",
            found=int(raw),
            known=FORMAT,
        )
