"""The language of filters of runs."""
