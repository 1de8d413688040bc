"""An A/B test, four to one and sticky by customer: `python run.py`."""

from tasks import compare, customers, pack, variant

from orchestrator_celery import END, START, ConditionalGraph, result

# One customer: a router says which variant, and only that one runs.
split = (
    ConditionalGraph("split")
    .add_node("as ever", pack.s("zlib"))
    .add_node("candidate", pack.s("lzma"))
    .add_conditional_edges(START, variant.s({"A": 4, "B": 1}), {"A": "as ever", "B": "candidate"})
    .add_edge("as ever", END)
    .add_edge("candidate", END)
)

# All of them: the graph above, once for each element of a list, eight at a time.
experiment = (
    ConditionalGraph("experiment")
    .add_node("customers", customers.si())
    .add_node("split", split, map_over=result, max_concurrency=8)
    .add_node("compare", compare.s())
    .add_edge(START, "customers")
    .add_edge("customers", "split")
    .add_edge("split", "compare")
    .add_edge("compare", END)
)

run = experiment.apply_async()
found = run.get()
for how, facts in found.items():
    print(
        f"{how}: {len(facts['customers'])} customers, {facts['left']:.1%} is left, {facts['MB a second']} MB a second"
    )
print("by lzma:", ", ".join(found["lzma"]["customers"]))

again = experiment.apply_async().get()
same = all(again[how]["customers"] == facts["customers"] for how, facts in found.items())
print("The next day everybody gets", "the same variant." if same else "something else!")
print(run.tree(limit=3))
