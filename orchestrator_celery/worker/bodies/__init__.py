"""What happens around a task's body: claim, input, outcome, retry and replacement."""
