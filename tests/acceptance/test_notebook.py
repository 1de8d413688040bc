"""What notebooks show of runs, lists and trees: HTML with every text escaped."""

from html.parser import HTMLParser
from uuid import uuid4

import pytest
from celery import chain, group

from orchestrator_celery import ComplexSignature, Run, Swarm

HOSTILE = "<script>alert(1)</script> & 'name'"


class Page(HTMLParser):
    """The tags of some HTML, all of which end, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self._open = [], "", []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(params=["eager", "worker"])
def applied(request, app, project):
    """Starts workflows eagerly or on a worker, and waits for their end."""

    def apply(workflow):
        run = workflow.apply() if request.param == "eager" else workflow.apply_async()
        run.get(timeout=60, propagate=False)
        return run

    return apply


def test_a_run_shows_status_progress_and_tree(applied, project):
    """Given a run with a hostile name, then a notebook shows its status, its progress and its tree, and runs nothing."""
    run = applied(ComplexSignature(chain(project.add.s(1, 2), project.fail.si()), app=project.app, name=HOSTILE))
    page = Page(run._repr_html_())
    assert HOSTILE in page.text
    assert set(page.tags) == {"div", "b", "span", "progress", "pre"}
    assert "FAILED 1 of 2 succeeded, 1 failed" in page.text
    assert f"  {project.fail.name} [task] FAILED" in page.text


def test_a_long_tree_is_cut(applied, project):
    """Given a tree of many lines, then a notebook shows the first of them, and says how to see more."""
    nested = [ComplexSignature(project.identity.s(n), app=project.app, name=f"part {n}") for n in range(40)]
    page = Page(applied(ComplexSignature(group(nested), app=project.app))._repr_html_())
    assert len(page.text.splitlines()) < 40
    assert "`print(run.tree())` shows more" in page.text


def test_a_tree_shows_itself_as_it_is_printed(applied, project):
    run = applied(Swarm([project.identity.s(HOSTILE)], app=project.app))
    page = Page(run.tree()._repr_html_())
    assert page.tags == ["pre"]
    assert page.text == str(run.tree())


def test_a_list_shows_its_first_runs_as_a_table(app, project):
    """Given more runs than a table has rows, then it says so."""
    tag = uuid4().hex
    for _ in range(21):
        Swarm([project.identity.s(1)], app=project.app, name=HOSTILE, tags=[tag]).apply_async().get(timeout=60)
    page = Page(app.orchestrator.runs(tag=tag)._repr_html_())
    assert page.tags.count("tr") == 1 + 20
    assert page.text.count(HOSTILE) == 20
    assert "The first 20 runs" in page.text
    short = Page(app.orchestrator.runs(tag=tag, limit=3)._repr_html_())
    assert short.tags.count("tr") == 1 + 3
    assert "The first" not in short.text


def test_a_run_that_is_gone_shows_its_id(app):
    """Given a run without a record, then the notebook shows its `repr`."""
    assert Run(uuid4().hex, app=app)._repr_html_() is None
