"""A run of every kind for the dashboard to show."""

from celery import chain, chord, group
from tasks import charge, check_stock, import_prices, price, refund, report, resize, ship, told, total, train

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    Priority,
    Swarm,
    otherwise,
    result,
    when,
)

PRODUCTS = ["tea", "coffee", "lamp", "sofa", "book", "chair"]


def pictures(count):
    """Build a swarm of thousands; the pictures whose number ends with 13 cannot be read."""
    return Swarm(
        [resize.s(f"picture {n}") for n in range(count)], name="resize all pictures", category="media",
        tags=["nightly"], max_concurrency=6, max_failures=0.1, on_task_error=told.s(),
    )  # fmt: skip


def order(product):
    """Build a graph with a loop, an approval, a retry and an error edge."""
    return (
        ConditionalGraph(f"order of a {product}", category="orders", tags=["eu"], max_visits=5)
        .add_node("check stock", check_stock.s())
        .add_node("ask a person", Approval(timeout=3600, on_timeout="reject", message=f"Is a {product} worth it?"))
        .add_node("charge", charge.si({"product": product}))
        .add_node("ship", ship.s())
        .add_node("refund", refund.si({"product": product}))
        .add_edge(START, "check stock")
        .add_conditional_edges("check stock", [when(result["looks"] < 3, "check stock"), otherwise("ask a person")])
        .add_conditional_edges("ask a person", {"approved": "charge", "rejected": "refund"})
        .add_error_edge("charge", "refund")
        .add_edge("charge", "ship")
        .add_edge("ship", END)
        .add_edge("refund", END)
    )


def month():
    """Build a canvas that nests: a chord of prices in a group, in a chain."""
    prices = chord([price.s(product) for product in PRODUCTS], total.s())
    small = Swarm([resize.s(f"cover {n}", width=100) for n in range(12)], name="covers")
    return ComplexSignature(
        chain(group(prices, small), report.s(token="a secret that nobody sees")),
        name="month report",
        category="reports",
    )


def lanes():
    """Build a swarm with priorities, which takes more items while it runs."""
    swarm = Swarm(name="mail", category="mail", open=True, max_concurrency=1)
    for number in range(30):
        level = Priority.HIGH if number % 5 == 0 else Priority.LOW
        swarm.add_task(price.s(f"letter {number}"), priority=level)
    return swarm


def broken():
    """Build a canvas that fails in the middle."""
    return ComplexSignature(chain(price.si("tea"), import_prices.si(400), report.s()), name="price import", tags=["eu"])


def training(epochs):
    """Build a task that logs all the time."""
    return ComplexSignature(train.s(epochs), name="train a model", category="models")
