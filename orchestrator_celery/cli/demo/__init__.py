"""The demo: a swarm measures every file of the standard library, and a last task joins the measures into one report.

`python -m orchestrator_celery demo` starts its own Redis and worker. `examples/stdlib_report` is the same job as a
project of its own, as a user writes it.
"""
