"""Periodic runs, as rows that people can change in Django's admin."""

import json

from django_celery_beat.models import IntervalSchedule, PeriodicTask
from shop.celery import orchestrator

from orchestrator_celery import Swarm
from orders.tasks import price


def plan(seconds=3600):
    """Plan two periodic runs: one of a primitive, and one of a stored signature."""
    often, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    prices = Swarm([price.s("tea"), price.s("cup")], name="all prices")
    PeriodicTask.objects.create(
        name="all prices", interval=often, task=prices.task, kwargs=json.dumps(prices.kwargs)
    )  # fmt: skip
    stored = orchestrator.save(price.s("coffee"), name="price of coffee")
    PeriodicTask.objects.create(
        name="price of coffee", interval=often, task="orchestrator.run_signature", args=json.dumps([stored.id])
    )  # fmt: skip
    return stored
