"""The filter of runs: its text form reads back as itself, and says what it cannot read."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_celery.errors import OrchestratorError
from orchestrator_celery.model.filters.run_filter import FIELDS, RunFilter, Term
from orchestrator_celery.model.states import NodeKind, RunStatus
from orchestrator_celery.model.views import RunView

NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
VIEW = RunView(
    id="a1b2", name="sum of *squares*", kind=NodeKind.COMPLEX, status=RunStatus.FAILED, category="import",
    tags=("eu", "nightly"), tasks=("shop.load", "shop.sum"), created=NOW - timedelta(hours=3),
    started=NOW - timedelta(hours=2), finished=NOW - timedelta(hours=1),
)  # fmt: skip

texts = st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple)
SPANS = st.sampled_from(["90s", "2h", "1h30m", "7d", "1.5w", "10ms"])
MOMENTS = st.one_of(SPANS, st.sampled_from(["2026-11-01", "2026-11-01T08:00", "2026-11-01T08:00:00+02:00"]))
DURATIONS = st.one_of(
    st.builds(lambda sign, span: sign + span, st.sampled_from(["<", ">", "<=", ">="]), SPANS),
    st.builds(lambda least: f"{least}..9999w", SPANS),
)
TERMS = st.one_of(
    st.builds(Term, field=st.sampled_from(["task", "category", "tag", "name", "worker", "text"]), values=texts,
              excluded=st.booleans()),
    st.builds(Term, field=st.just("status"), excluded=st.booleans(),
              values=st.lists(st.sampled_from([status.value for status in RunStatus]), min_size=1).map(tuple)),
    st.builds(Term, field=st.just("duration"), excluded=st.booleans(),
              values=st.lists(DURATIONS, min_size=1, max_size=2).map(tuple)),
)  # fmt: skip
BOUNDS = st.builds(Term, field=st.sampled_from(["since", "until"]), values=st.tuples(MOMENTS))
FILTERS = st.builds(
    lambda terms, bounds: RunFilter(terms=(*terms, *{bound.field: bound for bound in bounds}.values())),
    st.lists(TERMS, max_size=5), st.lists(BOUNDS, max_size=2),
)  # fmt: skip


@given(FILTERS)
def test_the_text_form_reads_back(wanted):
    """Given any filter, then its text form means the same filter."""
    assert RunFilter.parse(str(wanted)) == wanted


@given(st.text())
def test_any_text_is_read_or_refused(text):
    """Given any text, then it is a filter or a clear error, and never another exception."""
    try:
        wanted = RunFilter.parse(text)
    except OrchestratorError as exc:
        assert "\n" not in str(exc)
    else:
        wanted.matches(VIEW, NOW)
        assert RunFilter.parse(str(wanted)) == wanted


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("status:FAILED", True),
        ("status:failed,suspended", True),
        ("status:RUNNING", False),
        ("-status:FAILED", False),
        ("task:shop.*", True),
        ("task:shop", False),
        ("task:*.sum", True),
        ("task:s*p*m", True),
        ("tag:eu tag:nightly", True),
        ("tag:eu tag:us", False),
        ("tag:us,eu", True),
        ("-tag:eu", False),
        ("category:import -category:export", True),
        ('name:"sum of*"', True),
        ("name:sum", False),
        ("SQUARES", True),
        ("A1B", True),
        ("-squares", False),
        ("duration:>59m", True),
        ("duration:>1h", False),
        ("duration:<2h", True),
        ("-duration:<2h", False),
        ("duration:>=1h", True),
        ("duration:<=1h", True),
        ("duration:<1h", False),
        ("duration:1h..2h", True),
        ("duration:59m..1h", True),
        ("duration:30m..3599s", False),
        ("duration:<10s,>59m", True),
        ("duration:<10s,2h..3h", False),
        ("-duration:<10s,2h..3h", True),
        ("-duration:30m..1h30m", False),
        ("worker:w1*", True),
        ("worker:w2@host", False),
        ("status:FAILED tag:eu task:shop.* squares", True),
    ],
)
def test_what_matches(text, fits):
    """All words have to match, one value of each; a star stands for any characters, and text is found anywhere."""
    assert RunFilter.parse(text).matches(VIEW, NOW, ("w1@host",)) is fits


def test_a_run_that_has_not_started_has_no_duration():
    waiting = VIEW.model_copy(update={"started": None, "finished": None})
    assert not RunFilter.parse("duration:<1h").matches(waiting, NOW)
    going = VIEW.model_copy(update={"finished": None})
    assert RunFilter.parse("duration:>119m").matches(going, NOW)


def test_bounds():
    """An age refers to the present time, and a time without a zone is in UTC."""
    wanted = RunFilter.parse("since:2h until:2026-11-01T11:30")
    assert wanted.bound("since", NOW) == NOW - timedelta(hours=2)
    assert wanted.bound("until", NOW) == NOW - timedelta(minutes=30)
    assert RunFilter.parse("since:2026-11-01T11:30:00Z").bound("since", NOW) == NOW - timedelta(minutes=30)
    assert RunFilter().bound("since", NOW) is None


def test_keywords_mean_the_same():
    """Given keywords, then the filter is that of the text form."""
    made = RunFilter.of("squares", status=[RunStatus.FAILED, "SUSPENDED"], tag="eu", since=NOW, name=None)
    assert made == RunFilter.parse(f"squares status:FAILED,SUSPENDED tag:eu since:{NOW.isoformat()}")
    assert RunFilter.of(text="a:b c") == RunFilter.parse('"a:b c"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stat:FAILED", "did you mean 'status'?"),
        ("colour:red", "Use one of status, task, category, tag, name, worker, since, until, duration"),
        ("http://host", "put it in double quotes"),
        ("text:x", "not a known filter word"),
        ("status:FAIL", "did you mean 'FAILED'?"),
        ("since:yesterday", "is not a time"),
        ("since:2h since:3h", "stands twice"),
        ("-since:2h", "cannot be excluded"),
        ("since:2h,3h", "takes one value"),
        ("duration:5m", "write >5m, <10s"),
        ("duration:>5", "write >5m, <10s"),
        ("duration:=5m", "write >5m, <10s"),
        ("duration:>=", "write >5m, <10s"),
        ("duration:5m..", "write >5m, <10s"),
        ("duration:5m..1m", "a range such as 5m..1h"),
        ("duration:>1m..2m", "write >5m, <10s"),
        ("duration:>5m,soon", "duration:'soon' cannot be read"),
        ("duration:<99999999999999999999w", "write >5m, <10s"),
        ('name:"open', "put values with spaces"),
        ("tag:", "cannot be read from 'tag:' on"),
        ("tag:a,,b", "cannot be read"),
        ("since:99999999999999999999w", None),
    ],
)
def test_what_cannot_be_read_is_refused(text, said):
    """Given a wrong word, then the error names it and what is known, and nothing fails otherwise."""
    if said is None:
        assert RunFilter.parse(text).bound("since", NOW) < NOW
        return
    with pytest.raises(OrchestratorError) as refused:
        RunFilter.parse(text)
    assert said in str(refused.value)


def test_a_naive_time_is_refused():
    with pytest.raises(OrchestratorError, match="no time zone"):
        RunFilter.of(since=datetime(2026, 11, 1))
    with pytest.raises(OrchestratorError, match="give text"):
        RunFilter.of(name=3)
    with pytest.raises(OrchestratorError, match="since=3 is not allowed: give an aware datetime, a timedelta, or text"):
        RunFilter.of(since=3)


def test_an_age_may_be_a_timedelta():
    """Given a timedelta, then it is the time since then, as text is; one that lies ahead is refused."""
    for age in (timedelta(0), timedelta(hours=2), timedelta(milliseconds=1500), timedelta(days=400)):
        assert RunFilter.of(since=age, until=age).bound("since", NOW) == NOW - age
    with pytest.raises(OrchestratorError, match="is negative"):
        RunFilter.of(since=timedelta(seconds=-1))


def test_a_pattern_of_stars_takes_no_time():
    """Given a pattern that a backtracking matcher would need ages for, then the answer comes at once."""
    long = VIEW.model_copy(update={"name": "a" * 10_000})
    assert not RunFilter.parse(f"name:{'a*' * 500}b").matches(long, NOW)


def test_every_field_is_described():
    assert all(FIELDS.values())
