"""Handles of what tells of changes."""
