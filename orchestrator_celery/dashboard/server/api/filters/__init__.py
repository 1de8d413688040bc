"""The language of filters, and saved filters."""
