"""Graphs that are saved under a name, with versions."""
