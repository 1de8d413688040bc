"""The `graph` commands: draw, check, compare, save and start graphs."""
