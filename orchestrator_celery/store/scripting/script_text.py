"""The text of a Lua script: a verb, the helpers it includes, and the names of the records as literals.

Redis runs the whole text at each call, and each function in it costs time. So a function that the verb cannot reach is
left out, and functions that few calls need stand in parts, see `parts`.

Each time a function is made, Redis walks over the local variables of the block around it, to find those that the
function uses. With 150 variables that is most of a call's time. So the text is cut into blocks, each inside the one
before. A block may have 200 local variables, so a text may have more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from orchestrator_celery.records.lua_names import with_literals
from orchestrator_celery.store.scripting.parts import PARTS, Arranged, arrange, calling, loader_of
from orchestrator_celery.store.scripting.pieces import Piece, as_one_piece, pieces_of

__all__ = ("FOLDER", "included", "script_text")

FOLDER = files("orchestrator_celery.store") / "lua"
_INCLUDE = re.compile(r"^-- include: (.+)$", re.MULTILINE)
#: Fewest local variables of a block, and most variables around it that a block may use; Lua allows 60.
_BLOCK, _USED_AROUND = 12, 60
#: Most local variables of a text of one block.
_SMALL = 60

#: Helpers that verbs include together, in an order in which each helper finds the functions it calls.
_SETS = {
    # Reads the head and answers.
    "base": "records/node_id run status records/live under_way reply",
    # Sends messages of leaves.
    "outbox": "base definitions send side_effects withdrawn stop_below live",
    # Finds definitions.
    "definitions": "records/definition records/block records/packed segment definition",
    # Moves the tree on.
    "everything": (
        "outbox records/short_end records/ended records/pool records/graph records/graph_node records/graph_visit "
        "records/active records/task_id attempts not_begun records/releases server_id release "
        "release_slices renew error_copy callbacks records/progress "
        "short_end complete end_run steps approvals looked_at pools graphs step_ended tree"
    ),
    "pools": (
        "line line_up_all line_changes returned flush_pools new_pool places from_line next_item burst "
        "runner_list runners_left runners pool_end runner_items reclaim send_returned pump item_ended "
        "runner_ended recount counted begin_pool"
    ),
    "graphs": (
        "records/map records/graph_writes every_visit edges visit_tokens flush_graphs decision graph_failure "
        "visit_counts visits arrive reach_end spread take_edges follow joined_input start_join unreachable "
        "skip_unvisited graph_end tokens resume_visit graph_retry begin_graph verdicts decide_visit renew_graph"
    ),
    # Takes nodes out.
    "removals": "ancestors left waiting_leaves waiting take_out_waiting",
    # Takes failures back, for a retry.
    "retries": "retry_state ancestors take_back_graph take_back take_back_node retry_pool retry_slices",
}


def included(body: str) -> list[str]:
    """The helpers that a verb includes, in order."""
    include = _INCLUDE.search(body)
    return [helper for name in (include[1].split() if include else ()) for helper in _helpers(name)]


def script_text(verb: str) -> str:
    """The text that Redis runs.

    Args:
        verb: its name.

    Raises:
        ValueError: the script takes a name from the records that is unknown, or two helpers declare the same name.
    """
    body = (FOLDER / f"{verb}.lua").read_text()
    helpers = [piece for helper in included(body) for piece in _pieces(helper)]
    pieces = [*helpers, as_one_piece(with_literals(verb, body))]
    arranged = arrange(pieces, PARTS)
    return _in_blocks(_lines(calling(pieces, arranged), arranged, frozenset()), frozenset())


@cache
def _pieces(helper: str) -> tuple[Piece, ...]:
    return pieces_of(with_literals(helper, (FOLDER / "lib" / f"{helper}.lua").read_text()))


def _helpers(name: str) -> Iterator[str]:
    if name not in _SETS:
        yield name
        return
    for part in _SETS[name].split():
        yield from _helpers(part)


class _Line(NamedTuple):
    """What stands together in a text: a piece, or the loader of a part."""

    text: str
    declares: frozenset[str]
    uses: frozenset[str]


def _lines(pieces: Sequence[Piece], arranged: Arranged, around: frozenset[str]) -> list[_Line]:
    """What stands in a script, or in the loader of a part, in an order in which each function finds what it uses.

    Args:
        pieces: of the whole script, which call the entries of parts.
        arranged: what is in the script, or in the part.
        around: variables around it.
    """
    placed: dict[float, _Line] = {
        place: _Line(pieces[place].text, frozenset(pieces[place].declares), pieces[place].uses)
        for place in arranged.pieces
    }
    names = frozenset(loader_of(part.name) for part in arranged.parts)
    around = around.union(names, *(line.declares for line in placed.values()))
    places = {name: place for place, line in placed.items() for name in line.declares}
    for number, part in enumerate(arranged.parts, 1):
        line = _loader(pieces, part, around)
        # It stands as early as it can, so that fewer variables must be known further on.
        placed[max((places[name] for name in line.uses & places.keys()), default=-1) + number / 100] = line
    if names:  # they stand as late as they can
        first = min(place for place, line in placed.items() if line.uses & names)
        placed[first - 0.001] = _Line(f"local {', '.join(sorted(names))}", names, frozenset())
    return [placed[place] for place in sorted(placed)]


def _loader(pieces: Sequence[Piece], part: Arranged, around: frozenset[str]) -> _Line:
    name, lines = loader_of(part.name), _lines(pieces, part, around)
    own = frozenset[str]().union(*(line.declares for line in lines))
    uses = frozenset[str]().union(*(line.uses for line in lines)) - own | {name}
    made = f"local made = {{ {', '.join(f'{entry} = {entry}' for entry in part.entries)} }}"
    last = _Line(
        f"{made}\n{name} = function() return made end\nreturn made", frozenset(), frozenset(part.entries) | {name}
    )
    return _Line(f"{name} = function()\n{_in_blocks([*lines, last], around)}\nend", frozenset(), uses)


def _in_blocks(lines: Sequence[_Line], around: frozenset[str]) -> str:
    """The text of all lines, cut into blocks where a block uses few enough variables of those around it.

    Args:
        lines: in order.
        around: variables around all of them.
    """
    if sum(len(line.declares) for line in lines) <= _SMALL:
        return "\n".join(line.text for line in lines)
    used: list[frozenset[str]] = [frozenset()]
    for line in reversed(lines):
        used.append(used[-1] | line.uses)
    text, size, depth = list[str](), 0, 0
    for line, used_from_here in zip(lines, reversed(used), strict=False):
        if size >= _BLOCK and len(around & used_from_here) <= _USED_AROUND:
            text.append("return (function()")
            size, depth = 0, depth + 1
        around |= line.declares
        text.append(line.text)
        size += len(line.declares)
    return "\n".join([*text, *["end)()"] * depth])
