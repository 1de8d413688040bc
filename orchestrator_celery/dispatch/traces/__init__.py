"""Traces of runs for OpenTelemetry: the context in messages, and the spans."""
