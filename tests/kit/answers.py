"""The last answers to callers, which the store keeps for ten minutes, also of a run that was cancelled."""

__all__ = ("is_answers",)


def is_answers(client, key):
    """Whether a key holds the last answers to callers, and expires soon."""
    name = key if isinstance(key, bytes) else key.encode()
    return name.endswith(b"}:k") and 0 < client.ttl(key) <= 600
