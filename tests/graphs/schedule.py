"""What goes on at the same time in a graph, and whose turn it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .declarations import Fail

__all__ = ("Frame", "Leaf", "Outcome", "Play", "Step", "Token", "at_once", "at_random", "in_turn", "names")


class Step(NamedTuple):
    """One run of a body: of a node's visit, in one of its attempts, for one element (or its router)."""

    name: str
    visit: int = 1
    attempt: int = 1
    item: int | str | None = None


@dataclass(eq=False)
class Token:
    """Where something is going on."""

    name: str
    visit: int
    given: Any
    lineage: dict[str, int]  # the latest visit of each node it comes from
    order: int
    first: bool = False  # it came from START
    failed: bool = False  # it came along an error edge
    attempt: int = 1
    well: bool = False  # its body has ended well, and a router is asked
    begun: bool = False  # a body has started; what has not is dropped when the graph fails
    counted: bool = False


class Frame(NamedTuple):
    """One level of where a body is: a token of a graph, and what it stands for."""

    token: Token
    step: Step


@dataclass(eq=False)
class Leaf:
    """A body that is to start, or runs; or (`body` is None) an end that needs none: `given`."""

    frames: tuple[Frame, ...]
    body: Any
    given: Any
    inputs: dict[str, Any]
    done: Callable[[Any], None]
    waits: bool = False  # for a person
    running: bool = False

    @property
    def path(self) -> tuple[Step, ...]:
        return tuple(frame.step for frame in self.frames)

    @property
    def order(self) -> list[tuple[int, int]]:
        """As it was activated, below what it is in."""
        return [(f.token.order, f.step.item if isinstance(f.step.item, int) else 0) for f in self.frames]


Schedule = Callable[[list[Leaf]], Leaf]


def names(frames: tuple[Frame, ...], *more: str) -> str:
    """Nodes of nested graphs are `outer/inner`."""
    return "/".join([*(frame.step.name for frame in frames), *more])


class Outcome(NamedTuple):
    """How it went. Nodes of nested graphs are `outer/inner`."""

    state: str  # SUCCEEDED or FAILED
    value: Any  # the result, or the Fail
    visits: Counter[str]
    skipped: Counter[str]
    ran: list[tuple[tuple[Step, ...], Any, dict[str, Any]]]  # each body with what it was given, as they began


@dataclass
class Play:
    """All that goes on, and what has been."""

    bodies: Callable[..., Any]
    eager: bool
    live: list[Leaf] = field(default_factory=list)
    graphs: list[Any] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    ran: list[tuple[tuple[Step, ...], Any, dict[str, Any]]] = field(default_factory=list)

    def turn(self, leaf: Leaf) -> None:
        """The leaf starts, or ends."""
        if leaf.body is not None and not leaf.running:
            leaf.running = True
            self.ran.append((leaf.path, leaf.given, leaf.inputs))
            for i, frame in enumerate(leaf.frames, 1):
                if not (leaf.waits and i == len(leaf.frames)):
                    frame.token.begun = True
                    self.count(leaf.frames[:i])
            return
        self.live.remove(leaf)
        leaf.done(leaf.given if leaf.body is None else self.call(leaf))

    def count(self, frames: tuple[Frame, ...]) -> None:
        """A visit, once."""
        token = frames[-1].token
        self.visits[names(frames)] += not token.counted
        token.counted = True

    def drop(self, tokens: list[Token]) -> None:
        """What has not started will not."""
        self.live = [leaf for leaf in self.live if not any(frame.token in tokens for frame in leaf.frames)]

    def call(self, leaf: Leaf) -> Any:
        step = leaf.path[-1]
        try:
            return self.bodies(leaf.body, step.visit, step.attempt, leaf.given, **leaf.inputs)
        except Fail as failure:
            return failure


# -- schedules: who is next --------------------------------------------------------------------------------


def in_turn(live: list[Leaf]) -> Leaf:
    """One body after the other, in the order of activation; a nested graph from beginning to end."""
    return min(live, key=lambda leaf: leaf.order)


def at_once(choose: random.Random) -> Schedule:
    """As with workers enough: whatever can start has started before anything ends, and any may be the next to end."""

    def schedule(live: list[Leaf]) -> Leaf:
        starting = [leaf for leaf in live if leaf.body is None or not leaf.running]
        return starting[0] if starting else choose.choice(sorted(live, key=lambda leaf: leaf.path))

    return schedule


def at_random(choose: random.Random) -> Schedule:
    """Whatever can start or end may be the next."""
    return lambda live: choose.choice(sorted(live, key=lambda leaf: leaf.path))
