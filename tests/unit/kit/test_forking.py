"""A program that is forked is started, watched and ended as one that `subprocess` starts."""

import os
import resource
import signal
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from tests.kit.forking import Forks
from tests.kit.waiting import wait_for


@pytest.fixture(scope="module")
def forks():
    made = Forks()
    yield made
    made.close()


@contextmanager
def sleeping(forks, folder):
    """A program that sleeps once it has said so."""
    with (folder / "out").open("w+b") as output:
        code = "import time; print('here', flush=True); time.sleep(600)"
        process = forks.start("-c", code, env={}, cwd=folder, output=output)
        wait_for(lambda: (folder / "out").read_text() == "here\n", what="the program")
        yield process


def test_a_program_has_the_environment_folder_and_arguments_it_is_given(forks, tmp_path):
    code = "import os, sys; print(sorted(os.environ.items()), os.getcwd(), sys.argv, os.getpid() == os.getsid(0))"
    done = forks.run("-c", code, "one", env={"A": "b"}, cwd=tmp_path)
    assert done.stdout == f"[('A', 'b')] {tmp_path} ['-c', 'one'] True\n"
    assert done.returncode == 0


def test_a_module_is_found_in_the_folder_and_on_the_path(forks, tmp_path):
    (tmp_path / "program.py").write_text("import sys, beside; sys.exit(beside.STATUS)")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "beside.py").write_text("STATUS = 7")
    done = forks.run("-m", "program", env={"PYTHONPATH": str(tmp_path / "more")}, cwd=tmp_path)
    assert done.returncode == 7, done.stdout


def test_an_error_is_told_as_python_tells_it(forks, tmp_path):
    done = forks.run("-c", "1 / 0", env={}, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.endswith("ZeroDivisionError: division by zero\n")


def test_a_program_runs_until_a_signal_ends_it(forks, tmp_path):
    with sleeping(forks, tmp_path) as process:
        assert process.poll() is None
        assert forks.programs() == [process.pid]
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.kill()
        assert process.wait(60) == process.poll() == -signal.SIGKILL
        process.terminate()  # its number may be somebody else's by now
        assert forks.programs() == []


def test_with_its_server_a_program_ends(tmp_path):
    forks = Forks()
    with sleeping(forks, tmp_path) as process:
        forks.close()
        assert process.wait(60) == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def test_the_server_of_a_process_with_many_open_files(tmp_path):
    """Given a process with more than 1,023 open files, then it still starts programs."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], min(4096, limits[1])), limits[1]))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        for _ in range(1100):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        made = Forks()
        stack.callback(made.close)
        assert made.run("-c", "print('here')", env={}, cwd=tmp_path).stdout == "here\n"
