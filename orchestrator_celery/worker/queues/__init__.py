"""What a worker sees of the messages that wait in its queues."""
