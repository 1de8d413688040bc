"""An A/B test with weights four to one, always the same variant for the same customer: `python run.py`."""

from tasks import compare, customers, pack

from orchestrator_celery import result, templates

# One customer: this graph makes one decision, always the same for the same customer.
split = templates.ab_split(
    variants={"usual": pack.s("zlib"), "candidate": pack.s("lzma")},
    weights={"usual": 4, "candidate": 1},
    key=result,
    salt="archives",
)

# All customers: this graph runs `split` for each customer, eight at a time, and compares the results.
experiment = templates.map_reduce(
    split=customers.si(), each=split, reduce=compare.s(), max_concurrency=8, name="experiment"
)

run = experiment.apply_async()
found = run.get()
for how, facts in found.items():
    size, speed = f"{facts['left']:.1%} of the size is left", f"{facts['MB a second']} MB a second"
    print(f"{how}: {len(facts['customers'])} customers, {size}, {speed}")
print("by lzma:", ", ".join(found["lzma"]["customers"]))

again = experiment.apply_async().get()
same = all(again[how]["customers"] == facts["customers"] for how, facts in found.items())
print("The next day each customer gets", "the same variant." if same else "another variant!")
print(run.tree(limit=3))
