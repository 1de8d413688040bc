"""Definitions: tasks, stored signatures, graphs and templates, and the tools of the graph editor."""
