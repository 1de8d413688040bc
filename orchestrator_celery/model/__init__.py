"""The public data, as frozen records. This layer knows no Redis, no worker and no Celery app."""
