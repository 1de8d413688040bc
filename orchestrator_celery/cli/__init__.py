"""Commands: the demo, and the plugin `celery orchestrator`. This package uses the public handles only."""
