"""Parts of a script: functions that are made only when a call needs them.

Redis runs the whole text of a script at each call, and each function in it costs time, also if nothing calls it. A step
of a chain needs a quarter of the functions. A *part* is named by its entries: functions that few calls need. A function
that is reached only through the entries of a part belongs to the part. Its functions stand in a loader, and every other
function calls its entries through the loader: `load_pools().item_ended(...)`. A part that is used only in another part
stands in that part. A function that is reached from two parts stands around both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator_celery.store.scripting.pieces import Piece

__all__ = ("PARTS", "Arranged", "arrange", "calling", "loader_of")

#: Entries by part: functions that few calls need. The functions of a part may use 60 variables around them, not more.
#: No variable in another function may have the name of an entry.
PARTS: dict[str, tuple[str, ...]] = {
    "ends": (
        "activate_other", "announce", "announce_status", "complete", "end_steps", "ended_as", "finish_run", "go_on",
        "other_step_ended", "pass_over", "set_status",
    ),
    "seldom": ("error_above", "expire_all", "release", "renew", "retire", "set_failing", "withdraw_soon"),
    "runners": (
        "call_runners", "dismiss_runners", "forget_runners", "return_item", "returned_items", "runner_ended",
        "send_returned",
    ),
    "short_ends": ("short_header",),
    "repeats": ("resend",),
    "answers": ("forget_old_answers",),
    "releasing": ("release_slice",),
    "unpacking": ("unpack_tree", "definition_elsewhere"),
    "callbacks": ("call_each",),
    "reports": ("end_reports",),
    "removing": ("why_not_removable", "count_waiting", "moment_of_count", "take_out_waiting"),
    "retrying": ("retry_slice", "take_back", "why_it_stays"),
    "pools": ("flush_pools", "is_burst_over", "item_ended", "more_later", "pump", "start_pool"),
    "pool_begin": ("begin_pool", "mix"),
    "pool_end": ("end_pool", "write_gone_pool"),
    "pool_lines": ("peek_in_line", "draw_from_line"),
    "item_callbacks": ("call_back_after_item",),
    "graphs": (
        "are_newest", "begin_graph", "decide_visit", "flush_graphs", "given_for_edges", "renew_graph", "visit_ended",
    ),
    "graph_begin": ("new_graph", "resume_graph", "fail_outdated", "leave_start"),
    "graph_end": ("graph_ended",),
    "graph_failure": ("fail_graph", "leave_undone", "stop_spreading"),
    "decisions": ("decide", "follow_verdict", "map_over", "send_decision"),
    "edge_inputs": ("looked_at", "newest_read"),
    "joins": ("arrive_at_join", "start_join"),
    "large_graphs": ("go_on_soon", "spread_on"),
    "open_visits": ("open_visits", "every_node"),
    "skipping": ("skip_unvisited",),
}  # fmt: skip

#: Stands for what is in no part.
WHOLE = ""


@dataclass
class Arranged:
    """What stands together: in the script itself, or in a part.

    Args:
        name: of the part.
        entries: functions of the part that others use.
        pieces: places of its own pieces, ascending.
        parts: the parts in it.
    """

    name: str
    entries: tuple[str, ...] = ()
    pieces: list[int] = field(default_factory=list)
    parts: list[Arranged] = field(default_factory=list)

    def all_parts(self) -> Iterator[Arranged]:
        """The parts in it, and those in them."""
        for part in self.parts:
            yield part
            yield from part.all_parts()


def arrange(pieces: Sequence[Piece], parts: Mapping[str, Collection[str]]) -> Arranged:
    """Leave out what nothing uses, and find what belongs to which part.

    Args:
        pieces: of the whole script; the last ones are the verb itself.
        parts: entries of the parts by name. Entries that no piece defines are passed over.

    Raises:
        ValueError: two pieces declare the same name.
    """
    script = _Script(pieces, parts)
    homes = {part: _deepest(script.around[part] - {part}, script.around) for part in script.reached if part != WHOLE}
    made = {part: Arranged(part, tuple(sorted(script.exported(part)))) for part in script.reached}
    for part, home in homes.items():
        made[home].parts.append(made[part])
    for place, piece in enumerate(pieces):
        users = [part for part, reached in script.reached.items() if place in reached]
        if users:
            common = frozenset.intersection(*[script.around[part] for part in users])
            made[_deepest(common, script.around) if piece.may_move else WHOLE].pieces.append(place)
    return made[WHOLE]


def loader_of(part: str) -> str:
    """The name of the function that makes a part, and returns its entries."""
    return f"load_{part}"


def calling(pieces: Sequence[Piece], arranged: Arranged) -> list[Piece]:
    """Return the pieces with `load_pools().item_ended` in place of `item_ended`, where a piece uses an entry of a part.

    Args:
        pieces: of the whole script.
        arranged: the script.
    """
    loaders = {name: loader_of(part.name) for part in arranged.all_parts() for name in part.entries}
    inside = {place: part for part in arranged.all_parts() for place in part.pieces}
    defined = {piece.defines: place for place, piece in enumerate(pieces)}
    found = []
    for place, piece in enumerate(pieces):
        own = inside[place].entries if place in inside else ()
        used = {
            name: loaders[name]
            for name in piece.uses & loaders.keys()
            if name != piece.defines and (name not in own or place < defined[name])
        }
        found.append(piece.calling(used) if used else piece)
    return found


class _Script:
    """Which piece uses which, and what is reached from where."""

    def __init__(self, pieces: Sequence[Piece], parts: Mapping[str, Collection[str]]) -> None:
        self._uses = _uses(pieces)
        places = {piece.defines: place for place, piece in enumerate(pieces) if piece.defines}
        self._entries = {places[name]: part for part, names in parts.items() for name in names if name in places}
        self._names = {place: pieces[place].defines for place in self._entries}
        #: Places of pieces, by the part from which they are reached without another part's entry.
        self.reached = {WHOLE: self._reach(place for place, piece in enumerate(pieces) if piece.is_needed)}
        self._touched: dict[str, set[int]] = {}
        while found := self._new_entries():
            for part in {self._entries[place] for place in found}:
                self.reached[part] = self._reach(
                    place for each in self._touched.values() for place in each if self._entries[place] == part
                )
        self.around = self._dominators()

    def exported(self, part: str) -> set[str]:
        """Names of the entries of a part that are used outside, or before they stand."""
        own = {place for place, of_part in self._entries.items() if of_part == part}
        used = {place for user, touched in self._touched.items() if user != part for place in touched & own}
        early = {place for user in self.reached[part] for place in self._uses[user] & own if user < place}
        return {self._names[place] for place in used | early}

    def _reach(self, places: Iterable[int]) -> set[int]:
        todo, found = list(places), set[int]()
        while todo:
            place = todo.pop()
            if place not in found:
                found.add(place)
                todo += [used for used in self._uses[place] if used not in self._entries]
        return found

    def _new_entries(self) -> set[int]:
        before = {place for each in self._touched.values() for place in each}
        for part, reached in self.reached.items():
            used = {used for place in reached for used in self._uses[place]}
            self._touched[part] = {place for place in used if place in self._entries}
        return {place for each in self._touched.values() for place in each} - before

    def _dominators(self) -> dict[str, frozenset[str]]:
        """Of each part: itself, and the parts that are loaded before it whoever uses it."""
        every = frozenset(self.reached)
        around = dict.fromkeys(self.reached, every)
        around[WHOLE] = frozenset([WHOLE])
        changed = True
        while changed:
            changed = False
            for part in every - {WHOLE}:
                users = [
                    around[user]
                    for user, touched in self._touched.items()
                    if user != part and any(self._entries[place] == part for place in touched)
                ]
                now = frozenset.intersection(*users) | {part}
                changed, around[part] = changed or now != around[part], now
        return around


def _uses(pieces: Sequence[Piece]) -> list[set[int]]:
    """For each piece the places of the pieces that declare, or assign, the names in it."""
    made: dict[str, list[int]] = {}
    for place, piece in enumerate(pieces):
        for name in (*piece.declares, *filter(None, [piece.assigns])):
            made.setdefault(name, []).append(place)
    for name, places in made.items():
        if sum(name in pieces[place].declares for place in places) > 1:
            raise ValueError(f"The name {name} is declared twice: {pieces[places[-1]].text}")
    return [{used for name in piece.uses for used in made.get(name, ())} for piece in pieces]


def _deepest(parts: Iterable[str], around: Mapping[str, frozenset[str]]) -> str:
    return max(parts, key=lambda part: (len(around[part]), part))
