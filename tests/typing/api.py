"""The public API as users write it: checked by `mypy --strict`, never run.

Each line is a promise: what it is given is accepted, and what it gives back has this type.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from celery import Celery, chain, group
from celery.result import AsyncResult
from typing_extensions import assert_type

from orchestrator_celery import (
    END,
    START,
    AnswerView,
    Approval,
    ApprovalAwaited,
    ApprovalRequested,
    ApprovalTimeout,
    ApprovalView,
    ArrivalIgnored,
    AuditEntry,
    BulkCancelPlan,
    BulkRejected,
    BulkReport,
    CancelPlan,
    Change,
    ChangesMissed,
    Check,
    CheckLevel,
    ComplexSignature,
    CompositeFailed,
    CompositeSucceeded,
    ConditionalGraph,
    ConditionError,
    ConditionSyntaxError,
    ConfirmationRequired,
    DeadlineExceeded,
    DefinitionMismatch,
    DryRun,
    DryRunError,
    DryRunStep,
    EdgeDifference,
    EdgeKind,
    ErrorView,
    Event,
    Expression,
    Follower,
    ForeignRun,
    ForeignSignature,
    FormatTooNew,
    FormatTooOld,
    GraphChanged,
    GraphDifferences,
    GraphEdge,
    GraphInvalid,
    GraphNotFound,
    GraphRecursion,
    GraphVersion,
    HourStatistics,
    Interrupted,
    InterruptedTask,
    InterruptOutcome,
    InterruptReport,
    InvalidSettings,
    InvalidSubscription,
    InvalidTransition,
    InvalidView,
    InvalidWorkflow,
    ItemsAdded,
    ItemView,
    KindStatistics,
    LazyList,
    LeafIgnored,
    LogLine,
    News,
    NodeChanged,
    NodeCheckpointed,
    NodeData,
    NodeDifference,
    NodeFailed,
    NodeHeld,
    NodeInterrupted,
    NodeKind,
    NodeLost,
    NodeNotFound,
    NodeProgress,
    NodeProgressed,
    NodeRepublished,
    NodeResumed,
    NodeRetried,
    NodeSkipped,
    NodeStarted,
    NodeState,
    NodeSucceeded,
    NodeTimes,
    NodeVetoed,
    NodeView,
    NoRoute,
    Notice,
    NotificationFailed,
    NotificationRefused,
    NotInstalled,
    Orchestrator,
    OrchestratorError,
    OrchestratorSettings,
    PayloadTooLarge,
    PoisonedTask,
    Priority,
    PriorityChanged,
    Problem,
    Progress,
    ResumeAction,
    ResumedNode,
    ResumeReport,
    ResumeReported,
    Retry,
    Run,
    RunAnswer,
    RunCancelled,
    RunChanged,
    RunClosed,
    RunFilter,
    RunList,
    RunNotFound,
    RunStatus,
    RunView,
    SavedGraph,
    SavedView,
    SavedViews,
    SignatureGone,
    SignatureInUse,
    SignatureStatus,
    Spread,
    StartUnconfirmed,
    Statistics,
    StatusChanged,
    StoredSignature,
    StoreNotConfigured,
    StoreUnavailable,
    Subscription,
    Swarm,
    SwarmClosed,
    SwarmFailed,
    SwarmFull,
    SwarmWasClosed,
    TaskInfo,
    TaskParameter,
    TaskPolicy,
    UnknownEvent,
    UnknownOption,
    VerbChoice,
    ViewChanged,
    WorkerView,
    WorkerWithoutExtension,
    acting,
    condition,
    condition_text,
    current_node,
    error,
    node,
    notify,
    otherwise,
    redacted,
    result,
    run_input,
    templates,
    visits,
    when,
)

app = Celery("proj", broker="redis://localhost:6379/0", backend="redis://localhost:6379/1")
orchestrator = Orchestrator(app)
assert_type(orchestrator, Orchestrator)
assert_type(Orchestrator.of(app), Orchestrator)
assert_type(orchestrator.settings, OrchestratorSettings)
assert_type(OrchestratorSettings.read({"orchestrator_window": 10}), OrchestratorSettings)
assert_type(orchestrator.settings.window, int)
assert_type(orchestrator.settings.store_url, str | None)
assert_type(orchestrator.settings.auto_resume_include, tuple[str, ...])


# -- tasks ---------------------------------------------------------------------------------------------


@app.task
def resize(path: str) -> int:
    return len(path)


@app.task(orchestrator=TaskPolicy(max_resumes=0, auto_resume=False, interrupt_signal="SIGINT"))
def charge(amount: float) -> str:
    return str(amount)


@orchestrator.task(policy=TaskPolicy(), queue="slow")
def train(path: str) -> None:
    node = current_node()
    start: Any = node.last_checkpoint or {"epoch": 0}
    assert_type(node.checkpoint({"epoch": start["epoch"] + 1}), bool)
    node.progress(start["epoch"] + 1, total=100, message="training")
    node.progress(0.5)
    assert_type(node.run_id, str | None)
    assert_type(node.id, str | None)
    assert_type(node.attempt, int)
    assert_type(node.interrupted, bool)
    try:
        node.raise_if_interrupted()
    except Interrupted as exc:
        assert_type(exc.task_id, str)
        raise
    assert_type(bool(node), bool)


# -- canvas --------------------------------------------------------------------------------------------

swarm = Swarm(
    (resize.s(path) for path in ("a", "b")),
    name="photos",
    max_concurrency=8,
    slots={Priority.HIGH: 2},
    open=True,
    stop_after_n_failures=3,
    max_failures=0.1,
    max_items=1000,
    queue="images",
)
assert_type(swarm.label, str | None)
assert_type(swarm.add_task(resize.s("c")), int)
assert_type(swarm.add_tasks_bulk(resize.s(path) for path in ("d", "e")), BulkReport)
swarm.close()
empty = Swarm()
assert_type(swarm.add_task(resize.s("f"), priority=Priority.HIGH), int)
bounded = Swarm([resize.s("a")], max_failures=3, max_concurrency=None)

unit = ComplexSignature(
    chain(resize.s("a"), group(charge.s(), charge.s())),
    name="order",
    on_success=charge.s(),
    on_error=[charge.s(), charge.si(1)],
    category="orders",
    tags=["eu", "vip"],
    priority=3,
)
assert_type(unit.label, str | None)
unit.workflow.clone()


# -- conditions ----------------------------------------------------------------------------------------

good = (result["score"] >= 0.8) & ~result["country"].in_(["XX"]) | node("validate")["total"].exists()
due = (run_input["due"].date < datetime.now(timezone.utc)) & (visits < 3) & (error["type"] != "CardDeclined")
named = result["id"].matches(r"^order-\d+$") & (result["rows"].length == 0) & result.contains("x")
typed = result.is_type("dict") | (result.type == "null")
assert_type(when(good & due, "charge").target, str)
assert_type(when(named | typed, "charge").condition, Any)
assert_type(otherwise("refuse").target, str)
assert_type(when(condition("result.score >= 0.8") & good, "charge").target, str)
assert_type(condition_text(good), str)
try:
    condition("result.score >=")
except ConditionSyntaxError as wrong:
    assert_type((wrong.position, wrong.length, wrong.reason), tuple[int, int, str])

orders = (
    ConditionalGraph("orders", max_visits=10, retry=Retry(3, on=[TimeoutError]), app=app)
    .add_node("check", resize.s(), retry=2, inputs={"amount": node("check")["total"]})
    .add_node("review", Approval(timeout=3600, on_timeout="fail", message="?"))
    .add_edge(START, "check")
    .add_conditional_edges("check", [when(good & due, "review"), otherwise(END)], mode="all", strict=True)
    .add_conditional_edges("review", {"approved": END}, default="check")
    .add_error_edge("review", END, on=[TimeoutError, "ApprovalTimeout"])
)
assert_type(orders, ConditionalGraph)
assert_type(orders.to_dict(), dict[str, Any])
assert_type(ConditionalGraph.from_dict(orders.to_dict()), ConditionalGraph)
assert_type(ConditionalGraph.json_schema(), dict[str, Any])
assert_type(orders.to_mermaid(), str)
assert_type(orders.to_python(), str)
assert_type(orders.to_python("orders") == orders.to_python(), bool)
assert_type(orders == ConditionalGraph("orders"), bool)
changed: GraphDifferences = orders.differences(ConditionalGraph("orders"), names=("old.json", "new.json"))
node_changes: tuple[NodeDifference, ...] = changed.nodes
edge_changes: tuple[EdgeDifference, ...] = changed.edges
assert_type(changed.fields, tuple[str, ...])
assert_type(changed.text, str)
whole: Expression = result["score"]
orders.validate()
orders.apply_async((1,))

# -- templates -----------------------------------------------------------------------------------------

paying = templates.fallback(primary=charge.s(), alternatives=[charge.si(0)], on=[TimeoutError], name="paying")
assert_type(paying, ConditionalGraph)
templates.retry(work=charge.s(), attempts=5, on="TimeoutError", fallback=END, into=orders, after="check", prefix="one ")
templates.success_or_failure(work=charge.s(), on_failure=charge.s(), on_success="check", into=orders, then="check")
templates.threshold(value="score", levels={"high": templates.Level(at_least=0.8, target=charge.s())}, below=END)
templates.switch(value=result["kind"], cases={"card": charge.s(), 7: END, None: "check"}, default=charge.s())
templates.ab_split(variants={"a": charge.s(), "b": charge.s()}, weights={"a": 0.9, "b": 0.1}, key="customer", salt="x")
stage = templates.Stage(name="size", check=charge.s(), ask_when=result > 100, timeout=timedelta(hours=1))
templates.validation_stages(stages=[stage], rejected=END, accepted=charge.s())
templates.approval_gate(rejected=END, timeout=3600, on_timeout="fail", message="Pay?")
templates.map_reduce(split=charge.s(), each=charge.s(), reduce=charge.s(), items="pages", max_concurrency=4)
templates.loop_until(body=charge.s(), until=result >= 10, max_visits=5, exhausted=charge.s())
assert_type(templates.catalog(), tuple[templates.TemplateInfo, ...])
assert_type(templates.catalog()[0].parameters, dict[str, Any])
assert_type(templates.build("retry", {"work": {"task": "charge"}}, app=app, into=orders), ConditionalGraph)


def facts(run: Run, kept: StoredSignature) -> str | None:
    assert_type((run.category, run.rerun_of, kept.category), tuple[str | None, str | None, str | None])
    assert_type(orders.max_visits, int)
    return run.category


def apply_everywhere() -> Run:
    """What applying gives is a `Run`, eager or not."""
    applied = swarm.apply_async((1,), {"x": 2}, task_id="photos-2026", countdown=5, queue="q")
    assert_type(applied, Run[list[Any]])
    assert_type(swarm.delay(1, x=2), Run[list[Any]])
    assert_type(orders.delay(), Run)
    assert_type(unit.apply((1,)), Run)
    assert_type(unit(1), Run)
    nested = Swarm([unit, Swarm([resize.s("a")])])
    nested.link(charge.s())
    nested.delay()
    return orchestrator.run("photos-2026")


# -- runs ----------------------------------------------------------------------------------------------


def look(run: Run) -> None:
    result: AsyncResult = run
    result.get(timeout=10)
    assert_type(run.status, RunStatus)
    assert_type(run.status.ended, bool)
    assert_type(run.status_message, str)
    assert_type(run.view, RunView)
    assert_type(run.outcome(), Any)


def progress(run: Run) -> tuple[int, float, float | None]:
    found = run.progress()
    assert_type(found, Progress)
    assert_type((found.done, found.failed, found.running, found.waiting), tuple[int, int, int, int])
    assert_type(found.rate, float)
    assert_type((found.eta_low, found.eta_high, found.grows), tuple[float | None, float | None, bool])
    return found.total, found.fraction, found.eta


def walk(node: NodeView) -> Iterator[str]:
    assert_type(node.progress, NodeProgress | None)
    if node.progress is not None:
        assert_type((node.progress.done, node.progress.total), tuple[float, float | None])
        assert_type((node.progress.fraction, node.progress.at), tuple[float | None, datetime | None])
    assert_type(node.kind, NodeKind)
    assert_type(node.state, NodeState)
    assert_type(node.started, datetime | None)
    assert_type(node.inner, dict[NodeState, int])
    yield node.name
    for child in node.children:
        yield from walk(child)


def tree(run: Run) -> list[str]:
    return [*walk(run.tree()), *walk(run.tree(limit=10, depth=2))]


def items(run: Run) -> list[int]:
    assert_type(run.results(), LazyList[Any])
    failed = run.items(NodeState.FAILED, offset=10, limit=5)
    assert_type(failed, LazyList[ItemView])
    return [item.index for item in (*failed, *run.items("SUCCEEDED"), *run.items())]


def add_from_anywhere(run: Run) -> None:
    assert_type(run.swarm.add_task(resize.s("x")), int)
    report = run.swarm.add_tasks_bulk([resize.s("y")], priority=Priority.LOW)
    assert_type(run.set_priority([1, 2], Priority.HIGH), int)
    assert_type(run.set_priority("resize", "LOW"), int)
    assert_type(report, BulkReport)
    assert_type((report.requested, report.added, report.batches), tuple[int, int, int])
    assert_type([rejection.reason for rejection in report.rejected], list[str])
    run.swarm.close()


def steer(run: Run) -> None:
    # Celery's classes have no types, so a name that is missing would pass as Any: what returns nothing is asked for.
    assert_type(run.suspend, Callable[[], None])
    assert_type(run.resume, Callable[[], None])
    assert_type(run.retry("0.1"), None)
    assert_type(run.rerun("0.1"), Run)
    assert_type(run.skip("0.1"), None)
    assert_type(run.detach("0.1"), Run)
    assert_type(run.swarm.close, Callable[[], None])
    assert_type(swarm.close, Callable[[], None])


def follow(orchestrator: Orchestrator) -> News:
    follower = orchestrator.follower()
    assert_type(follower, Follower)
    assert_type(follower.follow(["runs", "run:r1"]), dict[str, int])
    assert_type(follower.now(), int)
    news = follower.read(500)
    assert_type(news, News)
    assert_type((news.topics, news.missed), tuple[dict[str, int], str])
    return news


def watch_all(orchestrator: Orchestrator, after: str | None = None) -> Event | ResumeReport | RunStatus | str | None:
    changes = orchestrator.watch("status:FAILED", tag="eu", nodes=True, after=after)
    assert_type(changes, Iterator[Change])
    for change in changes:
        assert_type((change.id, change.time), tuple[str, datetime])
        if isinstance(change, NodeChanged):
            return change.event
        if isinstance(change, ResumeReported):
            return change.report
        if isinstance(change, RunChanged):
            assert_type(change.view, RunView | None)
            return change.status
        if isinstance(change, ApprovalRequested):
            return f"{change.run} {change.node}"
        if isinstance(change, ChangesMissed):
            return change.reason
    return None


def watch(run: Run, after: str = "0") -> str:  # noqa: C901, PLR0911, PLR0912 - one type after the other
    assert_type(run.watch(), Iterator[Event])
    assert_type(run.events(after=after), list[Event])
    for event in run.watch(after=after):
        assert_type((event.id, event.run, event.node, event.time), tuple[str, str, str, datetime])
        if isinstance(event, StatusChanged):
            return event.status.value
        if isinstance(event, NodeInterrupted):
            assert_type(event.reason, str)
        if isinstance(event, NodeResumed):
            assert_type(event.checkpoint, bool)
        if isinstance(event, NodeStarted | NodeLost | NodeHeld):
            return f"{event.worker} {event.attempt}"
        if isinstance(event, NodeVetoed | NodeRetried):
            return event.reason
        if isinstance(event, CompositeSucceeded | CompositeFailed):
            return event.node
        if isinstance(event, ItemsAdded | NodeRepublished | PriorityChanged):
            return str(event.count)
        if isinstance(event, NodeProgressed):
            assert_type((event.done, event.total, event.message), tuple[float, float | None, str])
        if isinstance(event, NodeSkipped):
            return event.node
        if isinstance(event, NodeCheckpointed):
            return str(event.attempt)
        if isinstance(event, UnknownEvent):
            assert_type((event.kind, event.fields), tuple[str, dict[str, str]])
        if isinstance(event, NodeSucceeded | NodeFailed | SwarmWasClosed | RunClosed):
            return event.node
    return after


def people(run: Run) -> list[str]:
    run.approve("review", by="ada", note="fine")
    run.reject("review")
    assert_type(run.approvals(), LazyList[ApprovalView])
    assert_type(run.tree().answer, AnswerView | None)
    told = [event for event in run.events() if isinstance(event, (ApprovalAwaited, ArrivalIgnored, NodeSkipped))]
    found = orchestrator.approvals()
    assert_type(found[0].until, datetime | None)
    return [view.name for view in found] + [event.node for event in told]


async def people_elsewhere(run: Run) -> LazyList[ApprovalView]:
    await run.aio.approve("review", by="ada")
    await run.aio.reject("review", note="no")
    assert_type(await run.aio.approvals(), LazyList[ApprovalView])
    return await orchestrator.aio.approvals()


def lists() -> list[str]:
    since = datetime.now(timezone.utc) - timedelta(days=1)
    found = orchestrator.runs(
        status=RunStatus.FAILED, name="photos", since=since, until=None, text="2026", offset=0, limit=10
    )
    assert_type(found, RunList)
    assert_type(found[0], Run)
    assert_type(found[:2], list[Run])
    assert_type(found[0].view, RunView)
    assert_type((found[0].name, found[0].kind, found[0].tags), tuple[str | None, NodeKind, tuple[str, ...]])
    assert_type(orchestrator.runs(after=found[0], limit=10), RunList)
    assert_type(orchestrator.runs(after=found[0].view.place), RunList)
    assert_type(orchestrator.run(found[0]), Run)
    assert_type(orchestrator.run(found[0].view), Run)
    orchestrator.audit(run=found[0], signature=found[0].signature)
    assert_type(orchestrator.signature(found[0]), StoredSignature)
    by_word = orchestrator.runs(status="RUNNING", task="proj.resize", category="images", tag="eu")
    return [run.id for run in (*found, *by_word)]


def many() -> list[RunAnswer]:
    assert_type(orchestrator.runs("status:FAILED -tag:us since:2h", task=["proj.resize", "proj.crop"]), RunList)
    checks: list[Check] = list(orchestrator.doctor())
    assert_type(checks[0].level, CheckLevel)
    wanted = RunFilter.parse("tag:eu")
    assert_type(wanted, RunFilter)
    assert_type(orchestrator.runs(wanted), RunList)
    chosen = orchestrator.runs(tag="eu")
    assert_type(chosen.suspend(), list[RunAnswer])
    assert_type(chosen.interrupt(signal="SIGINT", grace=1.0), list[RunAnswer])
    assert_type(chosen.resume(stagger=0.5), list[RunAnswer])
    assert_type(chosen.retry(), list[RunAnswer])
    assert_type(chosen.rerun(), list[RunAnswer])
    plan = chosen.cancel_plan()
    assert_type(plan, BulkCancelPlan)
    assert_type((plan.keys, plan.running, plan.queued, plan.token), tuple[int, int, int, str])
    answers = chosen.cancel(confirm=plan.token, reason="wrong input")
    assert_type((answers[0].run, answers[0].done, answers[0].refusal), tuple[str, bool, str])
    return answers


def saved_graphs(run: Run) -> GraphVersion:
    layout = {"nodes": {"charge": {"x": 1, "y": 2}}}
    try:
        first: SavedGraph = orchestrator.graphs.save(orders, name="orders", note="first", layout=layout, base=0)
    except GraphChanged as exc:
        assert_type(exc.newest, GraphVersion | None)
    except GraphNotFound as exc:
        raise ValueError(str(exc)) from exc
    assert_type(orchestrator.graphs.names(), list[str])
    assert_type(orchestrator.graphs.newest(text="ord", offset=0, limit=10), list[SavedGraph])
    assert_type([saved.version for saved in orchestrator.graphs], list[int])
    assert_type(orchestrator.graphs.versions("orders"), list[SavedGraph])
    assert_type(orchestrator.graphs.version_of(run.signature), SavedGraph | None)
    assert_type(orchestrator.graphs.run("orders", {"total": 3}, version=first.version), Run)
    assert_type(orchestrator.graphs.roll_back("orders", 1, "as before", base=2), GraphVersion)
    return orchestrator.graphs.get("orders", 1)


def tried() -> DryRun:
    found = orders.dry_run(
        {"total": 3},
        results={"validate": [{"score": 0.9}]},
        errors={"charge": [ValueError("x"), None]},
        decisions={"review": "approved"},
        routes={3: ["eu"]},
    )
    step: DryRunStep = found.steps[0]
    assert_type(step.edges, tuple[int, ...])
    assert_type(found.path, list[str])
    error: DryRunError | None = found.error
    return found if error is None else orders.dry_run()


def tasks() -> list[TaskInfo]:
    parameters: tuple[TaskParameter, ...] | None = orchestrator.tasks()[0].parameters
    assert_type([one.json_schema for one in parameters or ()], list[dict[str, Any]])
    return orchestrator.tasks()


async def saved_graphs_aio() -> GraphVersion:
    assert_type(await orchestrator.graphs.aio.names(), list[str])
    return await orchestrator.graphs.aio.save(orders, base=1)


def stored(run: Run) -> StoredSignature:
    kept = orchestrator.save(swarm, name="photos", category="images", tags=["eu"], ttl=timedelta(days=30))
    assert_type(kept, StoredSignature)
    assert_type((kept.id, kept.name, kept.status), tuple[str, str, SignatureStatus])
    assert_type(kept.delete_at, datetime | None)
    assert_type(kept.run(1, x=2), Run)
    assert_type(kept.rerun(), Run)
    assert_type(kept.rerun(run=run), Run)
    assert_type(kept.runs(), RunList)
    assert_type(kept.delete(after=3600), datetime)
    assert_type(kept.delete(at=datetime.now(timezone.utc)), datetime)
    assert_type(kept.restore, Callable[[], None])
    try:
        kept.purge(confirm=True)
    except SignatureInUse as exc:
        assert_type(exc.run, str)
    except SignatureGone:
        return run.signature
    assert_type(orchestrator.signatures(status="ACTIVE", saved=True, tag="eu", limit=10), LazyList[StoredSignature])
    return orchestrator.signature(kept.id)


async def awaited(run: Run) -> list[Event]:
    # The types are those of the methods; where one is missing, mypy says so.
    await run.aio.suspend()
    await run.aio.resume()
    await run.aio.retry(node="0.1")
    assert_type(await run.aio.rerun(from_node="0.1"), Run)
    await run.aio.skip("0.1")
    assert_type(await run.aio.detach("0.1"), Run)
    assert_type(await run.aio.progress(), Progress)
    assert_type(await run.aio.tree(limit=10), NodeView)
    assert_type(await run.aio.status(), RunStatus)
    assert_type(await run.aio.get(timeout=10, propagate=False), Any)
    assert_type(await run.aio.cancel_plan(), CancelPlan)
    await run.aio.cancel(confirm=True, reason="wrong input")
    assert_type(await swarm.aio.add_tasks_bulk([resize.s("a")], atomic=False), BulkReport)
    assert_type(await swarm.aio.add_task(resize.s("a")), int)
    assert_type(await run.swarm.aio.add_tasks_bulk([resize.s("a")]), BulkReport)
    await run.swarm.aio.close()
    assert isinstance(await unit.aio.apply_async(task_id="x"), Run)
    assert_type(await orchestrator.aio.run("x"), Run)
    found = await orchestrator.aio.runs(tag="eu")
    assert_type(found, RunList)
    assert_type([run.id async for run in found.aio], list[str])
    assert_type(await found.aio.resume(stagger=0.5), list[RunAnswer])
    assert_type(await found.aio.retry(), list[RunAnswer])
    assert_type(await found.aio.rerun(), list[RunAnswer])
    kept = await orchestrator.aio.save(swarm, name="photos")
    assert_type(await kept.aio.rerun(), Run)
    assert_type(await kept.aio.delete(after=60), datetime)
    assert_type(await kept.aio.status(), SignatureStatus)
    assert_type([item.index async for item in run.aio.items(NodeState.FAILED)], list[int])
    events = run.aio.watch(after="0")
    counted = orchestrator.stats(task="a.*", category="eu", since="2h")
    assert_type(counted, Statistics)
    assert_type(counted.series, tuple[HourStatistics, ...])
    assert_type(counted.tasks, tuple[KindStatistics, ...])
    assert_type(counted.duration, Spread)
    assert_type(await orchestrator.aio.stats(since=timedelta(hours=2)), Statistics)
    assert_type(run.timeline(after="0.1", limit=5), Iterator[NodeTimes])
    assert_type(run.aio.timeline(), AsyncIterator[NodeTimes])
    assert_type(run.logs(level="ERROR", node="0.0", search="x", since="1h", follow=True), Iterator[LogLine])
    assert_type(run.aio.logs(level=40), AsyncIterator[LogLine])
    assert_type(events, AsyncIterator[Event])
    return [event async for event in events]


def noted() -> None:
    orchestrator.note_done("add_tasks", run=orchestrator.run("x"), node="0", counts={"added": 3})
    orchestrator.note_refusal("add_tasks", "no", run="x", signature="", node="0")


async def saved_views() -> list[SavedView]:
    made = orchestrator.views.save("mine", RunFilter.parse("tag:eu"), columns=["name"], shared=True, base=0)
    assert_type(made, SavedView)
    assert_type((made.name, made.filter, made.columns), tuple[str, str, tuple[str, ...]])
    assert_type((made.owner, made.shared, made.version, made.saved), tuple[str, bool, int, datetime])
    assert_type(await orchestrator.views.aio.save("mine", "tag:eu"), SavedView)
    assert_type(await orchestrator.views.aio.delete("mine", shared=True, base=1), bool)
    views: SavedViews = orchestrator.views
    try:
        return [*views, *await views.aio.all()]
    except (InvalidView, ViewChanged):
        return views.all()


async def subscribed() -> list[Subscription]:
    made = orchestrator.subscribe(
        RunFilter.parse("tag:eu"), resize.s("a"), on=(RunStatus.FAILED, "CANCELLED"), name="x"
    )
    assert_type(made, Subscription)
    assert_type((made.name, made.where, made.on), tuple[str, str, tuple[RunStatus, ...]])
    assert_type((made.task, made.created, made.delete()), tuple[str, datetime, bool])
    assert_type(await orchestrator.aio.subscribe("", swarm, on="FAILED"), Subscription)
    assert_type(await made.aio.delete(), bool)
    notice = Notice.model_validate({})
    assert_type((notice.key, notice.status, notice.time, notice.run), tuple[str, RunStatus, datetime, RunView])
    assert_type(orchestrator.subscriptions(), list[Subscription])
    hook = notify.webhook("https://example.com", secret="SECRET", retries=3, timeout=5)
    assert_type(orchestrator.subscribe("", hook), Subscription)
    assert_type(orchestrator.subscribe("", notify.email(["ada@example.com"])), Subscription)
    notify.verify(b"{}", {}, "secret", tolerance=60)
    return await orchestrator.aio.subscriptions()


def stop(run: Run) -> tuple[InterruptedTask, ...]:
    report = run.interrupt(signal="SIGTERM", grace=10)
    assert_type(report, InterruptReport)
    assert_type(report.tasks[0].outcome, InterruptOutcome)
    assert_type(report.tasks[0].checkpoint, bool)
    return report.of(InterruptOutcome.TERMINATED)


def reports() -> list[ResumedNode]:
    newest: ResumeReport
    [newest, *_] = orchestrator.resume_reports(offset=0, limit=5)
    assert_type(newest.dead, tuple[str, ...])
    return list(newest.of(ResumeAction.RESUMED))


def callbacks(run: Run) -> list[NodeView]:
    told = Swarm(
        [resize.s("a")], on_task_success=resize.s(), on_task_error=[resize.s()], on_task_cleanup=None, deadline=60
    )
    place: int = told.add_task(resize.s("b"), on_success=resize.s(), on_error=[], on_cleanup=None)
    told.add_task_and_run(resize.s("c"))
    report: BulkReport = told.add_tasks_bulk(
        (resize.s(str(i)) for i in range(place)), batch_size=10, atomic=False, dry_run=True, on_progress=print
    )
    assert_type((report.rejected_count, report.batches), tuple[int, int])
    told.add_tasks_and_run([resize.s("d")], atomic=False)
    told.close_when_drained()
    assert_type(told.run, Run[list[Any]] | None)
    run.swarm.close_when_drained()
    return [callback for item in run.items() for callback in item.callbacks]


def cancelling(run: Run) -> list[AuditEntry]:
    plan: CancelPlan = run.cancel_plan()
    assert_type((plan.running, plan.keys, plan.token), tuple[int, int, str])
    with acting("ada@example.org", channel="api"):
        run.cancel(confirm=plan.token, reason="wrong input")
    run.cancel(confirm=True)
    entries = orchestrator.audit(run=run.id, verb="cancel", actor="ada@example.org", limit=1)
    assert_type(entries[0].refused, bool)
    return entries[:1]


def on_commit() -> list[str]:
    """What a view of Django does."""
    assert_type(swarm.delay_on_commit(1, x=2), Run[list[Any]])
    assert_type(unit.delay_on_commit(), Run)
    started: Run = orders.apply_async_on_commit((1,), {"x": 2}, task_id="order 1", countdown=5)
    return [started.id]


# -- errors --------------------------------------------------------------------------------------------


def refused_starts() -> str:
    try:
        swarm.apply_async(task_id="daily", countdown=60, any_definition=True)
    except StartUnconfirmed as exc:
        unavailable: StoreUnavailable = exc
        return f"{unavailable}: {exc.run}"
    except DefinitionMismatch as exc:
        return exc.run
    return ""


def refusals() -> str:  # noqa: C901, PLR0911, PLR0912 - one type after the other
    try:
        swarm.add_tasks_bulk([resize.s("a")])
    except BulkRejected as exc:
        return str(exc.report)
    except SwarmFailed as exc:
        return str([failure["index"] for failure in exc.failures])
    except ForeignRun as exc:
        lost: RunNotFound = exc
        return f"{lost} {exc.run} {exc.owner}"
    except (SwarmClosed, SwarmFull, InvalidTransition, RunNotFound, RunCancelled, ConfirmationRequired) as exc:
        return str(exc)
    except (InvalidSubscription, NotificationFailed, NotificationRefused) as exc:
        assert_type(str(exc), str)
    except (InvalidSettings, StoreNotConfigured, StoreUnavailable, NotInstalled):
        return "set-up"
    except GraphInvalid as exc:
        problem: Problem = exc.problems[0]
        assert_type(problem.edge, int | None)
        return f"{problem.node}: {problem.message}; {problem.hint} {problem.text}"
    except UnknownOption as exc:
        misspelt: TypeError = exc
        return str(misspelt)
    except (ConditionError, NoRoute, GraphRecursion, ApprovalTimeout) as exc:
        return str(exc)
    except ForeignSignature as exc:
        workflow: InvalidWorkflow = exc
        return str(workflow)
    except (FormatTooNew, FormatTooOld) as exc:
        return f"{exc.run} {exc.found} {exc.known}"
    except WorkerWithoutExtension as exc:
        advice: UserWarning = exc
        return str(advice)
    except (PayloadTooLarge, PoisonedTask, DeadlineExceeded, LeafIgnored, NodeNotFound):
        return "task"
    except OrchestratorError:
        return "any"
    return "none"


def what_a_page_shows(orchestrator: Orchestrator, run: Run) -> str:
    [worker, *_] = orchestrator.workers()
    assert_type(worker, WorkerView)
    data = run.node("0.1")
    assert_type(data, NodeData)
    assert_type(data.node.error, ErrorView | None)
    [edge, *_] = run.edges()
    assert_type(edge, GraphEdge)
    [listed, *_] = orchestrator.runs()
    [choice, *_] = listed.view.verbs
    assert_type(choice, VerbChoice)
    return redacted(f"{worker.name} {choice.refusal}") if edge.kind is EdgeKind.ERROR else ""
