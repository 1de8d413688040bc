"""The tasks of the shop, and the workflow that uses them."""

from celery import chain, shared_task

from orchestrator_celery import ComplexSignature, Swarm

PRICES = {"tea": 3, "coffee": 5, "cup": 8}


@shared_task
def price(product):
    return PRICES[product]


@shared_task
def confirm(prices, number):
    from orders.models import Order

    Order.objects.filter(pk=number).update(total=sum(prices))
    return sum(prices)


def workflow(order):
    prices = Swarm([price.s(product) for product in order.products], max_concurrency=4)
    return ComplexSignature(chain(prices, confirm.s(order.pk)), name=f"order {order.pk}", tags=["orders"])
