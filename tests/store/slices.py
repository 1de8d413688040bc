"""Scripts that change one node with a call, so that small runs are changed in slices too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from redis import Redis

from orchestrator_celery.store.scripting import scripts

__all__ = ("short_slices",)

#: A hash that is stored as a list comes as a whole; servers know both names.
_LISTS = "hash-max-ziplist-entries"


@contextmanager
def short_slices(
    monkeypatch: pytest.MonkeyPatch, client: Redis, limits: Mapping[str, Mapping[str, str]]
) -> Iterator[None]:
    """Replace the limits of scripts.

    Args:
        monkeypatch: takes the change back.
        client: of the server that runs the scripts.
        limits: by verb: what stands in the text, and what is to stand there.
    """
    load, before = scripts.load, client.config_get(_LISTS)[_LISTS]

    def shortened(verb: str) -> scripts.Script:
        script = load(verb)
        text = script.text
        for found, wanted in limits.get(verb, {}).items():
            assert found in text, (verb, found)
            text = text.replace(found, wanted)
        return script._replace(text=text, sha=hashlib.sha1(text.encode()).hexdigest())

    client.config_set(_LISTS, 0)
    monkeypatch.setattr(scripts, "load", shortened)
    yield
    client.config_set(_LISTS, before)
