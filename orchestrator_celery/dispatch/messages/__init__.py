"""How the message of a task is made."""
