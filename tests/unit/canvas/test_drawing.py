"""A graph as a document, as a flowchart, and in a notebook."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
from celery import chain, chord, group

from orchestrator_celery import (
    END,
    START,
    Approval,
    ComplexSignature,
    ConditionalGraph,
    InvalidWorkflow,
    Retry,
    Swarm,
    error,
    node,
    otherwise,
    result,
    run_input,
    visits,
    when,
)
from orchestrator_celery.canvas.conditions.expressions import OPERATORS

from ..apps import make_app

APP = make_app("drawing")
T = SimpleNamespace(**{name: APP.tasks[name] for name in "abcde"})


def full():
    """A graph with everything there is in it, in a document or a drawing."""
    inner = ConditionalGraph("in").add_node("x", T.a.s()).add_edge(START, "x").add_edge("x", END)
    return (
        ConditionalGraph("orders", max_visits=7, retry=2, deadline=60, category="shop", tags=["eu"], app=APP, queue="q")
        .add_node("check", T.a.s(1, x=2))
        .add_node("pages", T.b.s(), map_over=result["pages"], max_concurrency=4, max_visits=3)
        .add_node("ask", Approval(timeout=60, on_timeout="fail", message='Is "it" right?'))
        .add_node("charge", T.a.s() | T.b.si(), join="any", inputs={"n": node("check")["total"], "m": {"k": [1]}})
        .add_node("inner", inner, retry=Retry(3, on=[ValueError]))
        .add_edge(START, "check")
        .add_conditional_edges(
            "check",
            [
                when((result["score"] >= 0.8) & ~result["country"].in_(["XX"]), "pages"),
                when(visits > 2, "ask"),
                when(run_input["id"].matches("^A|B$") | result.is_type("null") | result["at"].date.exists(), END),
                otherwise(END),
            ],
            strict=True,
        )
        .add_conditional_edges("ask", {"approved": "charge", "rejected": END})
        .add_conditional_edges("pages", T.c.s(), {"eu": "charge", 1: "inner", None: END}, default="inner", mode="all")
        .add_error_edge("charge", "inner", on=["CardDeclined", KeyError])
        .add_error_edge("ask", END)
        .add_edge("charge", END)
        .add_edge("inner", END)
    )


# -- documents ---------------------------------------------------------------------------------------


def matches(value, schema, root):
    """Whether a value is what a JSON Schema says; as much of draft 2020-12 as ours uses, and no more."""
    if isinstance(schema, bool):
        return schema
    unknown = schema.keys() - KEYWORDS.keys() - {"$schema", "$defs", "title", "description", "$ref"}
    assert not unknown, unknown
    if "$ref" in schema and not matches(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root):
        return False
    return all(KEYWORDS[word](value, schema, root) for word in schema.keys() & KEYWORDS.keys())


TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def is_type(value, names):
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in ([names] if isinstance(names, str) else names)
    )


def rest(value, schema):
    return {k: v for k, v in value.items() if k not in schema.get("properties", {})}


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


KEYWORDS = {
    "type": lambda v, s, r: is_type(v, s["type"]),
    "const": lambda v, s, r: v == s["const"] and type(v) is type(s["const"]),
    "enum": lambda v, s, r: v in s["enum"],
    "required": lambda v, s, r: not isinstance(v, dict) or v.keys() >= set(s["required"]),
    "properties": lambda v, s, r: not isinstance(v, dict) or all(
        matches(v[k], sub, r) for k, sub in s["properties"].items() if k in v
    ),
    "additionalProperties": lambda v, s, r: not isinstance(v, dict) or all(
        matches(one, s["additionalProperties"], r) for one in rest(v, s).values()
    ),
    "items": lambda v, s, r: not isinstance(v, list) or all(
        matches(one, s["items"], r) for one in v[len(s.get("prefixItems", ())) :]
    ),
    "prefixItems": lambda v, s, r: not isinstance(v, list) or all(
        matches(one, sub, r) for one, sub in zip(v, s["prefixItems"], strict=False)
    ),
    "minItems": lambda v, s, r: not isinstance(v, list) or len(v) >= s["minItems"],
    "maxItems": lambda v, s, r: not isinstance(v, list) or len(v) <= s["maxItems"],
    "minLength": lambda v, s, r: not isinstance(v, str) or len(v) >= s["minLength"],
    "maxLength": lambda v, s, r: not isinstance(v, str) or len(v) <= s["maxLength"],
    "pattern": lambda v, s, r: not isinstance(v, str) or re.search(s["pattern"], v) is not None,
    "minimum": lambda v, s, r: not number(v) or v >= s["minimum"],
    "exclusiveMinimum": lambda v, s, r: not number(v) or v > s["exclusiveMinimum"],
    "anyOf": lambda v, s, r: any(matches(v, sub, r) for sub in s["anyOf"]),
    "oneOf": lambda v, s, r: sum(matches(v, sub, r) for sub in s["oneOf"]) == 1,
}  # fmt: skip


def is_document(value):
    schema = ConditionalGraph.json_schema()
    return matches(json.loads(json.dumps(value)), schema, schema)


@pytest.mark.parametrize(
    "make",
    [
        full,
        lambda: ConditionalGraph(app=APP),
        lambda: full().clone((1,), {"y": 2}),
        lambda: full().set(immutable=True),
        lambda: ConditionalGraph(app=APP).add_node("g", full()),
        lambda: ConditionalGraph(app=APP).add_node("s", Swarm([full(), T.a.s()], on_task_success=T.b.s())),
        lambda: ConditionalGraph(app=APP).add_node("c", ComplexSignature(chain(T.a.s(), group(T.b.s(), full())))),
        lambda: ConditionalGraph(app=APP).add_node("c", chord([T.a.s(), T.b.s()], T.c.s())),
        lambda: ConditionalGraph(app=APP).add_node("m", T.a.map([1, 2])),
    ],
)
def test_a_graph_comes_back_from_its_document(make):
    """Given any graph, when its document has been through JSON, then it is the same graph, and as the schema says."""
    document = make().to_dict()
    assert document["version"] == 1
    assert is_document(document)
    again = ConditionalGraph.from_dict(json.loads(json.dumps(document)), app=APP)
    assert type(again) is ConditionalGraph
    assert again.to_dict() == document
    assert json.loads(json.dumps(again)) == json.loads(json.dumps(make()))


def test_a_document_is_plain_and_its_own():
    """Given a document, then no signature is left in it, and changing it changes nothing else."""
    made = full()
    document = made.to_dict()
    assert type(document["nodes"][3]["signature"]["kwargs"]["tasks"][0]) is dict
    document["nodes"][0]["signature"]["args"].append(2)
    document["options"]["queue"] = "other"
    assert made.to_dict() != document
    assert list(made.nodes[0]["signature"].args) == [1]


def test_a_document_is_no_run():
    """Given a graph that was frozen as a run, then what is made of its document is another."""
    made = full()
    made.freeze("id-1")
    assert ConditionalGraph.from_dict(made.to_dict(), app=APP).options == {"queue": "q"}


@pytest.mark.parametrize("given", [[], "graph.json", None])
def test_what_is_no_mapping_is_no_document(given):
    """Given a list or a name of a file, then the error says what a document is."""
    with pytest.raises(InvalidWorkflow, match="is not a graph's document: give the dict"):
        ConditionalGraph.from_dict(given)


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.5])
def test_an_unknown_version_is_refused(version):
    """Given a document of another release, then the error says which versions are read, and what to do."""
    with pytest.raises(InvalidWorkflow, match=r"version=.* is unknown: this release reads version 1\. Upgrade"):
        ConditionalGraph.from_dict({**full().to_dict(), "version": version})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nodez": []}, "'nodez' is unknown in a graph's document"),
        ({"name": 5}, "name=5 is not allowed"),
        ({"deadline": -1}, "deadline=-1 is not allowed"),
        ({"tags": "eu"}, "tags='eu' is not allowed"),
        ({"category": 5}, "5 is not allowed as a category"),
        ({"nodes": [{"name": "a"}]}, "is not allowed in 'nodes'"),
        ({"edges": [{"from": "a"}]}, "is not allowed in 'edges'"),
    ],
)
def test_what_is_no_document_is_refused(change, words):
    """Given a document that is none, then it is refused in words, and the schema does so as well."""
    wrong = {**full().to_dict(), **change}
    with pytest.raises(InvalidWorkflow, match=words):
        ConditionalGraph.from_dict(wrong)
    assert not is_document(wrong)


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        ({}, True),
        ({"join": "all", "max_visits": 1, "inputs": {"x": ["item", ["node", "b"], 0]}}, True),
        ({"approval": {}}, False),
        ({"join": "some"}, False),
        ({"max_visits": 0}, False),
        ({"max_visits": True}, False),
        *(({"name": name}, False) for name in ["", "__a", "a/b", " a", "a ", "-", "a:b", "a\\nb", 'a"b', "a" * 81]),
        *(({"name": name}, True) for name in ["a", "_", "A b-c.d_1", "Prüfung", "7", "a" * 80]),
        ({"retry": {"attempts": 1}}, False),
        ({"retry": {"attempts": 2, "delay": 5}}, False),
        ({"inputs": {"x": ["eval", "1"]}}, False),
        ({"inputs": {"x": ["eq", 1]}}, False),
        ({"inputs": {"x": ["value", {"any": ["thing"]}]}}, True),
        ({"signature": {}}, False),
    ],
)
def test_the_schema_knows_a_node(node, fits):
    """Given a node in a document, then the schema allows just what the builder does."""
    entry = {"name": "a", "signature": {"task": "a"}, **node}
    assert is_document({"version": 1, "nodes": [entry], "edges": []}) is fits


@pytest.mark.parametrize(
    ("edge", "fits"),
    [
        ({"from": "a", "to": "b"}, True),
        ({"from": "a", "to": "b", "error": None}, True),
        ({"from": "a", "to": "b", "error": ["E"]}, True),
        ({"from": "a", "to": "b", "error": []}, False),
        ({"from": "a", "to": "b", "error": "E"}, False),
        ({"from": "a", "when": [[True, "b"]], "mode": "all", "strict": True, "otherwise": "c"}, True),
        ({"from": "a", "when": [], "otherwise": "c"}, False),
        ({"from": "a", "when": [[True]]}, False),
        ({"from": "a", "keys": [["x", "b"], [1, "b"], [None, "b"], [False, "b"]]}, True),
        ({"from": "a", "keys": [[1.5, "b"]]}, False),
        ({"from": "a", "keys": [["x", "b"]], "router": {"task": "c"}}, True),
        ({"from": "a", "keys": [["x", "b"]], "strict": True}, False),
        ({"from": "a", "keys": [["x", "b"]], "to": "b"}, False),
        ({"to": "b"}, False),
    ],
)
def test_the_schema_knows_an_edge(edge, fits):
    """Given a declaration of edges in a document, then the schema allows just what the builder makes."""
    assert is_document({"version": 1, "nodes": [], "edges": [edge]}) is fits


def test_every_expression_is_in_the_schema():
    """Given one of each operator there is, then the schema knows it."""
    text = json.dumps(ConditionalGraph.json_schema()["$defs"]["expression"])
    assert all(f'"{name}"' in text for name in OPERATORS)


# -- drawings ----------------------------------------------------------------------------------------


def test_a_flowchart_shows_all_of_it():
    """Given a graph with all there is, then conditions are words, errors dotted, approvals hexagons, graphs parts."""
    assert (
        full().to_mermaid()
        == r"""flowchart TD
    n0(["START"])
    n1["check<br/>a(1, x=2)"]
    n2["pages<br/>b()<br/>for each of result[#34;pages#34;]"]
    n3{{"ask<br/>Is #34;it#34; right?"}}
    n4["charge<br/>a() #124; b()<br/>join any"]
    subgraph n5["inner"]
        n5_0(["START"])
        n5_1["x<br/>a()"]
        n5_2(["END"])
        n5_0 --> n5_1
        n5_1 --> n5_2
    end
    n6(["END"])
    n0 --> n1
    n1 -->|"(result[#34;score#34;] #62;= 0.8) #38; ~result[#34;country#34;].in_([#34;XX#34;])"| n2
    n1 -->|"visits #62; 2"| n3
    n1 -->|"run_input[#34;id#34;].matches(#34;^A#124;B$#34;) #124; (result.type == #34;null#34;) #124; result[#34;at#34;].date.exists()"| n6
    n1 -->|"otherwise"| n6
    n3 -->|"approved"| n4
    n3 -->|"rejected"| n6
    n2 -->|"c: eu"| n4
    n2 -->|"c: 1"| n5
    n2 -->|"c: null"| n6
    n2 -->|"otherwise"| n5
    n4 -.->|"on CardDeclined or KeyError"| n5
    n3 -.->|"on error"| n6
    n4 --> n6
    n5 --> n6
"""
    )


@pytest.mark.parametrize("name", ["end", 'a"b', "a|b", "<script>", "a\nb", "`a`", "#quot;", "a\\", "subgraph"])
def test_no_name_breaks_a_flowchart(name):
    """Given a name with characters that mean something to Mermaid, then it stands in quotes, and they by number."""
    lines = ConditionalGraph(app=APP).add_node(name, T.a.s()).to_mermaid().splitlines()
    assert len(lines) == 3
    [label] = re.fullmatch(r'    n1\["(.*)<br/>a\(\)"\]', lines[2]).groups()
    assert not re.search(r'["|<>`\\]', label)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) == " ".join(name.split())


def test_a_graph_with_mistakes_is_drawn_as_well():
    """Given a graph that cannot be run, then its drawing shows what there is."""
    made = ConditionalGraph(app=APP).add_edge(START, "nix").add_conditional_edges("nix", [when(error == 1, "b")])
    assert made.to_mermaid().splitlines()[1:4] == ['    n0(["START"])', '    n1["nix"]', '    n2["b"]']


def test_a_long_body_is_cut():
    """Given a long chain, then its node is no longer than can be read."""
    made = ConditionalGraph(app=APP).add_node("a", chain(T.a.s(number) for number in range(50)))
    assert max(map(len, made.to_mermaid().splitlines())) < 120


def test_a_notebook_shows_it_without_the_network():
    """Given a notebook, then it gets words, a chart and a table, escaped, and nothing that is loaded."""
    made = full().add_node("<b>", T.a.s())
    bundle = made._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(made)
    assert bundle["text/vnd.mermaid"] == made.to_mermaid()
    table = bundle["text/html"]
    assert "<caption>orders</caption>" in table
    assert "<td>&lt;b&gt;</td>" in table
    assert "charge: approved<br>END: rejected" in table
    assert not re.search(r"<script|src=|href=|url\(|https?:", table)
