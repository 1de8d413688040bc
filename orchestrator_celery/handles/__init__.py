"""Handles: the objects with which users read and control runs."""
