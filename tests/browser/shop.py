"""What the pages show: runs of every kind and status, on a real worker."""

from celery import chain, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    RunStatus,
    otherwise,
    result,
    when,
)
from tests.kit.waiting import wait_for

#: A name that must be shown, and must not be believed.
HOSTILE = "<img src=x onerror=window.owned=1> مرحبا"


class Shop:
    """The runs that the pages show.

    Args:
        stand: a client of the worker.
    """

    def __init__(self, stand):
        self.stand = stand
        tasks = stand.tasks
        self.succeeded = self.run(
            chain(tasks("add", 1, 2), group(tasks("add", 3), tasks("add", 4)), tasks("xsum")), "sums", tags=["eu"]
        )
        self.failed = self.run(chain(tasks("identity", 1), tasks("fail"), tasks("identity")), "breaks", tags=["eu"])
        self.hostile = self.run(tasks("fail"), HOSTILE)
        self.swarm = stand.swarm(
            [tasks("add", i) for i in range(300)] + [tasks("fail")], name="many", max_failures=5
        ).apply_async()
        self.graph = self.loop()
        self.asked = self.approval("order 1")
        self.logs = self.run(tasks("logs", 1, lines=30), "talks")
        for run, status in (
            (self.succeeded, RunStatus.SUCCEEDED),
            (self.failed, RunStatus.FAILED),
            (self.hostile, RunStatus.FAILED),
            (self.swarm, RunStatus.SUCCEEDED),
            (self.graph, RunStatus.SUCCEEDED),
        ):
            wait_for(lambda r=run, s=status: r.status is s, what=f"{run} to be {status}")
        wait_for(self.asked.approvals, what="the question")

    def run(self, workflow, name, **options):
        return ComplexSignature(workflow, app=self.stand.app, name=name, **options).apply_async()

    def long(self, name, count=1):
        """A run of tasks that take a minute."""
        return self.run(group(self.stand.tasks("nap", i, 60) for i in range(count)), name)

    def loop(self):
        tasks = self.stand.tasks
        graph = (
            ConditionalGraph("loop", app=self.stand.app)
            .add_node("grow", tasks("add", 1))
            .add_node("done", tasks("identity"))
            .add_edge(START, "grow")
            .add_conditional_edges("grow", [when(result < 4, "grow"), otherwise("done")])
            .add_edge("done", END)
        )
        return graph.apply_async((1,))

    def approval(self, name):
        graph = (
            ConditionalGraph(name, app=self.stand.app)
            .add_node("review", Approval(message=f"Pay for {name}?"))
            .add_node("yes", self.stand.tasks("identity", "paid").set(immutable=True))
            .add_node("no", self.stand.tasks("identity", "refused").set(immutable=True))
            .add_edge(START, "review")
            .add_conditional_edges("review", {"approved": "yes", "rejected": "no"})
            .add_edge("yes", END)
            .add_edge("no", END)
        )
        return graph.apply_async()
