"""Ours beside native Celery: same machine, same run, fresh servers and workers for every cell."""
