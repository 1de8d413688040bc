"""Twenty small faults, put in one by one: each must be found by the tests (`python -m tests.mutations`)."""
