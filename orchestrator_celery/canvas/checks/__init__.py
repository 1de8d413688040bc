"""Checks: every problem of a graph's definition, found at once."""
