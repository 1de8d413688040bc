"""From effects of a transition to Celery messages."""
