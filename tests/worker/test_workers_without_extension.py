"""A client is warned of workers that consume its queue and lack the extension."""

import os
import subprocess
import sys
import warnings

import pytest

from orchestrator_celery import WorkerWithoutExtension
from tests.kit.waiting import wait_for
from tests.kit.workers import ROOT, Worker, environment


def without_extension(stand, **options):
    """A worker of the project in an environment that lacks the extension."""
    return Worker(stand.broker, stand.backend, env={"TEST_WITHOUT_EXTENSION": "1"}, **options)


def survey_of(stand):
    return stand.orchestrator.container.worker_survey


def wait_for_survey(stand):
    """Wait until the workers were asked, and the thread that asked them is done. Threads of other stands may run."""
    survey = survey_of(stand)
    wait_for(lambda: survey._asked is not None and not survey._asking.locked(), 20, "the workers' answers")


@pytest.fixture
def told():
    """The warnings so far."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield lambda: [str(one.message) for one in found if one.category is WorkerWithoutExtension]


def test_it_is_told_once_for_each_queue(stand, told, caplog):
    """Given workers without the extension on two queues, when runs are started there, then each queue is warned of
    once, by a warning and in the log; the start itself does not wait for the answers."""
    with stand.worker(), without_extension(stand, name="old@test"), without_extension(stand, queues="other"):
        stand.run(stand.tasks("add", 1, 1))
        assert survey_of(stand)._asked is None, "the answers take a second"
        wait_for_survey(stand)
        [words] = told()
        assert "The worker old@test consumes the queue 'celery' and lacks orchestrator_celery" in words
        assert "start workers with the extension before clients" in words
        assert words in caplog.messages
        stand.run(stand.tasks("add", 1, 1))
        assert len(told()) == 1
        stand.run(stand.tasks("add", 1, 1).set(queue="other"))
        stand.run(stand.tasks("add", 1, 1), queue="other")
        assert len(told()) == 2
        assert "'other'" in told()[1]


def test_workers_with_the_extension_are_no_news(stand, told):
    """Given workers that all have the extension, also those of another app on the broker, then nobody is warned."""
    with stand.worker() as one, stand.worker(env={"TEST_APP": "neighbour"}) as other:
        stand.run(stand.tasks("add", 1, 1))
        wait_for_survey(stand)
        assert survey_of(stand)._lacking == {}
        answers = stand.app.control.inspect().active_queues()
        assert {one.name, other.name} <= set(answers)
    assert told() == []


def test_another_queue_is_no_news(stand, told):
    """Given a worker without the extension on a queue of other tasks, then a run elsewhere is not warned of."""
    with stand.worker(), without_extension(stand, queues="other"):
        assert stand.run(stand.tasks("add", 1, 1)).get(timeout=60) == 2
        wait_for_survey(stand)
        assert list(survey_of(stand)._lacking) == ["other"]
    assert told() == []


def test_a_filter_that_makes_it_an_error_stops_nothing(stand, caplog):
    """Given a filter that turns warnings into errors, then the run starts, and the log has the words."""
    with stand.worker(), without_extension(stand), warnings.catch_warnings():
        warnings.simplefilter("error")
        stand.run(stand.tasks("add", 1, 1))
        wait_for_survey(stand)
    assert any("lacks orchestrator_celery" in words for words in caplog.messages)


def test_workers_that_do_not_answer(stand, told):
    """Given workers without remote control, then nothing is known of them, and runs start as ever."""
    with stand.worker(worker_enable_remote_control=False), without_extension(stand, worker_enable_remote_control=False):
        stand.run(stand.tasks("add", 1, 1))
        wait_for_survey(stand)
    assert told() == []


def test_a_project_without_remote_control_is_not_asked(make_stand, told):
    """Given a project that has switched remote control off, then no worker is asked."""
    stand = make_stand(worker_enable_remote_control=False)
    stand.run(stand.tasks("add", 1, 1))
    assert not survey_of(stand)._asking.locked()
    assert survey_of(stand)._asked is None


def test_a_broker_that_is_away(make_stand, new_redis):
    """Given a broker that is away, then asking ends by itself, and raises nothing."""
    server, store = new_redis(), new_redis()
    stand = make_stand(server.url(0), store.url(1), broker_connection_timeout=1)
    server.stop()
    survey_of(stand).look(stand.tasks("add", 1, 1), {})
    wait_for_survey(stand)


def test_eager_runs_ask_nobody(make_stand):
    """Given eager mode, then no thread is started and no worker is asked."""
    stand = make_stand(task_always_eager=True)
    assert stand.run(stand.tasks("add", 1, 1)).get() == 2
    assert "worker_survey" not in vars(stand.orchestrator.container)


_SCRIPT = """
import threading
from orchestrator_celery import ComplexSignature
from tests.kit.project import add
ComplexSignature(add.s(1, 1)).apply_async()
asking = [thread for thread in threading.enumerate() if thread.name == "orchestrator-survey"]
print(len(asking), all(thread.daemon for thread in asking))
"""


def test_a_short_script_ends_at_once(stand):
    """Given a script that starts a run and ends, when workers are still being asked, then it ends in silence."""
    with without_extension(stand):
        env = {**os.environ, **environment(stand.broker, stand.backend)}
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 True\n", "")
