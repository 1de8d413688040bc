"""Log lines: those of a run, and the search across runs."""
