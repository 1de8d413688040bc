"""The feed of all runs: what changed, for whoever follows more than one run."""
