"""The tasks of `notify.webhook` and `notify.email`."""
