"""A soak: workflows of every shape, under random faults, judged against known answers."""
