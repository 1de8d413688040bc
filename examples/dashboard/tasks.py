"""The tasks of a small shop. They take a moment, log, report progress and sometimes fail, as real ones do."""

import logging
import random
import time

from celery import Celery

from orchestrator_celery import Orchestrator, current_node

app = Celery("shop")
app.conf.update(broker_connection_retry_on_startup=True, orchestrator_heartbeat=2)
orchestrator = Orchestrator(app)
logger = logging.getLogger("shop")


@app.task(name="shop.resize", category="catalogue")
def resize(picture: str, width: int = 800) -> str:
    """Make a picture smaller."""
    time.sleep(random.uniform(0.05, 0.4))
    if picture.endswith("13"):
        raise ValueError(f"{picture} is not a picture")
    return f"{picture}@{width}"


@app.task(name="shop.price", category="catalogue")
def price(product: str) -> dict:
    """Look up a price."""
    time.sleep(random.uniform(0.1, 0.8))
    return {"product": product, "amount": len(product) * 7, "attempts": current_node().attempt}


@app.task(name="shop.check_stock", category="orders")
def check_stock(order: dict) -> dict:
    """Look whether all of an order is there; the first looks find too little."""
    logger.info("looking for %s", order["product"])
    time.sleep(0.5)
    return {**order, "looks": order.get("looks", 0) + 1}


@app.task(name="shop.charge", category="orders", bind=True, max_retries=2)
def charge(self, order: dict) -> dict:
    """Charge a customer. The payment provider is busy at first."""
    if self.request.retries < 1:
        logger.warning("the payment provider is busy")
        raise self.retry(countdown=1)
    return {**order, "paid": True}


@app.task(name="shop.ship", category="orders")
def ship(order: dict) -> str:
    """Send an order."""
    return f"{order['product']} is on its way"


@app.task(name="shop.refund", category="orders")
def refund(order: dict) -> str:
    """Tell a customer that nothing comes."""
    return f"no {order.get('product')}"


@app.task(name="shop.train")
def train(epochs: int) -> str:
    """Train a model: progress, checkpoints, and much to read in the log."""
    node = current_node()
    start = (node.last_checkpoint or {"epoch": 0})["epoch"]
    for epoch in range(start, epochs):
        for step in range(20):
            logger.debug("epoch %d, step %d", epoch, step)
            logger.info("loss %.4f in step %d of epoch %d", 2 / (epoch + step / 20 + 1), step, epoch)
            time.sleep(0.1)
        node.checkpoint({"epoch": epoch + 1})
        node.progress(epoch + 1, total=epochs, message=f"epoch {epoch + 1} of {epochs}")
    return f"trained for {epochs} epochs"


@app.task(name="shop.import_prices", category="catalogue")
def import_prices(rows: int) -> int:
    """Import a list with an error in it."""
    logger.info("reading %d rows", rows)
    raise KeyError(f"row {rows // 2} has no column 'price'")


@app.task(name="shop.total", category="reports")
def total(parts: list) -> dict:
    """Add up what came before."""
    return {"parts": len(parts), "sum": sum(part["amount"] for part in parts if isinstance(part, dict))}


@app.task(name="shop.report", category="reports")
def report(summary: object, token: str = "") -> str:
    """Write the report."""
    print("the report is written")
    return f"report of {summary}"


@app.task(name="shop.told")
def told(*args: object) -> None:
    """Take note of an end."""
