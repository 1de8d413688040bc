"""Writes graphs as Python modules that build the same graphs."""
