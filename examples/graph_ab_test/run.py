"""An A/B test, four to one and sticky by customer: `python run.py`."""

from tasks import compare, customers, pack

from orchestrator_celery import result, templates

# One customer: a graph of one decision, which is always the same for the same customer.
split = templates.ab_split(
    variants={"as ever": pack.s("zlib"), "candidate": pack.s("lzma")},
    weights={"as ever": 4, "candidate": 1},
    key=result,
    salt="archives",
)

# All of them: that graph once for each element of a list, eight at a time, and what they came to.
experiment = templates.map_reduce(
    split=customers.si(), each=split, reduce=compare.s(), max_concurrency=8, name="experiment"
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
