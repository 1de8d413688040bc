"""Three lanes of one swarm: `python run.py`."""

from tasks import render

from orchestrator_celery import NodeStarted, Priority, Swarm

# Two at a time. One slot is reserved for LOW, so the archive continues however many other jobs come in.
swarm = Swarm(name="print jobs", max_concurrency=2, slots={Priority.LOW: 1}, open=True)
run = swarm.apply_async()
run.suspend()  # so that all jobs wait before the first one starts
swarm.add_tasks_bulk((render.s(f"letter {n}") for n in range(1, 7)), priority=Priority.MEDIUM)
swarm.add_tasks_bulk((render.s(f"archive {n}") for n in range(1, 4)), priority=Priority.LOW)
swarm.add_tasks_bulk((render.s(f"urgent {n}") for n in range(1, 4)), priority=Priority.HIGH)
swarm.close()

# A customer calls: letter 6 is urgent now.
print("moved up:", run.set_priority(5, Priority.HIGH))
run.resume()
names = run.get(timeout=60)

order = [
    names[int(event.node.split(".")[1])]
    for event in run.events()
    if isinstance(event, NodeStarted) and event.node != "$"
]
print("one lane:", ", ".join(name for name in order if not name.startswith("archive")))
print("reserved for the archive:", ", ".join(name for name in order if name.startswith("archive")))
