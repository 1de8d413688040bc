"""Conditions: the language that graphs branch on."""
