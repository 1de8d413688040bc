"""A pipeline with a path for success and two for failure: `python run.py [file ...]`."""

import sys
from pathlib import Path

from tasks import read, set_aside, summarise, tell

from orchestrator_celery import END, START, ConditionalGraph, otherwise, result, when

pipeline = (
    ConditionalGraph("orders")
    .add_node("read", read.s())
    .add_node("summarise", summarise.s())
    .add_node("set aside", set_aside.s())
    .add_node("tell", tell.s())
    .add_edge(START, "read")
    .add_conditional_edges("read", [when(result["bad"] <= 0.2, "summarise"), otherwise("set aside")])
    .add_error_edge("read", "tell", on=OSError)
    .add_edge("summarise", END)
    .add_edge("set aside", END)
    .add_edge("tell", END)
)

# By default: a file of orders, a file without orders, and a file that does not exist.
here = Path(__file__).resolve().parent
paths = sys.argv[1:] or [here / "orders.csv", here / "run.py", here / "lost.csv"]
for path in paths:
    run = pipeline.apply_async((str(path),))
    print(f"{Path(path).name}: {run.get()}")
    print(run.tree(), end="\n\n")
