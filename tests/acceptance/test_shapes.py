"""Every shape gives natively and as a durable run the same."""

import pytest
from celery import chord, group

from orchestrator_celery import ComplexSignature, RunStatus


def outcome(result):
    """A value, or an error's type; with the words, except where they hold an id."""
    try:
        return result.get(timeout=240, disable_sync_subtasks=False)
    except Exception as exc:
        words = str(exc).split("raised")[-1] if type(exc).__name__ == "ChordError" else str(exc)
        return type(exc).__name__, words.strip()


@pytest.fixture(scope="module")
def native(project, shared_worker):
    from tests.acceptance.shapes import SHAPES

    # All at once, so that the whole table costs hardly more than its slowest shape.
    return {name: build().apply_async() for name, build in SHAPES.items()}


@pytest.fixture(scope="module")
def durable(project, shared_worker):
    from tests.acceptance.shapes import SHAPES

    return {name: ComplexSignature(build()).apply_async() for name, build in SHAPES.items()}


def names():
    from tests.acceptance.shapes import SHAPES

    return list(SHAPES)


@pytest.mark.parametrize("name", names())
def test_same_as_native(name, native, durable, app):
    expected, run = outcome(native[name]), durable[name]
    assert outcome(run) == expected
    if hasattr(native[name], "state"):  # a group has no result of its own
        # What any other process finds: of a chord whose header failed, an error around that of the task.
        assert outcome(app.AsyncResult(run.id)) == outcome(app.AsyncResult(native[name].id))
    failed = isinstance(expected, tuple)
    assert run.status == (RunStatus.FAILED if failed else RunStatus.SUCCEEDED)


def test_a_group_in_a_header_keeps_its_order(app, project):
    """Natively the members of a group in a chord's header come out in reverse; ours come as they were written."""
    header = [group(project.add.s(1, 1), project.add.s(2, 2)), project.add.s(3, 3)]
    assert ComplexSignature(chord(header, project.identity.s())).apply_async().get(timeout=120) == [2, 4, 6]
