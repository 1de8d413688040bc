"""The import of a price list whose exchange rate may be missing."""

from pathlib import Path

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def read(product):
    return {"product": product, "dollars": len(product)}


@app.task
def convert(price, rates):
    rate = float(Path(rates).read_text())
    return {**price, "euros": price["dollars"] * rate}


@app.task
def table(prices):
    return "\n".join(f"{price['product']}: {price['euros']:.2f}" for price in prices if price)


@app.task
def tell(text, whom):
    return f"told {whom}: {len(text.splitlines())} prices"
