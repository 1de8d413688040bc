"""Texts of what people save by name."""
