"""Compiled trees as one line of text, so that a test shows the whole tree it expects.

chain(a, b)          steps           group(a, b)    members; group+ when the next step is its chord body
swarm[cap=2](a, b)   items           complex(a)     a unit
a(1, x=2)            own arguments   a.si           immutable
a{queue=q}           options         a@w5, a@e5     starts 5 ms later, at 5 ms
a >b !c !~d          callback, errback, error handler of ours; >(b >c) if it has callbacks itself
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_celery.model.states import NodeKind
from orchestrator_celery.records.definitions import Attribute, parse_definition
from orchestrator_celery.records.leaf import Role, read_leaf
from orchestrator_celery.records.payload import Codec


def draw(definitions: Mapping[str, bytes], codec: Codec, node: str = "0") -> str:
    """Draw one node and all below it."""
    return _draw(unpacked(definitions), codec, node)


def unpacked(definitions: Mapping[str, bytes]) -> dict[str, bytes]:
    """All definitions, those inside packed items as well."""
    found: dict[str, bytes] = {}
    for node, raw in definitions.items():
        found.update(unpacked(_parts(node, raw)) if raw.startswith(b"T\n") else {node: raw})
    return found


def _parts(node: str, packed: bytes) -> dict[str, bytes]:
    rest, parts = packed[2:], {}
    while rest:
        line, _, rest = rest.partition(b"\n")
        path, size = line.decode().split()
        parts[node if path == "." else f"{node}.{path}"], rest = rest[: int(size)], rest[int(size) :]
    return parts


_SHOWN_APART = {"n", "k", "l", "e", "ch"}


def _draw(definitions: Mapping[str, bytes], codec: Codec, node: str) -> str:
    found = parse_definition(definitions[node])
    if found.kind is NodeKind.TASK:
        start = "".join(f"@{k.value[0]}{found.text(k)}" for k in (Attribute.WAIT, Attribute.ETA) if found.has(k))
        text = _leaf(found.payload, codec) + start
    else:
        bounds = ",".join(f"{k}={v}" for k, v in found.attributes.items() if k not in _SHOWN_APART)
        below = ", ".join(_draw(definitions, codec, f"{node}.{i}") for i in range(found.number(Attribute.SIZE)))
        text = f"{found.kind}{'+' * found.has(Attribute.CHORD_HEADER)}{f'[{bounds}]' if bounds else ''}({below})"
    for letter, mark, count in (("l", ">", Attribute.LINKS), ("e", "!", Attribute.ERRBACKS)):
        for index in range(found.number(count)):
            called = f"{node}.{letter}{index}"
            drawn = _draw(definitions, codec, called)
            text += (
                f" {mark}{_role(definitions[called], codec)}{f'({drawn})' if ' >' in drawn or ' !' in drawn else drawn}"
            )
    return text


def _leaf(payload: bytes, codec: Codec) -> str:
    leaf = read_leaf(payload, codec)
    given = ", ".join([*map(repr, leaf.args), *(f"{k}={v!r}" for k, v in leaf.kwargs.items())])
    options = ",".join(f"{k}={v}" for k, v in sorted(leaf.options.items()))
    return leaf.task + f"({given})" * bool(given) + ".si" * leaf.immutable + f"{{{options}}}" * bool(options)


def _role(raw: bytes, codec: Codec) -> str:
    found = parse_definition(raw)
    return "~" if found.kind is NodeKind.TASK and read_leaf(found.payload, codec).role is Role.HANDLER else ""
