"""The tasks of the shop, and the workflow that uses them."""

from celery import chain, shared_task
from flask import current_app

from orchestrator_celery import ComplexSignature, Swarm


@shared_task
def price(product):
    """Look a price up. The prices stand in the settings of the Flask app."""
    return current_app.config["PRICES"][product]


@shared_task
def quote(prices):
    """Write the sum as text."""
    return f"{sum(prices) / 100:.2f} {current_app.config['CURRENCY']}"


def workflow(products):
    prices = Swarm([price.s(product) for product in products], max_concurrency=4)
    return ComplexSignature(chain(prices, quote.s()), name=f"quote for {len(products)} products", tags=["quotes"])
