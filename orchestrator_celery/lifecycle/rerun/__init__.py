"""Rerun: a new run of an earlier one, from the start or from a node."""
