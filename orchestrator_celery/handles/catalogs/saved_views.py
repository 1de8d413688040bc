"""Saved views: filters of runs with a name, of one person or shared by all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from orchestrator_celery.canvas.async_twin import Twin
from orchestrator_celery.errors import InvalidView, ViewChanged
from orchestrator_celery.lifecycle.audit import current_actor, record
from orchestrator_celery.model.filters.run_filter import RunFilter
from orchestrator_celery.model.observe.saved_views import SavedView
from orchestrator_celery.model.printing.safe_text import safe_repr
from orchestrator_celery.store import Refused
from orchestrator_celery.store.catalogs.saved_views import MOST_VIEWS, Answer

if TYPE_CHECKING:
    from orchestrator_celery.container import Container
    from orchestrator_celery.handles.async_twins import SavedViewsAio

__all__ = ("SavedViews",)

_LONGEST_NAME, _LONGEST_FILTER = 60, 2000
_MOST_COLUMNS, _LONGEST_COLUMN = 30, 60


class SavedViews:
    """The saved views of the current actor, and those that are shared; `orchestrator.views`.

    The actor is the one of `acting`, else the system's user and host. Whoever may change which shared view is for your
    application to decide: check `view.owner` before you call, and pass `base`.

    Args:
        container: the parts of the orchestrator.
    """

    def __init__(self, container: Container) -> None:
        self._container = container

    @property
    def aio(self) -> SavedViewsAio:
        """The same methods for asyncio: `await orchestrator.views.aio.all()`."""
        return cast("SavedViewsAio", Twin(self))

    def all(self) -> list[SavedView]:
        """List the actor's own views by name, and then the shared ones."""
        return self._container.saved_views.all(current_actor())

    def __iter__(self) -> Iterator[SavedView]:
        return iter(self.all())

    def save(
        self,
        name: str,
        filter: RunFilter | str = "",
        *,
        columns: Iterable[str] = (),
        shared: bool = False,
        base: int | None = None,
    ) -> SavedView:
        """Save a view, or change the one of this name.

        Args:
            name: its name, of 1 to 60 printable characters.
            filter: the filter, as for `runs()`; '' for all runs.
            columns: the columns that a page shows.
            shared: save it for everybody, not for the actor alone.
            base: the version that it replaces; 0: the name must be new; None: whatever is stored is replaced.

        Raises:
            InvalidView: the name or the columns are not allowed, or there are too many views.
            ViewChanged: another version than `base` is stored; nothing was changed.
            OrchestratorError: a word of the filter is not known.
        """
        text, shown = str(filter).strip(), tuple(columns)
        _check(name, text, shown)
        RunFilter.parse(text)
        answer = self._container.saved_views.save(name, text, shown, owner=current_actor(), shared=shared, base=base)
        if answer.refused is Refused.FULL:
            whose = "shared views" if shared else f"views of {current_actor()}"
            raise InvalidView(f"There are {MOST_VIEWS} {whose}, which is the most: delete one first.")
        return self._done("save_view", name, answer, shared=shared)

    def delete(self, name: str, *, shared: bool = False, base: int | None = None) -> bool:
        """Delete a view.

        Args:
            name: its name.
            shared: delete the shared view, not the actor's own.
            base: the version to delete; None for any.

        Returns:
            Whether this call deleted it; False if there is no such view.

        Raises:
            ViewChanged: another version than `base` is stored; nothing was changed.
        """
        answer = self._container.saved_views.remove(name, owner=current_actor(), shared=shared, base=base)
        if answer.refused is Refused.GONE:
            return False
        self._done("delete_view", name, answer, shared=shared)
        return True

    def _done(self, verb: str, name: str, answer: Answer, *, shared: bool) -> SavedView:
        """Write to the audit trail what was done or refused; return the view."""
        changed = _changed(name, answer.view, shared=shared) if answer.refused is Refused.CHANGED else None
        outcome = "done" if changed is None else str(changed)
        entry = record(verb, "", name=name, reason="shared" if shared else "own", outcome=outcome)
        self._container.audit_stream.append(entry.model_dump_json())
        if changed is not None:
            raise changed
        return cast("SavedView", answer.view)


def _changed(name: str, view: SavedView | None, *, shared: bool) -> ViewChanged:
    whose = "shared view" if shared else "view"
    if view is None:
        text = f"The {whose} {name!r} was deleted meanwhile, so nothing was changed: save it as a new one."
    else:
        text = (
            f"Another version of the {whose} {name!r} is stored, so nothing was changed (of {view.owner}, saved "
            f"{view.saved:%Y-%m-%d %H:%M} UTC, filter: {view.filter or 'all runs'}). Replace it, or take another name."
        )
    return ViewChanged(text)


def _check(name: str, filter: str, columns: tuple[str, ...]) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or not name.strip():
        raise InvalidView(f"name={safe_repr(name)} is not allowed: give 1 to {_LONGEST_NAME} printable characters.")
    if len(filter) > _LONGEST_FILTER:
        raise InvalidView(f"The filter has {len(filter):,} characters, more than {_LONGEST_FILTER:,}: shorten it.")
    if len(columns) > _MOST_COLUMNS or not all(
        isinstance(column, str) and 0 < len(column) <= _LONGEST_COLUMN and column.isprintable() for column in columns
    ):
        raise InvalidView(
            f"columns={safe_repr(columns)} is not allowed: give up to {_MOST_COLUMNS} names of columns, each of 1 to "
            f"{_LONGEST_COLUMN} printable characters."
        )
