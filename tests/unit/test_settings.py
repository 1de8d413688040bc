"""Settings: read from Celery's configuration in all its spellings; a mistake is named with what is allowed."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from celery import Celery

from orchestrator_celery import InvalidSettings, Orchestrator, OrchestratorSettings, TaskPolicy

BOUNDS = [
    # key, value that is not allowed, what the text says of allowed ones
    ("continue", "sometimes", "'auto'"),
    ("key_prefix", "", "at least 1 character"),
    ("key_prefix", "a{b}", "[^{}"),
    ("key_prefix", "a b", "[^{}"),
    ("window", 0, "greater than or equal to 1"),
    ("window", "many", "valid integer"),
    ("window", 1.5, "valid integer"),
    ("retention", -1, "greater than or equal to 0"),
    ("retention", math.inf, "finite"),
    ("retention", math.nan, ""),
    ("max_payload", 1023, "greater than or equal to 1024"),
    ("max_events", 99, "greater than or equal to 100"),
    ("max_resumes", -1, "greater than or equal to 0"),
    ("store_patience", -0.1, "greater than or equal to 0"),
    ("store_patience", "long", "valid number"),
    ("heartbeat", 0, "greater than 0"),
    ("heartbeat", math.inf, "finite"),
    ("lease", 0, "greater than 0"),
    ("lease", math.inf, "finite"),
    ("republish_after", 0, "greater than 0"),
    ("republish_after", math.inf, "finite"),
    ("republish_longest", -1, "greater than 0"),
    ("republish_longest", math.inf, "finite"),
    ("auto_resume", "perhaps", "valid boolean"),
    ("auto_resume_include", "*", "valid tuple"),
    ("auto_resume_exclude", 1, "valid tuple"),
    ("auto_resume_validators", "proj.check", "valid tuple"),
    ("auto_resume_delay", -1, "greater than or equal to 0"),
    ("auto_resume_delay", math.inf, "finite"),
    ("store_url", 6379, "valid string"),
    ("queue", 5, "valid string"),
]


def app_with(**conf: object) -> Celery:
    app = Celery("settings", set_as_current=False, broker="memory://")
    app.conf.update(conf)
    return app


def test_defaults_need_no_setting():
    """Given an app without any of our settings, then all have their defaults."""
    assert OrchestratorSettings.read(app_with().conf) == OrchestratorSettings()


def test_every_setting_says_what_it_is():
    """Given the model, then each field has a description for docs and error texts."""
    assert [name for name, field in OrchestratorSettings.model_fields.items() if not field.description] == []


def test_lower_case_keys_are_read():
    """Given `app.conf.orchestrator_window`, then it counts, as does an update."""
    app = app_with(orchestrator_lease=7)
    app.conf.orchestrator_window = 5
    read = OrchestratorSettings.read(app.conf)
    assert (read.window, read.lease) == (5, 7.0)


def test_upper_case_keys_are_read():
    """Given an old-style configuration object in upper case, then our keys are read out of it."""
    app = app_with()
    app.config_from_object(SimpleNamespace(ORCHESTRATOR_WINDOW=5, BROKER_URL="memory://"))
    assert OrchestratorSettings.read(app.conf).window == 5


def test_django_settings_are_read():
    """Given Django's settings under `namespace="CELERY"`, then `CELERY_ORCHESTRATOR_...` counts."""
    app = app_with()
    app.config_from_object(SimpleNamespace(CELERY_ORCHESTRATOR_WINDOW=5, ORCHESTRATOR_LEASE=1), namespace="CELERY")
    read = OrchestratorSettings.read(app.conf)
    assert (read.window, read.lease) == (5, OrchestratorSettings().lease)


def test_an_unknown_django_setting_is_named():
    """Given a misspelt key in Django's settings, then it is refused as any other is."""
    app = app_with()
    app.config_from_object(SimpleNamespace(CELERY_ORCHESTRATOR_WINDOWS=5), namespace="CELERY")
    with pytest.raises(InvalidSettings, match="orchestrator_windows is not a setting"):
        OrchestratorSettings.read(app.conf)


def test_other_settings_are_left_alone():
    """Given a key that only resembles ours, then it is not ours."""
    assert OrchestratorSettings.read({"orchestra_window": 0, "my_orchestrator_window": 0}) == OrchestratorSettings()


@pytest.mark.parametrize(("field", "value", "allowed"), BOUNDS)
def test_a_bad_value_is_named_with_what_is_allowed(field, value, allowed):
    """Given one bad value, then the error names the key, the value and the bound."""
    with pytest.raises(InvalidSettings) as caught:
        OrchestratorSettings.read({f"orchestrator_{field}": value})
    text = str(caught.value)
    assert f"orchestrator_{field}={value!r}" in text
    assert allowed in text


def test_an_unknown_key_is_named_with_the_known_ones():
    """Given a key that does not exist, then the error lists all that do."""
    with pytest.raises(InvalidSettings) as caught:
        OrchestratorSettings.read({"orchestrator_windw": 5})
    assert "orchestrator_windw is not a setting" in str(caught.value)
    for name, field in OrchestratorSettings.model_fields.items():
        assert f"orchestrator_{field.alias or name}" in str(caught.value)


def test_all_problems_come_at_once():
    """Given three mistakes, then one error names them all."""
    with pytest.raises(InvalidSettings) as caught:
        OrchestratorSettings.read({"orchestrator_window": 0, "orchestrator_lease": -1, "orchestrator_x": 1})
    for key in ("orchestrator_window", "orchestrator_lease", "orchestrator_x"):
        assert key in str(caught.value)


def test_settings_are_read_when_they_are_needed():
    """Given an orchestrator, when the app is configured afterwards, then that still counts."""
    app = app_with()
    orchestrator = Orchestrator(app)
    app.conf.orchestrator_window = 9
    assert orchestrator.settings.window == 9


def test_a_bad_setting_does_not_break_the_import_of_a_project():
    """Given a bad value, when the orchestrator is installed, then only the first use complains."""
    orchestrator = Orchestrator(app_with(orchestrator_window=0))
    with pytest.raises(InvalidSettings):
        _ = orchestrator.settings


def test_a_policy_refuses_what_it_does_not_know():
    """Given a policy with a bad or unknown field, then it is refused where it is written."""
    assert TaskPolicy(max_resumes=0).max_resumes == 0
    for bad in ({"max_resumes": -1}, {"max_resume": 1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            TaskPolicy(**bad)
