"""What people save by name: how it is listed and changed."""
