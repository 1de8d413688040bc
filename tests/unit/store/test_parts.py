"""What of a script is left out, and what is made only when it is needed."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator_celery.store.scripting.parts import Arranged, arrange, calling
from orchestrator_celery.store.scripting.pieces import Piece, as_one_piece, pieces_of

PARTS = {"ends": ("end_all",), "marks": ("mark",), "notes": ("note",)}


def script(*functions: str, verb: str, before: str = "") -> list[Piece]:
    """Pieces of functions, each as `name: names that it uses`, and of a verb."""
    text = "\n".join(f"local function {each.partition(':')[0]}()\n  {calls(each)}\nend" for each in functions)
    return [*pieces_of(f"{before}\n{text}"), as_one_piece(calls(f":{verb}"))]


def calls(words: str) -> str:
    return " ".join(f"{name}()" for name in words.partition(":")[2].split())


def names(pieces: list[Piece], arranged: Arranged) -> dict[str, Any]:
    """The functions in an arrangement, and those in its parts."""
    own = [pieces[place].defines for place in arranged.pieces if pieces[place].defines]
    return {"": own, **{part.name: names(pieces, part) for part in arranged.parts}}


def test_what_the_verb_cannot_reach_is_left_out():
    """Given functions that use only each other, when a verb uses none of them, then they are left out."""
    pieces = script("a: b", "b: a", "c:", "d: c", verb="d")
    assert names(pieces, arrange(pieces, {})) == {"": ["c", "d"]}


def test_what_only_an_entry_reaches_is_in_its_part():
    """Given an entry, then what only it uses is in the part, and what others use stands around it."""
    pieces = script("shared:", "own:", "end_all: own shared", "step: shared end_all", verb="step")
    arranged = arrange(pieces, PARTS)
    assert names(pieces, arranged) == {"": ["shared", "step"], "ends": {"": ["own", "end_all"]}}
    assert arranged.parts[0].entries == ("end_all",)


def test_a_part_that_only_a_part_uses_stands_in_it():
    """Given a part whose entry only another part uses, then it is made by that part; shared functions stand around both."""
    pieces = script("both:", "mark: both", "end_all: both mark", verb="end_all")
    assert names(pieces, arrange(pieces, PARTS)) == {"": [], "ends": {"": ["both", "end_all"], "marks": {"": ["mark"]}}}


def test_a_part_of_two_parts_stands_beside_them():
    """Given an entry that two parts use, then its part is in neither."""
    pieces = script("note:", "mark: note", "end_all: note", verb="mark end_all")
    found = names(pieces, arrange(pieces, PARTS))
    assert found == {"": [], "ends": {"": ["end_all"]}, "marks": {"": ["mark"]}, "notes": {"": ["note"]}}


def test_what_does_something_stays():
    """Given a statement, and a variable with a state that only a part uses, then both stay where they are."""
    before = "local seen = {}\nlocal MOST = 10\nlocal read = redis.call('TIME')\nif read then return end"
    pieces = script("end_all: seen MOST", verb="end_all", before=before)
    arranged = arrange(pieces, PARTS)
    assert [pieces[place].text for place in arranged.pieces] == [
        "local seen = {}", "local read = redis.call('TIME')", "if read then return end", "end_all()",
    ]  # fmt: skip
    assert [pieces[place].declares for place in arranged.parts[0].pieces] == [("MOST",), ("end_all",)]


def test_entries_are_called_through_their_part():
    """Given a function outside of a part, when it uses an entry, then it calls the loader; fields and texts are no uses."""
    pieces = [
        *pieces_of("local function end_all() return end_all() end"),
        as_one_piece("return end_all(x.end_all, 'end_all')"),
    ]
    own, verb = calling(pieces, arrange(pieces, PARTS))
    assert verb.text == "return load_ends().end_all(x.end_all, 'end_all')"
    assert own.text == "local function end_all() return end_all() end"


def test_a_name_that_is_declared_twice_is_an_error():
    """Given two functions of one name, then the text is refused: a function that moves could find the wrong one."""
    with pytest.raises(ValueError, match="a is declared twice"):
        arrange(script("a:", "a:", verb="a"), {})
