"""The demo: every file of the standard library measured by a swarm, joined into one report.

`python -m orchestrator_celery demo` brings its own Redis and worker. The same job
as a project of its own, the way a user writes it, is `examples/stdlib_report`.
"""
