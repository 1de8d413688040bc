"""The scripts as text: headers, includes, refusal words, events."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import orchestrator_celery.store
from orchestrator_celery.records.lua_names import GROUPS, with_literals
from orchestrator_celery.records.streams.events import KINDS
from orchestrator_celery.store import Refused
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.script_text import included, script_text

FOLDER = Path(orchestrator_celery.store.__file__).parent / "lua"
LIBRARY = sorted((FOLDER / "lib").rglob("*.lua"))
#: Functions of Lua, and words that may stand before a bracket.
BUILT_IN = set(
    "function if elseif while until and or not in return pairs ipairs next select pcall tonumber tostring unpack".split()
)
EVERYTHING = [*sorted(FOLDER.glob("*.lua")), *LIBRARY]
#: What is answered by scripts that look, and is no refusal of a verb: see `RunCheck.state`.
STATES = {"sweep": {"over", "cancelled"}, "save_version": {"newer"}, "drop_version": {"newer"}}

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


def code(path: Path) -> str:
    """A script without its comments."""
    return re.sub(r"--.*", "", path.read_text())


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
def test_each_helper_exists_and_is_included_once(name):
    """Given a verb, then the helpers it includes are files, and none comes twice."""
    helpers = included(body(name))
    assert len(helpers) == len(set(helpers))
    assert all((FOLDER / "lib" / f"{helper}.lua").is_file() for helper in helpers)


@every
def test_every_function_it_calls_is_in_its_text(name):
    """Given a verb, then each function it calls stands in its text: Redis would find that out only at the call."""
    text = scripts.load(name).text
    called = set(re.findall(r"(?<![\w.:])([a-z]\w*)\(", re.sub(r"'[^']*'", "", text)))
    known = {word for before in ("function ", "local ", ", ") for word in re.findall(rf"{before}(\w+)", text)}
    assert called - known <= BUILT_IN


@every
def test_its_name_in_redis_is_the_hash_of_its_text(name, client):
    """Given a verb, when the server loads it, then it compiles, and has the hash we call it by."""
    script = scripts.load(name)
    assert client.script_load(script.text) in (script.sha, script.sha.encode())


@every
def test_it_has_no_function_that_nothing_uses(name):
    """Given a verb, then each function in its text is used: Redis would make the others anew at each call."""
    text = scripts.load(name).text
    made = re.findall(r"^local function (\w+)\(", text, re.MULTILINE)
    assert [function for function in made if len(re.findall(rf"\b{function}\b", text)) == 1] == []


def test_loading_all_verbs_costs_a_process_little():
    """Given a fresh process, when it loads every verb, then that takes well under a second: clients are short-lived."""
    begun = time.process_time()
    for name in scripts.names():
        script_text(name)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_helper_says_what_it_is(path):
    """Given a helper, then its first line says what it is for, and it is short."""
    lines = path.read_text().splitlines()
    assert lines[0].startswith("-- ")
    assert len(lines) <= 60


def emitted(text: str) -> Iterator[str]:
    """Arguments of every call that writes an event."""
    for begin in re.finditer(r"(?<!function )\bemit\(", text):
        depth, end = 1, begin.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield text[begin.end() : end - 1]


def test_every_event_the_scripts_write_can_be_read():
    """Given the events in the scripts, then each has a type, and its fields are known."""
    text = "\n".join(path.read_text() for path in [*FOLDER.glob("*.lua"), *LIBRARY])
    written: dict[str, set[str]] = {}
    for call in emitted(text):
        kinds, _, rest = call.partition(",")
        for kind in re.findall(r"'([\w-]+)'", kinds):
            written.setdefault(kind, set()).update(re.findall(r"EVENT\.(\w+)", rest))
    assert set(written) == set(KINDS)
    for kind, letters in written.items():
        model = KINDS[kind].model_fields
        assert letters - {"attempt"} <= set(model), kind


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.stem)
def test_every_name_is_one_of_the_records(path):
    """Given a script, then each name it takes from the records stands there, and none is left over."""
    used = re.findall(r"\b([A-Z_]+)\.(\w+)", code(path))
    assert [f"{group}.{name}" for group, name in used if name not in GROUPS.get(group, ())] == []


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.stem)
def test_formats_are_known_to_the_records_alone(path):
    """Given a script that is no part of the records, then it has no letter of a state, a shape or a field of its own."""
    if path.parent.name == "records":
        return
    text = code(path)
    assert re.findall(r"'[A-Z]'", text) == []
    shared = any(f"-- KEYS: 1 {key}" in path.read_text() for key in ("the workers' key", "the key of the index"))
    assert shared or re.findall(r"\.\. '(:[a-z]+)'", text) == []
    assert re.findall(r"'H\w+', root, '(\w+)'", text) == []
    assert re.findall(r"\w\[\d\]\[|\w\.\w\b(?!\()", re.sub(r"'[^']*'", "", text)) == []
    assert re.findall(r"attribute\(\w+, '", text) == []


def test_an_unknown_name_is_an_error():
    """Given a name that no record has, when the script is loaded, then it is refused, and both are named."""
    with pytest.raises(ValueError, match=r"odd\.lua: SHAPE\.leave is not a name"):
        with_literals("odd", "return SHAPE.leave")


def test_an_incomplete_header_is_an_error(tmp_path, monkeypatch):
    """Given a script without RETURNS, when it is loaded, then it is refused by name."""
    (tmp_path / "odd.lua").write_text("-- Purpose: x\n-- KEYS: x\n-- ARGV: x\nreturn 1")
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.lua: the header lacks RETURNS:"):
        scripts.load("odd")
