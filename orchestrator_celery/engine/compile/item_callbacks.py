"""Callbacks after the items of a swarm, by the keyword that names them."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator_celery.records.leaf import Role

__all__ = ("ITEM_CALLBACKS", "ItemCallback")


class ItemCallback(NamedTuple):
    """A kind of callback.

    Args:
        letter: of its place below the item.
        role: how it is called.
        after: end of the names of the attributes that count it.
    """

    letter: str
    role: Role
    after: str


ITEM_CALLBACKS = {
    "on_success": ItemCallback("s", Role.ITEM_SUCCESS, "success"),
    "on_error": ItemCallback("f", Role.ITEM_ERROR, "error"),
    "on_cleanup": ItemCallback("c", Role.ITEM_CLEANUP, "cleanup"),
}
