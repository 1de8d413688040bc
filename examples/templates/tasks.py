"""The tasks of a shop: an ordinary Celery project with an orchestrator."""

from celery import Celery

from orchestrator_celery import Orchestrator

app = Celery("tasks", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)


@app.task
def pay(order, bank="north"):
    if bank == "north" and order["total"] > 100:
        raise ConnectionError(f"the {bank} bank does not answer")
    return {**order, "bank": bank}


@app.task
def send(order, how):
    return f"{order['id']} goes by {how}"


@app.task
def offer(customer, text):
    return f"{customer['name']} sees {text}"


@app.task
def tell(error):
    return f"{error['type']}, {error['message']}"


@app.task
def decline(rejection):
    return f"{rejection['given']['id']} declined at {rejection['stage']}"


@app.task
def in_stock(order):
    return order["id"] != "lamp"


@app.task
def credit(order):
    return {"valid": order["total"] <= 1000, "total": order["total"]}


@app.task
def lines(text):
    return text.splitlines()


@app.task
def words(line):
    return len(line.split())


@app.task
def add_up(counts):
    return f"{sum(counts)} words"


@app.task
def haggle(order):
    return {**order, "total": order["total"] * 0.9}
