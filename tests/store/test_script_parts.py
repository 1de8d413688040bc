"""How much of a script a call makes, and that each function finds what it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import orchestrator_celery.store
from orchestrator_celery.store.scripting import scripts
from orchestrator_celery.store.scripting.parts import PARTS
from orchestrator_celery.store.scripting.pieces import pieces_of
from orchestrator_celery.store.scripting.script_text import included, script_text
from orchestrator_celery.store.transitions.continuation import Offer, next_of

from .bytecode import Function, compiled
from .play import FIRST, Play
from .trees import chain, graph, leaf, swarm, unit

LUA = Path(orchestrator_celery.store.__file__).parent / "lua"
#: What Redis gives to scripts.
GIVEN = set(
    "redis cjson cmsgpack math table string KEYS ARGV tonumber tostring pairs ipairs next select pcall unpack".split()
)
#: Most functions that a call makes before it does anything, and most variables that they refer to. Both cost time.
MOST = {"finish": (75, 620), "fail": (70, 560), "claim": (30, 100), "create": (90, 620), "take": (115, 740)}
#: Most variables of the functions around it that Lua lets a function use.
LIMIT = 60
#: Entries that are nil in a script without their helper.
BARE = {"announce", "flush_graphs", "flush_pools", "resend", "send_decision"}
#: A task that a worker may go on with.
PAYLOAD = json.dumps(["task", [], {}]).encode()

#: Entries of all parts.
ENTRIES = {name for names in PARTS.values() for name in names}
#: Variables of a function.
DECLARED = re.compile(
    r"\blocal (?!function)([\w, ]+)|function *\w*\(([\w, .]*)\)|\bfor ([\w, ]+?) (?:in|=)|[{,] *(\w+) = "
)

every = pytest.mark.parametrize("name", scripts.names())


def made_at_once(function: Function, text: list[str]) -> Iterator[Function]:
    """The functions that a call makes before it does anything: not those in other functions."""
    for inner in function.inner:
        yield inner
        if text[inner.line - 1] == "return (function()":
            yield from made_at_once(inner, text)


@every
def test_each_function_finds_what_it_uses(name, client):
    """Given a verb, then every name in its text is a variable around it: Redis would refuse another one at the call."""
    whole = compiled(client, scripts.load(name).text)
    assert {used for function in whole.all() for used in function.globals} <= GIVEN
    assert max(function.upvalues for function in whole.all()) <= LIMIT


@pytest.mark.parametrize("name", MOST)
def test_a_call_makes_few_functions(name, client):
    """Given a verb that workers call often, then a call makes few functions."""
    text = scripts.load(name).text
    made = list(made_at_once(compiled(client, text), text.split("\n")))
    functions, variables = MOST[name]
    assert len(made) <= functions
    assert sum(function.upvalues for function in made) <= variables


@every
def test_no_variable_has_the_name_of_an_entry(name):
    """Given the entries in a verb, then no function in it has a variable of that name: it would be taken for the entry."""
    paths = [LUA / f"{name}.lua"]
    paths += [LUA / "lib" / f"{helper}.lua" for helper in included(paths[0].read_text())]
    code = {path: re.sub(r"'(?:\\.|[^'\\\n])*'", "''", re.sub(r"--.*", "", path.read_text())) for path in paths}
    entries = ENTRIES & {piece.defines for text in code.values() for piece in pieces_of(text)}
    for path, text in code.items():
        found = [found for match in DECLARED.finditer(text) for found in match.groups() if found]
        names = {name.strip() for each in found for name in each.split(",")}
        assert names & entries <= (BARE if path.stem in ("run", "trail") else set()), path


def test_every_entry_is_a_function():
    """Given the entries of parts, then each is a function of a helper: none is a relic."""
    text = "\n".join(path.read_text() for path in (LUA / "lib").rglob("*.lua"))
    defined = set(re.findall(r"^local function (\w+)\(|^(\w+) = function\(", text, re.MULTILINE))
    assert {name for pair in defined for name in pair} >= ENTRIES


@pytest.fixture
def made(client: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Returns the parts that calls have made, and forgets them."""

    def telling(verb: str) -> str:
        return re.sub(
            r"^load_(\w+) = function\(\)$", r"\g<0> redis.call('SADD', KEYS[1] .. ':parts', '\1')", script_text(verb),
            flags=re.MULTILINE,
        )  # fmt: skip

    def take() -> set[str]:
        found = {part.decode() for part in client.smembers("orc:{r}:parts")}
        client.delete("orc:{r}:parts")
        return found

    monkeypatch.setattr(scripts, "script_text", telling)
    scripts.load.cache_clear()
    yield take
    scripts.load.cache_clear()


def finish(play: Play, node: str) -> Any:
    """A leaf ends, and the process that ran it goes on with the next one."""
    offer = Offer(f"{node}:1", "w/1/a", ",task,")
    answer = play.store.finish(play.leaf(node), FIRST, b"1", offer=offer)
    following = next_of(play.leaf(node), answer)
    assert following is not None
    return following.dispatch.leaf.node


def test_a_step_of_a_chain_makes_no_part(play, made):
    """Given a chain under way, when a step ends and the process goes on with the next one, then no part is made."""
    play.start(unit(chain(*[leaf(PAYLOAD)] * 5)))
    play.claim("0.0.0")
    assert "ends" in made()  # the start of the run is another matter
    assert finish(play, finish(play, "0.0.0")) == "0.0.2"
    assert made() == set()


def test_an_item_of_a_pool_makes_only_what_pools_need(play, made):
    """Given a swarm under way, when an item ends, then nothing is made for its start, its end, lines or batches."""
    play.start(swarm(*[leaf(PAYLOAD)] * 20))
    play.claim("0.0")
    made()
    finish(play, "0.0")
    assert made() == {"pools"}


def test_a_node_of_a_graph_makes_only_what_graphs_need(play, made):
    """Given a line of nodes, when one ends, then nothing is made for failures, joins, decisions or its end."""
    play.start(graph("START>a a>b b>c c>END", bodies=dict.fromkeys("abc", leaf(PAYLOAD))))
    play.claim("0.0.0")
    made()
    finish(play, "0.0.0")
    assert made() == {"graphs", "unpacking"}
