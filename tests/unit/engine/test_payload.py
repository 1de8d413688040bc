"""The codec: what an app's serializers can carry comes back, what it does not accept is refused."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from celery import Celery
from celery.utils.serialization import UnpickleableExceptionWrapper, get_pickleable_exception
from kombu.exceptions import ContentDisallowed, EncodeError

from orchestrator_celery.errors import PayloadTooLarge
from orchestrator_celery.records.payload import Codec

from ..apps import make_app

RICH = {
    "when": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc),
    "day": date(2026, 1, 2),
    "id": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "price": Decimal("1.10"),
    "text": "gr\u00fc\u00df \u2603 \0 \n",
    "nested": [{"deep": [None, True, 1.5]}],
}


class Custom(Exception):
    """An error of a project, with data."""

    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code


class Mute(Exception):
    """An error whose text cannot be had."""

    def __str__(self):
        raise RuntimeError("no words")


class Unpicklable(Exception):
    """An error that holds what cannot be pickled."""

    def __init__(self, message="", handle=None):
        super().__init__(message)
        self.handle = handle


class Declined(Exception):
    """An error whose constructor takes other arguments than it hands on."""

    def __init__(self, reason, code):
        super().__init__(f"{reason}: {code}")


class Stubborn(Declined):
    """The same, where `__new__` takes two arguments too."""

    def __new__(cls, reason, code):
        return super().__new__(cls, reason, code)


def codec_for(limit: int = 1 << 20, **conf: object) -> Codec:
    return Codec(make_app(**conf), limit)


def native(app: Celery, error: BaseException, serializer: str) -> BaseException:
    """The error as a failed task's caller gets it from Celery itself."""
    stored = app.backend.prepare_exception(get_pickleable_exception(error), serializer)
    found: BaseException = app.backend.exception_to_python(app.backend.decode(app.backend.encode(stored)))
    return found


def raised(exc: BaseException) -> BaseException:
    """The error with a traceback, as a task leaves it."""
    try:
        raise exc
    except BaseException as caught:
        return caught


def test_json_keeps_rich_values(codec):
    """Given JSON, the default, then dates, UUIDs and decimals come back as themselves."""
    assert codec.load(codec.dump(RICH)) == RICH
    assert codec.load(codec.dump_result(RICH)) == RICH


def test_json_is_stored_as_it_is(codec):
    """Given JSON, then nothing is wrapped around it: every byte counts, once per item."""
    assert codec.dump([1]) == b"[1]"


@pytest.mark.parametrize("value", [None, 0, "", [], {}, False])
def test_falsy_results_are_results(codec, value):
    """Given a task that returns something falsy, then that very value comes back."""
    assert codec.load(codec.dump_result(value)) == value


@pytest.mark.parametrize(
    ("serializer", "value"), [("yaml", {"a": [1, None, "x"]}), ("msgpack", {"a": [1, b"raw"]}), ("pickle", RICH)]
)
def test_an_apps_own_serializer_is_used(serializer, value):
    """Given an app that uses and accepts a serializer, then arguments and results go through it."""
    codec = codec_for(task_serializer=serializer, result_serializer=serializer, accept_content=[serializer])
    for blob in (codec.dump(value), codec.dump_result(value)):
        assert blob.startswith(b"\0" + serializer.encode() + b"\n")
        assert codec.load(blob) == value


@pytest.mark.parametrize("serializer", ["yaml", "msgpack", "pickle"])
def test_what_an_app_does_not_accept_is_refused(codec, serializer):
    """Given a payload another app wrote, when this app does not accept its serializer, then it is not decoded."""
    blob = codec_for().dump([1], serializer)
    with pytest.raises(ContentDisallowed):
        codec.load(blob)


def test_accepting_a_result_serializer_is_enough():
    """Given `result_accept_content`, then results in it can be read."""
    codec = codec_for(result_serializer="yaml", result_accept_content=["yaml"])
    assert codec.load(codec.dump_result([1])) == [1]


@pytest.mark.parametrize("content", [["pickle"], ["application/x-python-serialize"]])
def test_our_own_records_need_no_permission(content):
    """Given an app that accepts pickle and nothing else, then what we keep in JSON for ourselves is read."""
    codec = codec_for(task_serializer="pickle", result_serializer="pickle", accept_content=content)
    assert codec.load(codec.dump({"name": None}, "json")) == {"name": None}


def test_what_cannot_be_serialised_is_refused(codec):
    """Given an argument JSON cannot carry, then kombu's own error says so."""
    with pytest.raises(EncodeError):
        codec.dump([object()])
    with pytest.raises(EncodeError):
        codec.dump_result(object())


def test_a_limit_is_a_limit():
    """Given payloads around the limit, then the last that fits is kept, and the next refused with the remedy."""
    codec = codec_for(limit=1024)
    assert codec.load(codec.dump("x" * 1022)) == "x" * 1022
    with pytest.raises(PayloadTooLarge, match=r"1,025 bytes is over orchestrator_max_payload \(1,024\).*reference"):
        codec.dump("x" * 1023)
    with pytest.raises(PayloadTooLarge):
        codec.dump_result("x" * 1023)


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), KeyError("k"), Custom(7, {"a": [1]}), Exception(), ValueError("a", 1, None), Unpicklable("x")],
    ids=repr,
)
@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_an_error_comes_back_as_celery_gives_it(serializer, error):
    """Given an error, then type, arguments and text are those Celery's own backend gives back."""
    app = make_app(result_serializer=serializer, accept_content=["json", "pickle"])
    codec = Codec(app, 1 << 20)
    expected = native(app, error, serializer)
    found = codec.load_error(codec.dump_error(raised(error)))
    assert (type(found).__name__, found.args, str(found)) == (type(expected).__name__, expected.args, str(expected))


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_an_unpicklable_error_still_tells(serializer):
    """Given an error that holds an open handle, then its type and text arrive."""
    codec = codec_for(result_serializer=serializer, accept_content=["json", "pickle"])
    blob = codec.dump_error(raised(Unpicklable("no disk", handle=lambda: None)))
    assert "no disk" in str(codec.load_error(blob))
    assert codec.load_error_words(blob)["type"] == "Unpicklable"


def test_an_error_with_unserialisable_arguments_still_tells(codec):
    """Given an error with an object in its arguments, then it arrives, and the object as text."""
    blob = codec.dump_error(raised(ValueError("bad", object())))
    found = codec.load_error(blob)
    assert isinstance(found, ValueError)
    assert found.args[0] == "bad"


def test_an_error_of_a_class_nobody_can_import_still_tells(codec):
    """Given an error of a local class, then an error of that name arrives, with the same arguments."""

    class Local(Exception):
        pass

    blob = codec.dump_error(raised(Local("here")))
    found = codec.load_error(blob)
    assert (type(found).__name__, found.args, str(found)) == ("Local", ("here",), "here")
    assert codec.load_error_words(blob)["type"] == "Local"


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_an_error_whose_constructor_takes_other_arguments_arrives_as_its_class(serializer):
    """Given an error that pickle cannot make again, then `except` finds it by its class, with its text."""
    codec = codec_for(result_serializer=serializer, accept_content=["json", "pickle"])
    found = codec.load_error(codec.dump_error(raised(Declined("card", 7))))
    assert type(found) is Declined
    assert (found.args, str(found)) == (("card: 7",), "card: 7")


def test_an_error_that_cannot_be_made_again_arrives_in_its_wrapper(codec):
    """Given a class that makes no instance of these arguments, then Celery's wrapper arrives, with the text."""
    found = codec.load_error(codec.dump_error(raised(Stubborn("card", 7))))
    assert isinstance(found, UnpickleableExceptionWrapper)
    assert "card: 7" in str(found)


def test_an_error_without_words_is_stored_all_the_same(codec):
    """Given an error whose `__str__` raises (Celery stores those), then it can be stored here, too."""
    assert codec.load_error_words(codec.dump_error(raised(Mute("x"))))["type"] == "Mute"


def test_words_of_an_error_are_plain(codec):
    """Given an error, then type, message and traceback are text, for callbacks and views."""
    words = codec.load_error_words(codec.dump_error(raised(ValueError("no"))))
    assert (words["type"], words["message"]) == ("ValueError", "no")
    assert "test_payload.py" in words["traceback"]


def test_a_given_traceback_is_kept(codec):
    """Given Celery's own text of the traceback, then that is what is kept and shown as the cause."""
    blob = codec.dump_error(ValueError("no"), "Traceback: over there")
    assert codec.load_error_words(blob)["traceback"] == "Traceback: over there"
    assert "over there" in str(codec.load_error(blob).__cause__)


@pytest.mark.parametrize("message", ["x" * 5000, "\u2603" * 5000], ids=["ascii", "unicode"])
@pytest.mark.parametrize("limit", [1024, 64 * 1024])
def test_an_error_over_the_limit_is_shortened(limit, message):
    """Given an error too large to keep, at any limit that is allowed, then its type and beginning are kept."""
    codec = codec_for(limit=limit)
    blob = codec.dump_error(raised(ValueError(message, "y" * 100_000)))
    assert len(blob) <= limit
    assert "ValueError" in str(codec.load_error(blob))


def test_a_result_that_is_a_handle_is_kept_as_celery_does(codec, app):
    """Given a task that returns an AsyncResult, then it is stored as Celery stores it."""
    result = app.AsyncResult("some-id")
    assert codec.load(codec.dump_result(result)) == [["some-id", None], None]
