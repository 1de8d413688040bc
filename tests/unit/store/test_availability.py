"""The words of an error about a store that cannot be used."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from orchestrator_celery.errors import StoreUnavailable
from orchestrator_celery.store.availability import asking


@pytest.mark.parametrize("words", ["Error 111 connecting to host:1. Connection refused.", "no route to the host"])
def test_the_words_of_the_server_end_in_one_period(words):
    """Given words of redis-py with or without a period, then the sentence after them follows one period."""
    with pytest.raises(StoreUnavailable) as refused, asking("The run was not started"):
        raise RedisConnectionError(words)
    assert str(refused.value) == (
        f"The run was not started: the store did not answer: {words.rstrip('.')}. Check that it is up, then call again."
    )
