"""Objects of a project that raise when they are asked for their words never keep an error of ours from being raised."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from kombu.exceptions import EncodeError

from orchestrator_celery import (
    Approval,
    ComplexSignature,
    ConditionalGraph,
    GraphInvalid,
    InvalidWorkflow,
    OrchestratorError,
    Retry,
    Swarm,
    otherwise,
    templates,
    when,
)
from orchestrator_celery.engine.recovery import LostNode, Rules
from orchestrator_celery.model.printing.safe_log import safe_logger
from orchestrator_celery.model.printing.safe_text import error_words, safe_repr, safe_str

from .apps import make_app


class Wordless:
    """An object without words."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__


class WordlessError(Exception):
    """An exception without words."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    __str__ = __repr__


BAD: Any = Wordless()
APP = make_app("wordless")
SIG = APP.tasks["a"].s


def graph() -> ConditionalGraph:
    return ConditionalGraph("g").add_node("a", SIG())


#: What a user may call with a wrong object.
REFUSED = {
    "workflow": lambda: ComplexSignature(BAD),
    "handler": lambda: ComplexSignature(SIG(), on_error=BAD),
    "deadline": lambda: ComplexSignature(SIG(), deadline=BAD),
    "category": lambda: ComplexSignature(SIG(), category=BAD),
    "tags": lambda: ComplexSignature(SIG(), tags=BAD),
    "a tag": lambda: ComplexSignature(SIG(), tags=[BAD]),
    "item": lambda: Swarm([BAD]),
    "added item": lambda: Swarm().add_task(BAD),
    "max_concurrency": lambda: Swarm(max_concurrency=BAD),
    "max_failures": lambda: Swarm(max_failures=BAD),
    "max_items": lambda: Swarm(max_items=BAD),
    "batch": lambda: Swarm(batch=BAD),
    "slots": lambda: Swarm(slots=BAD),
    "priority": lambda: Swarm().add_task(SIG(), priority=BAD),
    "item callback": lambda: Swarm(on_task_error=BAD),
    "graph's name": lambda: ConditionalGraph(BAD),
    "max_visits": lambda: ConditionalGraph(max_visits=BAD),
    "node's name": lambda: ConditionalGraph().add_node(BAD, SIG()),
    "node": lambda: ConditionalGraph().add_node("a", BAD),
    "inputs": lambda: ConditionalGraph().add_node("a", SIG(), inputs=BAD),
    "join": lambda: ConditionalGraph().add_node("a", SIG(), join=BAD),
    "retry": lambda: ConditionalGraph().add_node("a", SIG(), retry=BAD),
    "edge": lambda: graph().add_edge("a", BAD),
    "conditional edges": lambda: graph().add_conditional_edges("a", BAD),
    "condition": lambda: when(BAD, "a"),
    "otherwise": lambda: otherwise(BAD),
    "error edge": lambda: graph().add_error_edge("a", "a", on=BAD),
    "attempts": lambda: Retry(attempts=BAD),
    "approval's timeout": lambda: Approval(timeout=BAD),
    "approval's message": lambda: Approval(message=BAD),
    "template's parameter": lambda: templates.build("retry", {"task": BAD}),
    "countdown": lambda: ComplexSignature(SIG()).apply_async(countdown=BAD),
    "eta": lambda: ComplexSignature(SIG()).apply_async(eta=BAD),
    "member of a chain": lambda: APP.orchestrator.container.compiler.run(ComplexSignature(BAD and _chain_of(BAD)), {}),
    "saved signature": lambda: APP.orchestrator.save(BAD),
    "policy": lambda: APP.orchestrator.task(policy=BAD),
    "argument": lambda: APP.orchestrator.container.compiler.run(ComplexSignature(SIG(BAD)), {}),
    "option": lambda: APP.orchestrator.container.compiler.run(ComplexSignature(SIG().set(weight=BAD)), {}),
    "signature with such an argument": lambda: APP.orchestrator.container.compiler.run(
        Swarm([ComplexSignature(SIG(BAD), deadline=3)]), {}
    ),
}


def _chain_of(value: Any) -> Any:
    sig = (SIG() | SIG()).clone()
    sig.tasks = [SIG(), value]
    return sig


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_the_refusal_is_ours(call):
    """Given a wrong object without words, then what is raised is the refusal, and not the object's own error."""
    with pytest.raises(
        (OrchestratorError, EncodeError, GraphInvalid, InvalidWorkflow, TypeError, ValueError)
    ) as caught:
        call()
    assert "no words" not in str(caught.value).replace("RuntimeError('no words')", "")


def test_texts_say_why_there_are_none():
    assert safe_repr(BAD) == "<Wordless: its repr raised RuntimeError>"
    assert safe_str(WordlessError()) == "<WordlessError: its str raised RuntimeError>"
    words = error_words(WordlessError())
    assert (words["type"], words["message"]) == ("WordlessError", "<WordlessError: its str raised RuntimeError>")
    assert "WordlessError" in words["traceback"]


def test_a_validator_that_raises_such_an_error_only_forbids():
    def validator(lost: LostNode) -> bool:
        raise WordlessError

    refusal = Rules(True, ("*",), (), (validator,)).refusal(LostNode("r", "0", "t", 1, "w", False), None)
    assert refusal == "validator validator raised <WordlessError: its repr raised RuntimeError>"


def test_such_an_error_is_logged(caplog):
    with caplog.at_level(logging.WARNING):
        safe_logger("orchestrator_celery.wordless").warning("%d tasks failed: %r", 3, WordlessError())
    assert "%d tasks failed: %r (3, <WordlessError: its repr raised RuntimeError>)" in caplog.text


def test_such_an_error_is_kept(codec=APP.orchestrator.container.codec):
    blob = codec.dump_error(WordlessError())
    assert codec.load_error_names(blob)[0] == "WordlessError"
    assert isinstance(codec.load_error(blob), Exception)
