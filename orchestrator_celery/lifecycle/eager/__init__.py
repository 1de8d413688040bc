"""Eager runs: a primitive runs in the calling process, and its records stay in memory."""
