"""`celery orchestrator`: lists, steering, graphs and checks, as they are typed, in processes of their own."""

import json
import os
import pty
import re
import select
import subprocess
import time
from functools import partial

import pytest
from celery import chain

from orchestrator_celery import END, START, ConditionalGraph, RunStatus
from orchestrator_celery.cli.plugin import _COMMANDS
from orchestrator_celery.store.embedded import EmbeddedRedis
from tests.kit.commands import COMMAND, call
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT, environment
from tests.worker.support import Stand, wait_until_running


@pytest.fixture(scope="module")
def shop():
    """A stand with a worker and a few runs that nobody else changes."""
    with (
        EmbeddedRedis(aof="everysec") as server,
        Stand(server.url(0), server.url(1), orchestrator_heartbeat=0.3) as stand,
        stand.worker(concurrency=2, name="shop@test"),
    ):
        t = stand.tasks
        little = stand.complex(chain(t("add", 1, 1), t("add", 2)), name="little", tags=["eu"])
        little.apply_async(task_id="little").get(timeout=60)
        items = [*(t("add", i, i) for i in range(20)), t("fail", 3)]
        stand.swarm(items, name="pool", category="import", max_failures=5).apply_async(task_id="pool").get(timeout=60)
        yield stand


@pytest.fixture
def command(shop):
    return partial(call, shop)


@pytest.fixture
def broken(shop):
    """A run that has failed in its second step."""
    t = shop.tasks
    run = shop.complex(chain(t("add", 1, 1), t("fail"), t("add", 1)), name="broken").apply_async()
    wait_for(lambda: run.status is RunStatus.FAILED and run.ready(), what="the failure")
    yield run
    run.cancel(confirm=True)


@pytest.fixture
def waiting(shop):
    """A run whose first task runs and whose second one waits."""
    run = shop.complex(chain(shop.tasks("nap", 1, 60), shop.tasks("nap", seconds=0.01)), name="waiting").apply_async()
    wait_until_running(run, "0.0.0")
    yield run
    if run.status is not RunStatus.CANCELLED:
        run.cancel(confirm=True)


def in_terminal(words, shop, *, columns=100, until, keys=b"", **env):
    """Run a command in a terminal until it has printed something, and return the output."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        given = {
            **os.environ,
            **environment(shop.broker, shop.backend),
            "COLUMNS": str(columns),
            "TERM": "xterm",
            **env,
        }
        os.execve(COMMAND[0], [*COMMAND, *words], given)
    output, deadline, sent = b"", time.monotonic() + 60, False
    waiting = select.poll()  # `select` knows no descriptors above 1023
    waiting.register(terminal, select.POLLIN | select.POLLHUP)
    try:
        while time.monotonic() < deadline:
            if waiting.poll(200):
                try:
                    output += os.read(terminal, 65536)
                except OSError:  # Linux says EIO when the other side is closed
                    break
            if until.encode() in output and not sent:
                os.write(terminal, keys)
                sent = True
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    return output.decode(), os.waitstatus_to_exitcode(status)


def test_every_command_has_help(command):
    """Given the group's help, then it lists all commands, and each has a page of its own."""
    listed = command("--help").stdout.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert {"runs", "show", "watch", "suspend", "cancel", "doctor", "graph", "resume-reports"} <= set(names)
    for name in ("runs", "cancel", "graph"):
        shown = command(name, "--help")
        assert (shown.returncode, shown.stderr) == (0, "")


def test_every_command_has_its_place_in_the_reference(command):
    """Given the reference page, then it names every command."""
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert [name for name in _COMMANDS if f"`{name}" not in page] == []


def test_runs_are_listed(command):
    """Given a filter, then the table has what matches; JSON has the same runs."""
    table = command("runs", "tag:eu")
    assert table.stdout.splitlines()[0].split() == ["RUN", "NAME", "STATUS", "DONE", "CREATED", "(UTC)", "DURATION"]
    assert table.stdout.splitlines()[1].split()[:4] == ["little", "little", "SUCCEEDED", "2/2"]
    assert "20/21, 1 failed" in command("runs", "category:import", "pool").stdout
    [run] = json.loads(command("runs", "tag:eu", "--json").stdout)
    assert (run["id"], run["status"], run["tags"]) == ("little", "SUCCEEDED", ["eu"])
    lines = command("runs", "name:little,pool", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["pool", "little"]
    nothing = command("runs", "tag:nowhere")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "No run matches.\n")
    assert json.loads(command("runs", "tag:nowhere", "--json").stdout) == []


def test_a_run_is_shown(command, broken):
    """Given a run, then its page folds equal tasks, names the error, and gives the id to act on."""
    shown = command("show", broken.id).stdout
    assert shown.splitlines()[0] == f"broken  FAILED  {broken.id}"
    assert "[task] FAILED <0.0.1>" in shown
    assert "ValueError: no good" in shown
    assert "1 of 3 done, 1 failed" in shown
    assert "tests.kit.project.add [task] SUCCEEDED x 20" in command("show", "pool").stdout
    document = json.loads(command("show", "pool", "--json", "--depth", "1").stdout)
    assert (document["status"], document["progress"]["done"]) == ("SUCCEEDED", 20)
    assert len(document["tree"]["children"]) == 21


def test_runs_are_steered(command, shop, waiting):
    """Given a running run, then it is suspended, resumed, interrupted and cancelled, and the audit trail knows who."""
    assert command("suspend", waiting.id, "--by", "ada").stdout == f"{waiting.id}: suspend done\n"
    assert waiting.status is RunStatus.SUSPENDED
    again = command("suspend", waiting.id)
    assert (again.returncode, again.stdout) == (1, "")
    assert "cannot be suspended" in again.stderr
    assert command("resume", waiting.id).returncode == 0
    stopped = command("interrupt", waiting.id, "--grace", "20")
    assert "terminated: tests.kit.project.nap (0.0.0)" in stopped.stdout
    assert waiting.status is RunStatus.INTERRUPTED
    refused = command("cancel", waiting.id)
    assert refused.returncode == 2
    assert "confirm it with --yes" in refused.stderr
    assert waiting.status is RunStatus.INTERRUPTED
    assert command("cancel", waiting.id, "--yes", "--reason", "wrong file").returncode == 0
    assert waiting.status is RunStatus.CANCELLED
    entries = shop.orchestrator.audit(run=waiting.id)
    assert [(entry.verb, entry.channel, entry.refused) for entry in reversed(entries)] == [
        ("suspend", "cli", False),
        ("suspend", "cli", True),
        ("resume", "cli", False),
        ("interrupt", "cli", False),
        ("cancel", "cli", False),
    ]
    assert (entries[-1].actor, entries[0].reason) == ("ada", "wrong file")
    listed = command("audit", "--run", waiting.id, "--verb", "suspend", "--since", "1h").stdout.splitlines()
    assert len(listed) == 3
    assert len(json.loads(command("audit", "--run", waiting.id, "--json").stdout)) == 5


def test_a_person_confirms_in_a_terminal(shop, waiting):
    """Given a terminal, then the plan is shown, and `y` cancels; `n` does not."""
    output, status = in_terminal(["cancel", waiting.id], shop, until="[y/N]", keys=b"n\n")
    assert "stops 1 running" in output
    assert (status, waiting.status) == (1, RunStatus.RUNNING)
    output, status = in_terminal(["cancel", waiting.id], shop, until="[y/N]", keys=b"y\n")
    assert (status, waiting.status) == (0, RunStatus.CANCELLED)


def test_many_runs_are_steered_by_a_filter(command, shop, broken):
    """Given a filter, then all that match are retried, after a confirmation, and each answers for itself."""
    where = ("--where", "name:broken status:FAILED")
    assert "Nobody can answer here" in command("retry", *where).stderr
    done = command("retry", *where, "--yes")
    assert (done.returncode, done.stdout) == (0, f"{broken.id}: retry done\n")
    wait_for(lambda: broken.status is RunStatus.FAILED and broken.ready(), what="the second failure")
    assert command("retry", broken.id, "--node", "0.0.1").returncode == 0
    wait_for(lambda: broken.status is RunStatus.FAILED and broken.ready(), what="the third failure")
    none = command("suspend", "--where", "tag:nowhere", "--yes")
    assert (none.returncode, none.stderr) == (0, "No run matches.\n")
    for words in (("suspend",), ("suspend", broken.id, "--where", "x"), ("retry", "a", "b", "--node", "0")):
        assert command(*words).returncode == 2


def test_a_run_runs_again(command, shop):
    """Given a run, then `rerun` prints the id of the new one, which succeeds."""
    done = command("rerun", "little")
    new = done.stdout.split()[-1]
    assert shop.orchestrator.run(new).get(timeout=60) == 4
    assert shop.orchestrator.run(new).view.rerun_of == "little"


def test_nodes_are_taken_out(command, shop):
    """Given waiting items of a suspended swarm, then one is skipped and one becomes a run of its own."""
    run = shop.swarm([shop.tasks("add", i, 1) for i in range(4)], max_concurrency=1).apply_async(countdown=3600)
    run.suspend()
    assert command("skip", run.id, "0.2").stdout == f"{run.id}: skipped 0.2\n"
    done = command("detach", run.id, "0.3")
    assert shop.orchestrator.run(done.stdout.split()[-1]).get(timeout=60) == 4
    assert command("skip", run.id, "0.99").returncode == 1
    run.cancel(confirm=True)


def test_signatures_are_marked_and_restored(command, shop):
    """Given a saved signature, then it is listed, marked, restored and deleted."""
    saved = shop.orchestrator.save(shop.tasks("add", 1, 1), name="nightly", category="jobs")
    listed = json.loads(command("signatures", "--saved", "--name", "nightly", "--json").stdout)
    assert [one["id"] for one in listed] == [saved.id]
    assert "marked for deletion at " in command("delete", saved.id, "--after", "2d").stdout
    assert "MARKED_FOR_DELETION" in command("signatures", "--saved").stdout
    assert command("restore", saved.id).stdout == f"restored: {saved.id}\n"
    assert command("restore", saved.id).returncode == 1
    assert command("delete", saved.id, "--after", "soon").returncode == 2
    assert command("delete", saved.id, "--at", "2d", "--now").returncode == 2
    assert command("delete", saved.id, "--now", "--yes").stdout == f"deleted: {saved.id}\n"
    assert command("delete", saved.id).returncode == 1


def test_subscriptions_are_made_listed_and_deleted(command, shop, monkeypatch):
    """Given each kind of subscription, then it is listed, in a table and as JSON, without secrets, and deleted."""
    task = "tests.worker.tasks.told"
    made = command(
        "subscribe", "tag:x", "--on", "failed,CANCELLED", "--name", "ours", "--task", task, "--args", '["s3cret"]'
    )
    assert (made.returncode, made.stdout) == (0, "subscribed: ours\n"), made.stderr
    assert (
        command("subscribe", "--name", "hook", "--webhook", "https://example.com/t0ken", "--secret", "HOOK").returncode
        == 0
    )
    assert command("subscribe", "--name", "mail", "--email", "ada@example.com", "--by", "ada").returncode == 0
    table = command("subscriptions").stdout
    assert table.splitlines()[0].split() == ["NAME", "RUNS", "ON", "TASK", "CREATED", "(UTC)"]
    assert "s3cret" not in table
    assert "t0ken" not in table
    listed = {one["name"]: one for one in json.loads(command("subscriptions", "--json").stdout)}
    assert (listed["ours"]["where"], listed["ours"]["on"], listed["ours"]["task"]) == (
        "tag:x",
        ["FAILED", "CANCELLED"],
        task,
    )
    assert {name: one["task"] for name, one in listed.items()} == {
        "ours": task,
        "hook": "orchestrator.webhook",
        "mail": "orchestrator.email",
    }
    for name in listed:
        gone = command("unsubscribe", name)
        assert (gone.returncode, gone.stdout) == (0, f"deleted: {name}\n")
    nothing = command("subscriptions")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "There is no subscription.\n")
    trail = [(entry.verb, entry.name) for entry in shop.orchestrator.audit(actor="ada", verb="subscribe")]
    assert trail == [("subscribe", "mail")]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("unsubscribe", "nobody"), 1, "There is no subscription 'nobody'"),
        (("subscribe", "--task", "tests.worker.tasks.tolb"), 1, "did you mean 'tests.worker.tasks.told'"),
        (("subscribe", "--on", "FALED", "--email", "ada@example.com"), 1, "did you mean 'FAILED'"),
        (("subscribe", "stats:FAILED", "--email", "ada@example.com"), 1, "did you mean 'status'"),
        (("subscribe", "--webhook", "https://example.com", "--secret", "s3cret"), 1, "environment variable"),
        (("subscribe",), 2, "Give one of --task, --webhook and --email."),
        (("subscribe", "--email", "ada@example.com", "--secret", "X"), 2, "--secret belongs to --webhook"),
        (("subscribe", "--task", "tests.worker.tasks.told", "--args", "{}"), 2, "is no JSON list"),
        (("subscribe", "--task", "tests.worker.tasks.told", "--kwargs", "{"), 2, "--kwargs"),
    ],
)
def test_a_subscription_that_is_refused(command, words, status, says):
    answer = command(*words)
    assert (answer.returncode, answer.stdout) == (status, "")
    assert says in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr
    assert "s3cret" not in answer.stderr


def test_a_run_is_followed_in_a_pipe(command, shop, broken):
    """Given a pipe, then `watch` prints each event, and its status tells a failure; JSON lines have the same."""
    text = command("watch", broken.id)
    assert text.returncode == 1
    assert re.search(r"  0\.0\.1 \S+\.fail  NodeFailed", text.stdout)
    assert "run  StatusChanged  status FAILED" in text.stdout
    lines = command("watch", "little", "--jsonl")
    assert lines.returncode == 0
    assert json.loads(lines.stdout.splitlines()[-1])["event"] == "RunClosed"
    assert "that have not ended" in command("watch").stdout


def test_logs_are_printed(command, shop):
    """Given a run that logs, then its lines are printed, chosen, followed and given as JSON."""
    run = shop.run(shop.tasks("logs", 1, lines=2))
    run.get(timeout=60)
    text = command("logs", run.id)
    assert (text.returncode, text.stderr) == (0, "")
    assert text.stdout.splitlines()[0].endswith("INFO     0.0 tests.worker.tasks.logs: plain 1")
    assert "  | KeyError: 'inner'" in text.stdout
    [line] = json.loads(command("logs", run.id, "--level", "error", "--json").stdout)
    assert (line["level"], line["message"]) == ("ERROR", "failing 1 with password=**")
    assert command("logs", run.id, "--tail", "1").stdout.splitlines()[0].endswith("line 1")
    followed = command("logs", run.id, "-f", "--jsonl", "--search", "printed")
    assert [json.loads(line)["message"] for line in followed.stdout.splitlines()] == ["printed 1"]
    refused = command("logs", run.id, "--level", "loud")
    assert refused.returncode == 1
    assert "Use one of DEBUG, INFO" in refused.stderr
    assert command("logs", run.id, "-f", "--tail", "3").returncode == 2


def test_logs_of_all_runs_are_searched(command, shop, tmp_path, monkeypatch):
    """Given no run, then lines of all runs are searched, chosen by a filter of runs, and name their run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run = shop.complex(shop.tasks("logs", 77, lines=1), tags=("searched",)).apply_async()
    run.get(timeout=60)

    def lines(*options):
        found = command("logs", "--search", "plain AND 77", *options)
        assert (found.returncode, found.stderr) == (0, "")
        return found.stdout.splitlines()

    [line] = wait_for(lines, 60, "the lines in the index")
    assert line.startswith(f"{run.id} ")
    assert line.endswith("INFO     0.0 tests.worker.tasks.logs: plain 77")
    assert lines("--runs", "tag:searched") == [line]
    assert lines("--runs", "tag:other") == []
    [found] = json.loads(command("logs", "--search", "plain AND 77", "--json").stdout)
    assert (found["run"], found["spans"]) == (run.id, [[0, 5], [6, 8]])
    assert "cannot be read" in command("logs", "--search", "a AND").stderr
    assert command("logs", "--node", "0.0").returncode == 2
    assert command("logs", run.id, "--runs", "tag:searched").returncode == 2


def test_a_run_is_followed_in_a_terminal(shop):
    """Given a terminal, then the tree is redrawn until the run ends."""
    run = shop.complex(chain(shop.tasks("nap", 1, 2), shop.tasks("add", 1)), name="live").apply_async()
    output, status = in_terminal(["watch", run.id, "--interval", "0.2"], shop, until="never")
    assert status == 0
    assert output.count("nap [task]") > 1, "it was drawn more than once"
    assert "add [task] SUCCEEDED" in output


@pytest.mark.parametrize("columns", [40, 200])
def test_a_table_fits_the_terminal(shop, columns):
    """Given a narrow terminal, then lines are cut; colours are there unless `NO_COLOR` is set."""
    output, _ = in_terminal(["runs", "name:little,pool"], shop, columns=columns, until="never", NO_COLOR="1")
    assert "\x1b[" not in output
    assert max(map(len, output.splitlines())) <= columns
    assert "SUCCEEDED" in output
    assert "little" in output.split()
    coloured, _ = in_terminal(["runs", "name:little,pool"], shop, columns=columns, until="never")
    assert "\x1b[32m" in coloured


def test_a_closed_pipe_is_no_error(shop):
    """Given `| head -1`, then the command ends in silence."""
    env = {**os.environ, **environment(shop.broker, shop.backend)}
    line = f"{' '.join(COMMAND)} show pool --json | head -1"
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.fixture
def documents(shop, tmp_path):
    """Two documents of graphs, and one that is broken."""
    graph = ConditionalGraph("sum", app=shop.app).add_node("a", shop.tasks("add", 1)).add_edge(START, "a")
    (tmp_path / "broken.json").write_text(json.dumps(graph.to_dict()))
    graph.add_edge("a", END)
    (tmp_path / "old.json").write_text(json.dumps(graph.to_dict()))
    graph.add_node("b", shop.tasks("add", 2)).add_edge("a", "b").add_edge("b", END)
    (tmp_path / "new.json").write_text(json.dumps(graph.to_dict()))
    return tmp_path


def test_graphs(command, shop, documents):
    """Given documents, then they are drawn, checked, compared, saved and started."""
    old, new, wrong = (str(documents / f"{name}.json") for name in ("old", "new", "broken"))
    assert command("graph", "show", old).stdout.startswith("flowchart")
    assert command("graph", "validate", old).stdout == f"{old}: 1 nodes, 2 edges, nothing is wrong\n"
    refused = command("graph", "validate", wrong)
    assert refused.returncode == 1
    assert "no way to END" in refused.stderr or "END" in refused.stderr
    compared = command("graph", "diff", old, new)
    assert compared.returncode == 1
    assert compared.stdout.startswith(
        f"added node: b\nadded edge: a -> b\nadded edge: b -> END\n--- {old}\n+++ {new}\n"
    )
    assert '\n+graph.add_node("b", signature("tests.kit.project.add", args=(2,)))\n' in compared.stdout
    same = command("graph", "diff", old, old)
    assert (same.returncode, same.stdout) == (0, "")
    exported = command("graph", "export", old).stdout
    assert json.loads(exported) == json.loads((documents / "old.json").read_text())
    place, saved = command("graph", "import", "-", "--name", "adds", stdin=exported).stdout.split()
    assert (place, shop.orchestrator.signature(saved).name) == ("adds@1", "adds")
    done = command("graph", "run", old, "--arg", "41", "--wait")
    assert (done.returncode, json.loads(done.stdout)) == (0, 42), done.stderr
    started = command("graph", "run", old, "--arg", "41").stdout.strip()
    assert shop.orchestrator.run(started).get(timeout=60) == 42
    for words in (("show", "nowhere.json"), ("show", "no.such:name"), ("run", old, "--arg", "{"), ("show", __file__)):
        refused = command("graph", *words)
        assert refused.returncode == 2, words
        assert "Traceback" not in refused.stderr


FLOWS = """
from celery import signature
from orchestrator_celery import END, START, ConditionalGraph

print("loading")
adds = ConditionalGraph("adds").add_node("a", signature("tests.kit.project.add", args=(1,)))
adds.add_edge(START, "a").add_edge("a", END)
count = 3
"""


def test_graphs_as_modules(command, shop, documents):
    """Given a graph as a document and as a file of Python, then each command takes both, and both ways are loss-free."""
    old, flows, again = (str(documents / name) for name in ("old.json", "flows.py", "again.py"))
    (documents / "flows.py").write_text(FLOWS)
    code = command("graph", "export", "--python", "--variable", "sums", old).stdout
    assert code.startswith('"""A graph:') and code.endswith('\nsums.add_edge("a", END)\n')
    (documents / "again.py").write_text(code)
    exported = command("graph", "export", f"{again}:sums")
    assert json.loads(exported.stdout) == json.loads((documents / "old.json").read_text())
    assert command("graph", "diff", old, again).returncode == 0
    shown = command("graph", "show", flows)
    assert (shown.stdout.split("\n")[0], shown.stderr) == ("flowchart TD", "loading\n")
    assert command("graph", "validate", f"{flows}:adds").stdout == f"{flows}:adds: 1 nodes, 2 edges, nothing is wrong\n"
    done = command("graph", "run", flows, "--arg", "4", "--wait")
    assert (done.returncode, json.loads(done.stdout)) == (0, 5), done.stderr
    compared = command("graph", "diff", "--json", old, f"{flows}:adds")
    changes = json.loads(compared.stdout)
    assert (compared.returncode, changes["fields"], changes["nodes"]) == (1, ["name"], [])


def test_saved_graphs(command, shop, documents):
    """Given a graph that is saved twice, then its versions are sources; a stale base is refused, and nothing is saved."""
    new = str(documents / "new.json")
    layout = {"nodes": {"a": {"x": 1, "y": 2}}}
    document = json.loads((documents / "old.json").read_text())
    shop.orchestrator.graphs.save(ConditionalGraph.from_dict(document, app=shop.app), name="kept", layout=layout)
    saved = command("graph", "import", new, "--name", "kept", "--base", "1", "--note", "two nodes", "--by", "ada")
    place, signature = saved.stdout.split()
    assert place == "kept@2", saved.stderr
    version = shop.orchestrator.graphs.get("kept")
    assert (version.signature, version.note, version.author) == (signature, "two nodes", "ada")
    assert version.layout == layout, "an editor finds the nodes where they were"
    stale = command("graph", "import", new, "--name", "kept", "--base", "1")
    assert (stale.returncode, stale.stdout) == (1, "")
    assert stale.stderr.splitlines()[1:] == ["See: docs/reference/errors.md#graphchanged"]
    assert "has saved version 2" in stale.stderr
    assert [each.version for each in shop.orchestrator.graphs.versions("kept")] == [2, 1]
    compared = json.loads(command("graph", "diff", "--json", "kept@1", "kept").stdout)
    assert compared["nodes"] == [{"name": "b", "change": "added", "fields": []}]
    assert {"change": "added", "from": "a", "to": "b", "text": ""} in compared["edges"]
    listed = json.loads(command("graph", "list", "kept", "--json").stdout)
    assert [(each["version"], each["note"]) for each in listed] == [(2, "two nodes"), (1, "")]
    assert "kept@2" in command("graph", "list").stdout
    started = command("graph", "run", "kept@1", "--arg", "41").stdout.strip()
    run = shop.orchestrator.run(started)
    assert run.get(timeout=60) == 42
    assert shop.orchestrator.graphs.version_of(run.signature).version == 1
    assert command("graph", "import", "saved:kept@1").stdout.split()[0] == "kept@3"
    for source, told in (
        ("kept@9", "There is no version 9 of saved graph 'kept'."),
        ("nothing", "no saved graph 'nothing'"),
    ):
        refused = command("graph", "show", source)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert told in refused.stderr


def test_a_module_that_raises(command, documents):
    """Given a module that raises, then one line tells its error, one line is a hint, and the exit status is 2."""
    (documents / "flows.py").write_text("import os\n\nos.environ['NOT\\nTHERE']")
    source = f"{documents / 'flows.py'}:orders"
    refused = command("graph", "import", source)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        f"Error: {source} cannot be imported: KeyError: 'NOT\\nTHERE' (flows.py, line 3)",
        f"Hint: `python {documents / 'flows.py'}` shows the traceback.",
    ]


def test_the_set_up_is_checked(command, shop):
    """Given a sound set-up, then every check is ok; given Redis that may evict, then a warning says what to do."""
    sound = command("doctor")
    assert sound.returncode == 0, sound.stdout
    names = [line.split()[1] for line in sound.stdout.splitlines() if not line.startswith(" ")]
    of_store = ["store", "permissions", "durability", "memory", "clock"]
    assert names == ["settings", *of_store, "broker", "workers", "queues", "extension"]
    assert "shop@test" in sound.stdout
    assert {check["level"] for check in json.loads(command("doctor", "--json").stdout)} == {"ok"}
    shop.orchestrator.container.store.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        warned = command("doctor")
        assert warned.returncode == 0
        assert "warning  memory" in warned.stdout
        assert "set `maxmemory-policy noeviction`" in warned.stdout
        assert command("doctor", "--strict").returncode == 1
    finally:
        shop.orchestrator.container.store.client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize("words", [("runs",), ("show", "x"), ("suspend", "x"), ("doctor",), ("audit",), ("watch",)])
def test_a_store_that_is_away_is_told_in_short(command, words):
    """Given no Redis, then each command ends with status 1, says so without a traceback, and names the documentation.

    A command that takes several runs prints one line for each.
    """
    gone = {"TEST_BROKER": "redis://127.0.0.1:1/0", "TEST_BACKEND": "redis://127.0.0.1:1/1"}
    patience = json.dumps({"orchestrator_store_patience": 0})
    refused = command(*words, **gone, TEST_SETTINGS=patience)
    assert refused.returncode == 1
    said = refused.stdout if words == ("doctor",) else refused.stderr
    assert "127.0.0.1:1" in said
    assert "Traceback" not in refused.stdout + refused.stderr
    if words != ("doctor",):
        entry = [] if words == ("suspend", "x") else ["See: docs/reference/errors.md#storeunavailable"]
        assert refused.stderr.splitlines()[1:] == entry


def test_what_auto_resume_did(command):
    listed = command("resume-reports", "--json")
    assert listed.returncode == 0
    assert isinstance(json.loads(listed.stdout), list)
