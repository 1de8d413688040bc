"""The formats of the streams beside a run: events and log lines."""
