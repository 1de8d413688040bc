"""Which tasks of a run with a delay name the time of its start: those that natively get the delay."""

from __future__ import annotations

import pytest
from celery import chain, chord, group

from orchestrator_celery import END, START, ComplexSignature, ConditionalGraph, Swarm
from orchestrator_celery.engine.compile.compiler import AT_START, Compiler
from orchestrator_celery.lifecycle.identity import digest_of
from orchestrator_celery.records.packed import unpack
from orchestrator_celery.records.payload import Codec

from .test_compile import APP, a, b, c

COMPILER = Compiler(APP, Codec(APP, 1024 * 1024))


def graph():
    return (
        ConditionalGraph("g")
        .add_node("a", a())
        .add_node("b", b())
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
    )


SHAPES = [
    (lambda: ComplexSignature(a()), ["a"]),
    (lambda: ComplexSignature(chain(a(), b(), c())), ["a"]),
    (lambda: ComplexSignature(group(a(), chain(b(), c()))), ["a", "b"]),
    (lambda: ComplexSignature(chord([a(), b()], c())), ["a", "b"]),
    (lambda: ComplexSignature(chain(Swarm([a(), b()]), c())), ["a", "b"]),
    (lambda: ComplexSignature(a().set(countdown=5)), ["a"]),
    (lambda: Swarm([a(), b()]), ["a", "b"]),
    (lambda: Swarm([a(), b()], batch=2), []),
    (lambda: Swarm([a()], on_task_success=c()), ["a"]),
    (graph, ["a"]),
]


def leaves(definitions):
    """Headers of leaves by the name of their task."""
    found = {}
    for packed in definitions.values():
        for raw in unpack(packed).values():
            if raw[:1] == b"L":
                header, _, payload = raw.partition(b"\n")
                found[payload.split(b'"')[1].decode()] = header
    return found


@pytest.mark.parametrize(("make", "expected"), SHAPES)
def test_the_first_tasks_name_the_time_of_the_start(make, expected):
    """Given a delay of the run, then its first tasks carry the mark, in place of a delay of their own."""
    definitions, _ = COMPILER.run(make(), {"eta": AT_START})
    marked = {name: header for name, header in leaves(definitions).items() if b" fst=1" in header}
    assert sorted(name.rpartition(".")[2] for name in marked) == expected
    assert all(b" wait=" not in header for header in marked.values())


@pytest.mark.parametrize(("make", "expected"), SHAPES)
def test_without_a_delay_no_task_does(make, expected):
    """Given no delay, then no task carries it."""
    definitions, _ = COMPILER.run(make(), {})
    assert not [header for header in leaves(definitions).values() if b" fst=" in header]


def test_the_same_definition_has_the_same_digest():
    """Given a definition built twice, then the digests are the same; another argument, task or order changes it."""

    def digest(signature):
        return digest_of(COMPILER.run(signature, {})[0])

    first = digest(Swarm([a(1), b()]))
    assert digest(Swarm([a(1), b()])) == first
    assert (
        len({first, digest(Swarm([a(2), b()])), digest(Swarm([b(), a(1)])), digest(Swarm([a(1), b()], batch=2))}) == 4
    )
