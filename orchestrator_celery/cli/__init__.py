"""Commands: the demo now, the `celery orchestrator` plugin later. Uses the public handles only."""
