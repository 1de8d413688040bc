"""The Celery app of the project, as Celery's guide for Django writes it, and one line more."""

import os

from celery import Celery

from orchestrator_celery import Orchestrator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
orchestrator = Orchestrator(app)
