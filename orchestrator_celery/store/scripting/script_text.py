"""The text of a Lua script: a verb, the helpers it includes, and the names of the records as literals.

Redis runs the whole text at each call, and each function in it costs time. So a function that the verb does not use
is left out, and the helpers of a *part* are put into a function of their own, which runs when the first of the
functions is called that the rest of the script knows of the part. A verb that calls other functions of a part names the
part in its include line; then its helpers stand in the text like all others.

Each time a function is made, Redis walks over the local variables of the block around it, to find those that the
function uses. With 150 variables that is most of a call's time. So the text is cut into blocks, each inside the one
before. A block may have 200 local variables, so a text may have more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

from orchestrator_celery.records.lua_names import with_literals

__all__ = ("FOLDER", "included", "script_text")

FOLDER = files("orchestrator_celery.store") / "lua"
_INCLUDE = re.compile(r"^-- include: (.+)$", re.MULTILINE)
_COMMENT = re.compile(r" *--[^\n]*")
_WORD = re.compile(r"\w+")
_LOCALS = re.compile(r"^local (?:function (\w+)|([\w, \n]+?)(?: =|$))", re.MULTILINE)
#: Stand between two helpers until the text is cut into blocks.
_CUT, _CUT_LATER = "\n\0\n", "\n\1\n"
#: Fewest local variables of a block, and most variables around it that a block may use; Lua allows 60.
_BLOCK, _USED_AROUND = 6, 60
#: Most local variables of a text of one block.
_SMALL = 60
_FUNCTION = re.compile(r"^local function (\w+)\((?:.*[ )]end$|(?:.*\n)+?end$)\n", re.MULTILINE)

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
        "outbox records/ended records/pool records/graph records/graph_node records/graph_visit records/active "
        "records/task_id attempts not_begun records/releases server_id release "
        "release_slices renew error_copy callbacks records/progress "
        "complete end_run steps approvals looked_at pools graphs step_ended tree"
    ),
    "pools": (
        "line line_up_all line_changes returned flush_pools new_pool next_item burst runner_list runners_left runners "
        "pool_end runner_items reclaim send_returned pump item_ended "
        "runner_ended recount counted begin_pool"
    ),
    "graphs": (
        "records/map records/graph_writes every_visit edges visit_tokens flush_graphs decision graph_failure "
        "visit_counts visits arrive reach_end spread take_edges follow joined_input start_join unreachable "
        "skip_unvisited graph_end tokens resume_visit graph_retry begin_graph verdicts decide_visit renew_graph"
    ),
    # Takes nodes out.
    "removals": "removal_state removing",
    "removing": "ancestors left waiting_leaves waiting take_out_waiting",
    # Takes failures back, for a retry.
    "retries": "retry_state retrying",
    "retrying": "ancestors take_back_graph take_back take_back_node retry_pool retry_slices",
}
#: Parts, and their functions that the rest of a script knows; `run.lua` declares them.
_PARTS = {
    "pools": ("start_pool", "item_ended", "runner_ended", "return_item", "forget_runners"),
    "removing": ("why_not_removable", "count_waiting", "moment_of_count", "take_out_waiting"),
    "retrying": ("retry_slice", "take_back", "why_it_stays"),
    "graphs": ("begin_graph", "visit_ended", "decide_visit", "renew_graph", "open_visits"),
}


def included(body: str) -> list[str]:
    """The helpers that a verb includes, in order."""
    return [helper for name in _names(body) if name not in _PARTS for helper in _helpers(name, frozenset())]


def script_text(verb: str) -> str:
    """The text that Redis runs.

    Args:
        verb: its name.

    Raises:
        ValueError: the script takes a name from the records that is unknown.
    """
    body = (FOLDER / f"{verb}.lua").read_text()
    named = _names(body)
    later = frozenset(part for part in _PARTS if part not in named)
    helpers = [_source(helper, later) for name in named if name not in _PARTS for helper in _helpers(name, later)]
    return _in_blocks(_used(with_literals(verb, _COMMENT.sub("", _CUT.join([*helpers, body])))).split(_CUT))


def _names(body: str) -> list[str]:
    include = _INCLUDE.search(body)
    return include[1].split() if include else []


def _helpers(name: str, later: frozenset[str]) -> Iterator[str]:
    """Helpers of a set; the name of a part that is loaded later stands for its helpers."""
    if name not in _SETS or name in later:
        yield name
        return
    for part in _SETS[name].split():
        yield from _helpers(part, later)


def _source(name: str, later: frozenset[str]) -> str:
    if name not in later:
        return (FOLDER / "lib" / f"{name}.lua").read_text()
    helpers = [_source(helper, later) for helper in _SETS[name].split()]
    loaders = [f"{known} = function(...) load_{name}() return {known}(...) end" for known in _PARTS[name]]
    return _CUT_LATER.join([f"local load_{name} = function()", *helpers, "\n".join(["end", *loaders])])


def _used(text: str) -> str:
    """The text without functions that nothing in it uses.

    Each process does this for each script that it calls. The words are therefore counted once, not once a function.
    """
    words = Counter(_WORD.findall(text))
    kept = list(_FUNCTION.finditer(text))
    unused: list[re.Match[str]] = []
    while found := [function for function in kept if words[function[1]] == 1]:
        for function in found:
            words.subtract(_WORD.findall(function[0]))
        kept = [function for function in kept if function not in found]
        unused += found
    for function in sorted(unused, key=re.Match.start, reverse=True):
        text = text[: function.start()] + text[function.end() :]
    return text


def _in_blocks(parts: list[str], around: frozenset[str] = frozenset()) -> str:
    """The text of all parts, cut into blocks where a block uses few enough variables of those around it.

    Args:
        parts: the text of each helper.
        around: variables around all of them.
    """
    declared = [_declared(part) for part in parts]
    if sum(map(len, declared)) <= _SMALL:
        return "\n".join(parts)
    used: list[set[str]] = [set()]
    for part in reversed(parts):
        used.insert(0, used[0].union(_WORD.findall(part)))
    text, size, depth = list[str](), 0, 0
    for place, part in enumerate(parts):
        if size >= _BLOCK and len(around & used[place]) <= _USED_AROUND:
            text.append("return (function()")
            size, depth = 0, depth + 1
        around |= declared[place]
        text.append(_loader_in_blocks(part, around))
        size += len(declared[place])
    return "\n".join([*text, *["end)()"] * depth])


def _loader_in_blocks(part: str, around: frozenset[str]) -> str:
    """The text of a part; the helpers of a part that is loaded later are cut into blocks too."""
    first, *rest = part.split(_CUT_LATER)
    if not rest:
        return part
    *between, last = rest
    return "\n".join([first, _in_blocks(between, around), last])


def _declared(part: str) -> frozenset[str]:
    """Names of the local variables of a part; of a part that is loaded later, of its function only."""
    text = part.split(_CUT_LATER)[0]
    return frozenset(name.strip() for found in _LOCALS.findall(text) for name in (found[0] or found[1]).split(","))
