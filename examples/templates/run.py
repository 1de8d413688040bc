"""Run all ten templates, or one of them: `python run.py [name] [--draw]`."""

import sys
from time import sleep

from tasks import add_up, credit, decline, haggle, in_stock, lines, offer, orchestrator, pay, send, tell, words

from orchestrator_celery import result, templates
from orchestrator_celery.templates import Level, Stage

cheap, dear = {"id": "book", "total": 20}, {"id": "sofa", "total": 900}

graphs = {
    "success_or_failure": templates.success_or_failure(work=pay.s(), on_success=send.s("van"), on_failure=tell.s()),
    "threshold": templates.threshold(
        value="total", levels={"heavy": Level(at_least=500, target=send.s("truck"))}, below=send.s("bike")
    ),
    "switch": templates.switch(value="id", cases={"sofa": send.s("truck")}, default=send.s("bike")),
    "ab_split": templates.ab_split(
        variants={"usual": offer.s("the usual"), "new": offer.s("something new")},
        weights={"usual": 0.7, "new": 0.3},
        key="name",
        salt="spring",
    ),
    "retry": templates.retry(work=pay.s(), attempts=3, backoff=0.1, on=["ConnectionError"], fallback=tell.s()),
    "fallback": templates.fallback(primary=pay.s(), alternatives=[pay.s("south")]),
    "loop_until": templates.loop_until(body=haggle.s(), until=result["total"] < 500),
    "validation_stages": templates.validation_stages(
        stages=[
            Stage(name="stock", check=in_stock.s()),
            Stage(name="credit", check=credit.s(), ask_when=result["total"] > 500, timeout=60, message="A sofa?"),
        ],
        accepted=send.s("van"),
        rejected=decline.s(),
    ),
    "approval_gate": templates.approval_gate(approved=pay.s("south"), rejected=decline.s(), timeout=0.5),
    "map_reduce": templates.map_reduce(split=lines.s(), each=words.s(), reduce=add_up.s(), max_concurrency=4),
}
inputs = {
    "ab_split": [{"name": name} for name in ("Ada", "Bob", "Eve", "Ada")],
    "approval_gate": [dear],
    "loop_until": [dear],
    "map_reduce": ["it was\na dark and stormy\nnight"],
    "validation_stages": [cheap, {"id": "lamp", "total": 5}, dear],
}

chosen = [argument for argument in sys.argv[1:] if argument != "--draw"] or list(graphs)
for name in chosen:
    if "--draw" in sys.argv:
        print(graphs[name].to_mermaid())
        continue
    for given in inputs.get(name, [cheap, dear]):
        run = graphs[name].apply_async((given,))
        if name == "validation_stages" and given is dear:
            # In practice another process answers. A second answer would be refused.
            while not any(waiting.run == run.id for waiting in orchestrator.approvals()):
                sleep(0.1)
            run.approve("credit approval", by="Ada", note="a good customer")
        print(f"{name}: {run.get(timeout=60)}")
