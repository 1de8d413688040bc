"""Commands: the demo, and the plugin `celery orchestrator`. Uses the public handles only."""
