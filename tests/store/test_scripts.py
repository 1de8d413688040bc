"""The scripts as text: headers, includes, refusal words, events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orchestrator_celery.store
from orchestrator_celery.model import events
from orchestrator_celery.store import Refused, scripts

FOLDER = Path(orchestrator_celery.store.__file__).parent / "lua"
LIBRARY = sorted((FOLDER / "lib").glob("*.lua"))
#: What is answered by scripts that look, and is no refusal of a verb: see `RunCheck.state`.
STATES = {"sweep": {"over", "cancelled"}}

every = pytest.mark.parametrize("name", scripts.names())


def body(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text()


def header(name: str) -> str:
    return body(name).partition("\nlocal ")[0].partition("\nif ")[0]


def returns(name: str) -> set[str]:
    """Words in the RETURNS part of a header."""
    return set(re.findall(r"\{'(\w+)'", header(name).partition("RETURNS:")[2]))


def replied(name: str) -> set[str]:
    """Words a script answers, by its own text."""
    code = "\n".join(line for line in body(name).splitlines() if not line.startswith("--"))
    return set(re.findall(r"(?:reply|veto|refuse)\('(\w+)'", code)) | set(re.findall(r"return \{ '(\w+)'", code))


@every
def test_the_header_has_four_parts_in_order(name):
    """Given a verb, then its header says purpose, KEYS, ARGV and RETURNS, in this order, on its first lines."""
    places = [header(name).find(f"-- {part}") for part in scripts.HEADER]
    assert places == sorted(places)
    assert places[0] == 0
    assert -1 not in places


@every
def test_the_header_names_every_answer(name):
    """Given a verb, then the words in its RETURNS are exactly those its text can answer."""
    assert returns(name) == replied(name)


@every
def test_every_refusal_has_a_member(name):
    """Given a verb, then each word it refuses with is a member of `Refused`."""
    assert returns(name) - {"ok"} - STATES.get(name, set()) <= {word.value for word in Refused}


def test_every_member_is_answered_by_some_verb():
    """Given `Refused`, then no member is a relic."""
    answered = set().union(*(returns(name) for name in scripts.names()))
    assert {word.value for word in Refused} <= answered


@every
def test_the_header_counts_every_argument(name):
    """Given a verb, then the highest argument its text reads is one its ARGV describes."""
    read = [int(number) for number in re.findall(r"ARGV\[(\d+)\]", body(name))]
    described = header(name).partition("ARGV:")[2].partition("RETURNS:")[0]
    assert all(re.search(rf"(?<!\d){number}(\.\.)? ", described) for number in read)


@every
def test_it_touches_what_belongs_to_its_key(name):
    """Given a verb, then it takes one key, and derives all others from it: one slot, on a cluster as well."""
    text = scripts.load(name).text
    assert set(re.findall(r"KEYS\[(\d+)\]", text)) == {"1"}
    assert "'orc" not in text


@every
def test_includes_are_resolved_in_order(name):
    """Given a verb, then every helper it includes stands before it, and it includes all it uses."""
    text = scripts.load(name).text
    assert text.endswith(body(name))
    for library in scripts.included(body(name)):
        assert (FOLDER / "lib" / f"{library}.lua").read_text() in text


@every
def test_its_name_in_redis_is_the_hash_of_its_text(name, client):
    """Given a verb, when the server loads it, then it compiles, and has the hash we call it by."""
    script = scripts.load(name)
    assert client.script_load(script.text) in (script.sha, script.sha.encode())


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_helper_says_what_it_is(path):
    """Given a helper, then its first line says what it is for, and it is short."""
    lines = path.read_text().splitlines()
    assert lines[0].startswith("-- ")
    assert len(lines) <= 60


def test_every_event_the_scripts_write_can_be_read():
    """Given the events in the scripts, then each has a type, and its fields are known."""
    text = "\n".join(path.read_text() for path in [*FOLDER.glob("*.lua"), *LIBRARY])
    written = {}
    for kinds, rest in re.findall(
        r"emit\((state == 'S' and '\w+' or '\w+'|'[\w-]+'), [^,()]+((?:, [^,()]+(?:\[\d\])?)*)\)", text
    ):
        for kind in re.findall(r"'([\w-]{2,})'", kinds):
            written.setdefault(kind, set()).update(re.findall(r", '(\w)'", rest))
    assert set(written) == set(events._TYPES)
    for kind, letters in written.items():
        model = events._TYPES[kind].model_fields
        assert {events._NAMES[letter] for letter in letters} - {"attempt"} <= set(model), kind


def test_an_incomplete_header_is_an_error(tmp_path, monkeypatch):
    """Given a script without RETURNS, when it is loaded, then it is refused by name."""
    (tmp_path / "odd.lua").write_text("-- Purpose: x\n-- KEYS: x\n-- ARGV: x\nreturn 1")
    monkeypatch.setattr(scripts, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.lua: the header lacks RETURNS:"):
        scripts.load("odd")
