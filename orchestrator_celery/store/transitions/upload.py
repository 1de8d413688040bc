"""Uploads: large records travel to a temporary key in parts; then one script takes them as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_celery.store.keys import Keys
from orchestrator_celery.store.permissions import ensure_permitted
from orchestrator_celery.store.schedule import schedule_new
from orchestrator_celery.store.scripting.script_call import in_chunks

__all__ = ("FIRST_LOOK", "upload")

#: Milliseconds from the start of a run to its first check.
FIRST_LOOK = 5000

_CHUNK = 1000
_UPLOAD_SECONDS = 3600


def upload(
    client: Any, keys: Keys, run: str, token: str, fields: Iterable[tuple[str, bytes]], due: bool = False
) -> None:
    """Write fields to a temporary key, from which a script takes them as a whole.

    Args:
        client: a redis-py client.
        keys: the key names.
        run: the run or signature that gets the fields.
        token: the name of the upload.
        fields: names and values.
        due: whether to make the run due too, so that a run whose caller dies is found.
    """
    key = keys.upload(run, token)
    ensure_permitted(client, key)
    for chunk in in_chunks(fields, _CHUNK):
        with client.pipeline(transaction=False) as pipe:
            if due:
                # A new member only: a client that repeats the id of a live run must not postpone the check of that run.
                schedule_new(client, pipe, keys.due, run, FIRST_LOOK)
            pipe.hset(key, mapping=dict(chunk))
            pipe.expire(key, _UPLOAD_SECONDS)
            pipe.execute()
