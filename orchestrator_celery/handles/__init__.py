"""Handles: what a user holds and calls."""
