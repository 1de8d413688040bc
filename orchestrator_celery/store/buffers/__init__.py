"""What a process keeps until a thread of it has taken it to the store."""
