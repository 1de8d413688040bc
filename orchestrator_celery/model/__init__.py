"""What is kept, as frozen records. Knows no Redis, no worker, no Celery app."""
