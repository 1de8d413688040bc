"""Text for people: without control characters, without secrets, and short."""
