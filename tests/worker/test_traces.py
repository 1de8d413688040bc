"""Traces of runs: OpenTelemetry's own SDK in the client and in real worker processes, which write spans to a file."""

import json
from contextlib import suppress

import pytest
from celery import Celery, chain, chord, group
from opentelemetry import trace

from orchestrator_celery import (
    END,
    START,
    ComplexSignature,
    ConditionalGraph,
    Orchestrator,
    Swarm,
    otherwise,
    result,
    when,
)
from orchestrator_celery.errors import InvalidSettings
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.waiting import wait_for
from tests.kit.workers import Worker, environment
from tests.worker.support import Stand, leaf
from tests.worker.traced import provider


class Spans:
    """What all processes have exported by now."""

    def __init__(self, path):
        self.path = path

    def of(self, run):
        """The spans of a run's trace, once the span of the run is there."""

        def complete():
            ids = [span["context"]["trace_id"] for span in self.ends(run)]
            return ids and [span for span in self._all() if span["context"]["trace_id"] == ids[0]]

        return Trace(wait_for(complete, 30, f"the trace of {run.id}"))

    def ends(self, run):
        """The spans of the run itself."""
        return [span for span in self._own(run) if "orchestrator.run.status" in span["attributes"]]

    def exported(self, run, task):
        """The spans of a task of the run, which may not have ended."""
        return [span for span in self._own(run) if span["attributes"].get("orchestrator.task", "").endswith(f".{task}")]

    def _own(self, run):
        return [span for span in self._all() if span["attributes"].get("orchestrator.run.id") == run.id]

    def _all(self):
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.endswith("}")]


class Trace:
    """The spans of one trace."""

    def __init__(self, spans):
        self.all = spans
        self.ids = [span["context"]["span_id"] for span in spans]
        self.run = next(span for span in spans if "orchestrator.run.status" in span["attributes"])

    def tasks(self, name):
        return [span for span in self.all if span["attributes"].get("orchestrator.task", "").endswith(f".{name}")]

    def is_whole(self):
        """Whether no id comes twice, and each span has its parent in the trace."""
        parents = {span["parent_id"] for span in self.all} - {None}
        return len(set(self.ids)) == len(self.ids) and parents <= set(self.ids)

    def links(self, span):
        return [link["context"]["span_id"] for link in span["links"]]


def ids(spans):
    return [span["context"]["span_id"] for span in spans]


def outcomes(spans):
    return [span["attributes"].get("orchestrator.outcome") for span in spans]


@pytest.fixture(scope="module")
def spans(tmp_path_factory):
    """One file for all processes; a process has one provider for its whole life."""
    path = tmp_path_factory.mktemp("traces") / "spans.jsonl"
    path.touch()
    trace.set_tracer_provider(provider(path))
    return Spans(path)


@pytest.fixture(scope="module")
def traced(ledger_server, spans):
    settings = {"orchestrator_traces": True, "orchestrator_heartbeat": 0.3, "orchestrator_lease": 2.0}
    with (
        EmbeddedRedis() as server,
        Stand(server.url(0), server.url(1), **settings) as stand,
        Worker(stand.broker, stand.backend, app="tests.worker.traced", env=_env(spans), **settings),
    ):
        yield stand


def _env(spans, **more):
    return {"TEST_APP": "kit", "TEST_SPANS": str(spans.path), **more}


def test_a_chain_is_one_trace_below_the_span_that_started_it(traced, spans):
    t = traced.tasks
    with trace.get_tracer("web").start_as_current_span("request") as request:
        run = traced.complex(chain(t("add", 1, 1), t("add", 2)), name="sums", category="eu", tags=("a",)).apply_async()
    assert run.get(timeout=60) == 4
    found = spans.of(run)
    assert found.run["name"] == "sums"
    assert found.run["parent_id"] == f"0x{request.get_span_context().span_id:016x}"
    steps = found.tasks("add")
    assert [step["parent_id"] for step in steps] == [found.run["context"]["span_id"]] * 2
    assert {step["kind"] for step in steps} == {"SpanKind.CONSUMER"}
    assert found.is_whole()
    assert found.run["attributes"]["orchestrator.run.status"] == "SUCCEEDED"
    assert found.run["attributes"]["orchestrator.tags"] == ["a"]
    first = steps[0]["attributes"]
    assert first["messaging.system"] == "celery"
    assert first["messaging.message.id"] == leaf(run, "0.0.0")
    assert first["orchestrator.category"] == "eu"
    assert found.run["start_time"] <= steps[0]["start_time"]
    assert steps[0]["end_time"] <= steps[1]["start_time"]


@pytest.mark.parametrize("batch", [None, 2])
def test_a_swarm_links_its_callbacks_to_their_items(traced, spans, ledger, batch):
    t = traced.tasks
    run = traced.swarm(
        [t("add", n, 1) for n in range(4)], batch=batch, on_task_success=t("after_success"), name="four"
    ).apply_async()
    assert run.get(timeout=60) == [1, 2, 3, 4]
    wait_for(lambda: len(spans.of(run).tasks("after_success")) == 4, 30, "the callbacks")
    found = spans.of(run)
    linked = [link for span in found.tasks("after_success") for link in found.links(span)]
    assert sorted(linked) == sorted(ids(found.tasks("add")))
    assert len(linked) == 4
    assert spans.of(run).is_whole()


def test_a_chords_body_and_a_join_link_to_the_branches(traced, spans):
    t = traced.tasks
    body = traced.complex(chord([t("add", 1, 1), t("add", 2, 2)], t("xsum"))).apply_async()
    graph = (
        ConditionalGraph("meet", app=traced.app)
        .add_node("start", t("identity", 1))
        .add_node("left", t("add", 1))
        .add_node("right", t("add", 2))
        .add_node("sum", t("xsum"), join="all")
        .add_edge(START, "start")
        .add_edge("sum", END)
        .add_edge("start", "left")
        .add_edge("start", "right")
        .add_edge("left", "sum")
        .add_edge("right", "sum")
    ).apply_async()
    assert (body.get(timeout=60), graph.get(timeout=60)) == (6, 5)
    for run in (body, graph):
        found = spans.of(run)
        [joined] = found.tasks("xsum")
        assert sorted(found.links(joined)) == sorted(ids(found.tasks("add")))
        assert found.is_whole()


def test_a_retry_is_a_child_of_its_attempt(traced, spans, ledger):
    run = traced.run(traced.tasks("flaky", 2))
    run.get(timeout=60)
    found = spans.of(run)
    tries = sorted(found.tasks("flaky"), key=lambda span: span["start_time"])
    assert outcomes(tries) == ["retried", "retried", "succeeded"]
    assert [span["parent_id"] for span in tries[1:]] == [ids(tries)[0]] * 2
    assert [span["attributes"]["orchestrator.retries"] for span in tries] == [0, 1, 2]
    assert found.is_whole()


def test_a_failure_is_on_record_without_its_secrets(traced, spans):
    said = "password=hunter2"
    run = traced.run(traced.tasks("fail_if", said, bad=[said]))
    with suppress(KeyError):
        run.get(timeout=60)
    found = spans.of(run)
    [failed] = found.tasks("fail_if")
    for span in (failed, found.run):
        assert span["status"]["status_code"] == "ERROR"
        assert span["attributes"]["error.type"] == "KeyError"
        assert span["events"][0]["attributes"]["exception.type"] == "KeyError"
        assert "password=" in span["events"][0]["attributes"]["exception.message"]
    assert "hunter2" not in spans.path.read_text()


def test_a_lost_process_leaves_the_span_of_its_attempt(traced, spans, ledger):
    run = traced.run(traced.tasks("suicide_once", 5))
    assert run.get(timeout=120) == 5
    found = spans.of(run)
    first, second = sorted(found.tasks("suicide_once"), key=lambda s: s["attributes"]["orchestrator.attempt"])
    assert outcomes([first, second]) == ["lost", "succeeded"]
    assert first["status"]["status_code"] == "ERROR"
    assert first["end_time"] > first["start_time"]
    assert found.is_whole()


def test_a_cancelled_run_has_its_span(traced, spans):
    run = traced.run(chain(traced.tasks("nap", 1, seconds=600), traced.tasks("identity")))
    wait_for(lambda: run.progress().running, 30, "nap")
    run.cancel(confirm=True)
    found = spans.of(run)
    assert found.run["attributes"]["orchestrator.run.status"] == "CANCELLED"


def test_an_interrupted_body_has_one_span(traced, spans, ledger):
    run = traced.run(traced.tasks("nap", 1, seconds=600))
    wait_for(lambda: run.progress().running, 30, "nap")
    run.interrupt(grace=1)
    wait_for(lambda: outcomes(spans.exported(run, "nap")) == ["stopped"], 30, "the span of the body that was stopped")
    run.cancel(confirm=True)
    assert spans.of(run).is_whole()


def test_a_run_that_a_retry_continues_has_a_second_span_below_the_first(traced, spans, ledger):
    run = traced.complex(traced.tasks("brittle", 1), name="twice").apply_async()
    with suppress(ValueError):
        run.get(timeout=60)
    assert spans.of(run).run["attributes"]["orchestrator.run.status"] == "FAILED"
    ledger.redis.set("repaired", 1)
    run.retry()
    assert run.get(timeout=60) == 1
    ends = wait_for(lambda: len(found := spans.ends(run)) == 2 and found, 30, "the second end")
    assert [span["name"] for span in ends] == ["twice", "twice retry"]
    assert ends[1]["parent_id"] == ends[0]["context"]["span_id"]
    assert ends[1]["attributes"]["orchestrator.run.status"] == "SUCCEEDED"
    assert spans.of(run).is_whole()


def test_threads_keep_their_traces_apart(new_redis, spans, ledger):
    server = new_redis()
    settings = {"orchestrator_traces": True}
    with Stand(server.url(0), server.url(1), **settings) as stand:
        options = {"app": "tests.worker.traced", "env": _env(spans), "pool": "threads", "concurrency": 4}
        with Worker(stand.broker, stand.backend, **options, **settings):
            t = stand.tasks
            runs = [stand.run(chord([t("nap", 1), t("nap", 2)], t("xsum"))) for _ in range(4)]
            assert [run.get(timeout=60) for run in runs] == [3] * 4
            found = [spans.of(run) for run in runs]
    assert len({trace.run["context"]["trace_id"] for trace in found}) == 4
    assert all(trace.is_whole() and len(trace.tasks("nap")) == 2 for trace in found)


def test_a_run_that_replaces_a_task_is_below_it(traced, spans):
    t = traced.tasks
    canvas = group(t("add", 1, 1), t("add", 2, 2))
    run = traced.run(t("replaced_by_canvas", canvas))
    assert run.get(timeout=60) == [2, 4]
    found = wait_for(lambda: (f := spans.of(run)) and len(f.tasks("add")) == 2 and f, 30, "the group")
    [outer] = found.tasks("replaced_by_canvas")
    assert outer["attributes"]["orchestrator.outcome"] == "replaced"
    [inner] = [s for s in found.all if s["parent_id"] == ids([outer])[0]]
    assert {span["parent_id"] for span in found.tasks("add")} == {ids([inner])[0]}


def test_an_eager_run_is_one_trace(spans):
    app = Celery("eager", broker="memory://", set_as_current=False)
    app.conf.orchestrator_traces = True
    Orchestrator(app)

    @app.task
    def add(x, y):
        return x + y

    @app.task
    def xsum(numbers):
        return sum(numbers)

    run = ComplexSignature(chord([add.s(1, 1), add.s(2, 2)], xsum.s()), app=app).apply()
    assert run.get() == 6
    found = spans.of(run)
    [body] = found.tasks("xsum")
    assert sorted(found.links(body)) == sorted(ids(found.tasks("add")))
    assert found.is_whole()
    assert found.run["attributes"]["orchestrator.run.status"] == "SUCCEEDED"


def test_a_failed_eager_run_hides_what_the_project_hides(spans):
    """Given a function of the project that hides secrets, then eager spans pass their texts through it as well."""
    app = Celery("eager", broker="memory://", set_as_current=False)
    app.conf.update(orchestrator_traces=True, orchestrator_redact="tests.worker.hiding.shout")
    Orchestrator(app)

    @app.task
    def refuse(text):
        raise ValueError(text)

    found = spans.of(ComplexSignature(refuse.s("quiet"), app=app).apply())
    [body] = found.tasks("refuse")
    assert body["events"][0]["attributes"]["exception.message"] == "QUIET"
    assert "quiet" not in spans.path.read_text()


class Odd(Exception):
    """An error that cannot be printed."""

    def __str__(self):
        raise RuntimeError("no words")


@pytest.fixture(scope="module")
def refusing():
    """Tasks of an eager app that fail in their ways."""
    app = Celery("eager", broker="memory://", set_as_current=False)
    app.conf.update(orchestrator_traces=True, orchestrator_redact="tests.worker.hiding.shout")
    Orchestrator(app)

    @app.task(shared=False)
    def well(*given):
        return given

    @app.task(shared=False)
    def deny(*given):
        raise ValueError("quiet")

    @app.task(shared=False)
    def odd(*given):
        raise Odd

    @app.task(bind=True, max_retries=1, shared=False)
    def retried(self, *given):
        raise self.retry(exc=KeyError("quiet"), countdown=0)

    @app.task(shared=False)
    def stopped(*given):
        raise KeyboardInterrupt("quiet")

    return {name.rpartition(".")[2]: task for name, task in app.tasks.items()}


def graph_of(app, node, **options):
    return ConditionalGraph("g", app=app, **options).add_node("a", node).add_edge(START, "a")


#: What is run, by the error that its span tells.
FAILURES = {
    "a task": ("ValueError", lambda t: t["deny"].s()),
    "a step": ("ValueError", lambda t: chain(t["well"].s(), t["deny"].s(), t["well"].s())),
    "a member of a group": ("ValueError", lambda t: group(t["well"].s(), t["deny"].s())),
    "a chord's header": ("ChordError", lambda t: chord([t["well"].s(), t["deny"].s()], t["well"].s())),
    "a chord's body": ("ValueError", lambda t: chord([t["well"].s()], t["deny"].s())),
    "a swarm's item": ("SwarmFailed", lambda t: Swarm([t["well"].s(), t["deny"].s()], app=t["well"].app)),
    "too many of a swarm": (
        "SwarmFailed", lambda t: Swarm([t["deny"].s() for _ in range(3)], app=t["well"].app, stop_after_n_failures=2),
    ),
    "a node of a graph": ("ValueError", lambda t: graph_of(t["well"].app, t["deny"].s()).add_edge("a", END)),
    "no way on in a graph": (
        "NoRoute",
        lambda t: graph_of(t["well"].app, t["well"].s()).add_conditional_edges("a", [when(result == 5, END)]),
    ),
    "a graph that turns round": (
        "GraphRecursion",
        lambda t: graph_of(t["well"].app, t["well"].s(), max_visits=2).add_conditional_edges(
            "a", [when(result == 5, END), otherwise("a")]
        ),
    ),
    "retries that are used up": ("KeyError", lambda t: t["retried"].si()),
    "an error without words": ("Odd", lambda t: t["odd"].s()),
    "a workflow in a workflow": ("ValueError", lambda t: ComplexSignature(chain(t["deny"].s()), app=t["well"].app)),
    "an error with a callback": ("ValueError", lambda t: t["deny"].s().on_error(t["well"].si())),
    "Ctrl+C": ("KeyboardInterrupt", lambda t: t["stopped"].s()),
    "a swarm that tolerates it": (
        None, lambda t: Swarm([t["well"].s(), t["deny"].s()], app=t["well"].app, max_failures=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILURES)
def test_the_span_of_a_failed_eager_run_has_its_error(spans, refusing, kind):
    """Given an eager run that fails in any way, then its span has the status ERROR and the error, as on a worker."""
    error, build = FAILURES[kind]
    name = f"eager: {kind}"
    with suppress(KeyboardInterrupt):
        ComplexSignature(build(refusing), app=refusing["well"].app, name=name).apply()
    [span] = [span for span in spans._all() if span["name"] == name]
    status = span["status"]["status_code"]
    if error is None:
        assert (status, span["attributes"]["orchestrator.run.status"]) == ("UNSET", "SUCCEEDED")
        return
    assert (status, span["attributes"]["error.type"]) == ("ERROR", error)
    [event] = [event["attributes"] for event in span["events"]]
    assert event["exception.type"] == error
    assert event["exception.message"]
    assert "quiet" not in json.dumps(span)


def test_the_span_of_celerys_instrumentation_is_the_child_of_the_tasks(new_redis, spans, ledger):
    server = new_redis()
    settings = {"orchestrator_traces": True}
    with Stand(server.url(0), server.url(1), **settings) as stand:
        env = _env(spans, TEST_INSTRUMENTED="1")
        with Worker(stand.broker, stand.backend, app="tests.worker.traced", env=env, **settings):
            t = stand.tasks
            run = stand.run(chain(t("add", 1, 1), t("flaky", 1), t("add", 2)))
            run.get(timeout=60)
            found = wait_for(
                lambda: (f := spans.of(run)) and sum(s["name"].startswith("run/") for s in f.all) >= 5 and f,
                30,
                "spans",
            )
    for name in ("add", "flaky"):
        theirs = [span for span in found.all if span["name"] == f"run/tests.kit.project.{name}"]
        assert sorted(span["parent_id"] for span in theirs) == sorted(ids(found.tasks(name)))
    assert found.is_whole()


def test_off_nothing_is_imported_and_no_header_is_sent(busy):
    run = busy.run(group(busy.tasks("loaded", "orchestrator_celery.dispatch.traces."), busy.tasks("whole_request")))
    loaded, facts = run.get(timeout=60)
    assert not [name for name in loaded if name.endswith(("tracer", "run_traces"))]  # which import OpenTelemetry
    assert "task" in facts
    assert not [name for name, value in facts.items() if "orchestrator_" in f"{name}{value}" and "trace" in name]


def test_without_the_extra_a_worker_does_not_start(make_stand, tmp_path):
    stand = make_stand()
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text("import sys\nsys.modules['opentelemetry'] = None\n")
    env = {**environment(stand.broker, stand.backend, orchestrator_traces=True), "PYTHONPATH": str(tmp_path)}
    worker = Worker(
        stand.broker,
        stand.backend,
        env=env,
        ready=False,
        fresh=True,
        app="tests.worker.tasks",
        orchestrator_traces=True,
    )
    try:
        assert worker.process.wait(timeout=60) != 0
        assert "orchestrator_traces is on, but OpenTelemetry is not installed" in worker.log
        assert "Traceback" not in worker.log
    finally:
        worker.end()


def test_a_wrong_value_is_refused(make_stand):
    stand = make_stand(orchestrator_traces="maybe")
    with pytest.raises(InvalidSettings, match="orchestrator_traces"):
        Orchestrator.of(stand.app).settings  # noqa: B018
