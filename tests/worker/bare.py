"""A project without the extension."""

from celery import Celery

app = Celery("bare", set_as_current=False)
