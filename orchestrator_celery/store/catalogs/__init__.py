"""What people save by name, in Redis."""
