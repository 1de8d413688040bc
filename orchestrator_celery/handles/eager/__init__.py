"""The handle of an eager run."""
