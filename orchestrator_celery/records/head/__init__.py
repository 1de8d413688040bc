"""The format of the head of a run."""
