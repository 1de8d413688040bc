"""Saved views of the list of runs: one hash for the shared views, and one for each person."""

from __future__ import annotations

from typing import Any, NamedTuple

from orchestrator_celery.model.observe.saved_views import SavedView
from orchestrator_celery.model.printing.unreadable import unless_unreadable
from orchestrator_celery.records.catalogs.saved_views import parse_view, write_facts, write_owner
from orchestrator_celery.store.availability import raises_store_unavailable
from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_call import Refused

__all__ = ("MOST_VIEWS", "Answer", "ViewStore")

#: Most shared views of an app, and most views of one person: a page shows all of them.
MOST_VIEWS = 100


class Answer(NamedTuple):
    """The answer to a change.

    Args:
        refused: `CHANGED` if another version is stored, `FULL` if there are too many, `GONE` without one, else None.
        view: the stored view after the change, or the one because of which it was refused; None without one.
    """

    refused: Refused | None
    view: SavedView | None = None


@raises_store_unavailable
class ViewStore:
    """The saved views of one app.

    Args:
        client: a redis-py client.
        keys: the key names.
    """

    def __init__(self, client: Any, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def save(
        self, name: str, filter: str, columns: tuple[str, ...], *, owner: str, shared: bool, base: int | None
    ) -> Answer:
        """Save a view.

        Args:
            name: its name.
            filter: the text form of the filter.
            columns: the columns.
            owner: the actor.
            shared: save it among the shared views, not among the owner's.
            base: the version that it replaces, 0 for a new view, None for any.
        """
        given = name, write_owner(owner), write_facts(filter, columns), "" if base is None else base, MOST_VIEWS
        return self._call("save_view", given, name, owner, shared)

    def remove(self, name: str, *, owner: str, shared: bool, base: int | None) -> Answer:
        """Remove a view; of any version if `base` is None."""
        return self._call("remove_view", (name, "" if base is None else base), name, owner, shared)

    def all(self, owner: str) -> list[SavedView]:
        """Return the views of one person, and then the shared ones, by name."""
        found = [
            unless_unreadable(parse_view, "a saved view", name.decode(errors="replace"), raw, shared=shared)
            for shared in (False, True)
            for name, raw in self._client.hgetall(self._keys.views(None if shared else owner)).items()
        ]
        return sorted(filter(None, found), key=lambda view: (view.shared, view.name.casefold(), view.name))

    def _call(self, script: str, args: tuple[object, ...], name: str, owner: str, shared: bool) -> Answer:
        key = self._keys.views(None if shared else owner)
        [word, *raw] = scripts.load(script).run(self._client, key, args)
        view = parse_view(name, raw[0], shared=shared) if raw else None
        return Answer(None if word == b"ok" else Refused(word.decode()), view)
