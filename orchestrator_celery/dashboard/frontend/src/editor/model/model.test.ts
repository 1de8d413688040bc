import { describe, expect, it } from "vitest";
import { aligned, placesOf, savedLayout, sizeOf } from "./arrange";
import { fitOf } from "./arguments";
import { copied, pasted, readPart } from "./clipboard";
import { addNode, changeFields, changeGraph, changeNode, changeSignature, deleteParts, graphSignature, insertGraph, moveNodes, signatureOf } from "./commands";
import { changedGraphs, compared, pathKey, stable } from "./compare";
import { emptyDocument, END, graphAt, isRounded, nestedIn, START, unreadable, type GraphBody, type GraphDocument, type Path, type Sheet } from "./document";
import { dropDraft, draftsOf, keepDraft } from "./drafts";
import { changeKind, connect, moveBranch, removeBranch, setCondition } from "./edges";
import { nodesRead } from "./expressions";
import { branchesOf, linesOf, type LineKind } from "./lines";
import { freeName, nameProblem, renameNode } from "./names";
import { marksOf } from "./problems";
import { Session } from "./session";
import stored from "./documents.json";

const DOCUMENTS = stored as unknown as GraphDocument[];
const KINDS: LineKind[] = ["always", "condition", "otherwise", "error", "key"];

/** A small generator of numbers, so that a failure comes again. */
function random(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function paths(graph: GraphBody, path: Path = []): Path[] {
  return [path, ...graph.nodes.flatMap((node) => (nestedIn(node) ? paths(nestedIn(node) as GraphBody, [...path, node.name]) : []))];
}

/** One of every command, at random parts of a graph. */
function anyCommand(sheet: Sheet, path: Path, pick: (below: number) => number): Sheet {
  const graph = graphAt(sheet.document, path);
  if (!graph) return sheet;
  const names = graph.nodes.map((node) => node.name);
  const name = names[pick(names.length)] ?? START;
  const other = names[pick(names.length)] ?? END;
  const lines = linesOf(graph);
  const line = lines[pick(lines.length)];
  const commands: (() => Sheet)[] = [
    () => addNode(sheet, path, { kind: "task", task: "shop.pay" }, { x: 1, y: 2 }, name).sheet,
    () => addNode(sheet, path, { kind: "approval" }, { x: 1, y: 2 }).sheet,
    () => addNode(sheet, path, { kind: "graph" }, { x: 1, y: 2 }).sheet,
    () => moveNodes(sheet, path, new Map([[name, { x: pick(500), y: pick(500) }]])),
    () => renameNode(sheet, path, name, freeName(names, "renamed")),
    () => deleteParts(sheet, path, new Set([name]), new Set(line ? [line.id] : [])),
    () => changeGraph(sheet, path, (old) => connect(old, name, other).graph),
    () => (line ? changeGraph(sheet, path, (old) => changeKind(old, line.edge, line.branch, KINDS[pick(KINDS.length)] ?? "always").graph) : sheet),
    () => (line ? changeGraph(sheet, path, (old) => moveBranch(old, line.edge, 0, 1)) : sheet),
    () => (line ? changeGraph(sheet, path, (old) => removeBranch(old, line.edge, line.branch)) : sheet),
    () => changeNode(sheet, path, name, { join: "all", max_visits: 3 }),
    () => changeSignature(sheet, path, name, { immutable: pick(2) === 1 }),
    () => changeFields(sheet, path, { category: "shop", deadline: undefined }),
    () => pasted(sheet, path, copied(sheet, path, new Set([name, other])) ?? "")?.sheet ?? sheet,
    () => insertGraph(sheet, path, DOCUMENTS[pick(DOCUMENTS.length)] ?? emptyDocument(), { x: 0, y: 0 }).sheet,
    () => moveNodes(sheet, path, aligned(graph, placesOf(graph, path, sheet.layout), names, "left")),
  ];
  return commands[pick(commands.length)]?.() ?? sheet;
}

describe("documents", () => {
  it("are all readable, and every target has a line and a place", () => {
    expect(DOCUMENTS.length).toBeGreaterThan(40);
    for (const document of DOCUMENTS) {
      expect(unreadable(document)).toBeNull();
      for (const path of paths(document)) {
        const graph = graphAt(document, path) as GraphBody;
        expect(linesOf(graph).length).toBe(graph.edges.reduce((sum, edge) => sum + branchesOf(edge).length, 0));
        expect(new Set(linesOf(graph).map(({ id }) => id)).size).toBe(linesOf(graph).length);
        const places = placesOf(graph, path, { nodes: {} });
        expect(places.size).toBe(graph.nodes.length + 2);
        expect(new Set([...places.values()].map(({ x, y }) => `${x}|${y}`)).size).toBe(places.size);
      }
    }
  });

  it("are saved as they were opened, also after any commands and their undoing", () => {
    for (const [index, document] of DOCUMENTS.entries()) {
      const before = JSON.stringify(document);
      const session = new Session({ document, layout: { nodes: {} } });
      const pick = random(index);
      const texts = [before];
      for (let step = 0; step < 12; step += 1) {
        const all = paths(session.sheet.document);
        const path = all[pick(all.length)] ?? [];
        const old = session.sheet;
        session.do("any", (sheet) => anyCommand(sheet, path, pick));
        if (session.sheet !== old) texts.push(JSON.stringify(session.sheet));
        expect(unreadable(session.sheet.document)).toBeNull();
      }
      const after = JSON.stringify(session.sheet);
      while (session.undo() !== null) continue;
      expect(JSON.stringify(session.sheet.document)).toBe(before);
      expect(session.dirty).toBe(false);
      while (session.redo() !== null) continue;
      expect(JSON.stringify(session.sheet)).toBe(after);
    }
  });

  it("come back from any new name", () => {
    for (const document of DOCUMENTS)
      for (const path of paths(document))
        for (const { name } of graphAt(document, path)?.nodes ?? []) {
          const sheet = { document, layout: { nodes: { [[...path, name].join("/")]: { x: 1, y: 2 } } } };
          const renamed = renameNode(sheet, path, name, "another");
          const text = JSON.stringify(graphAt(renamed.document, path)?.edges.map((edge) => [edge.from, ...branchesOf(edge)]));
          expect(text).not.toContain(JSON.stringify(name));
          expect(renameNode(renamed, path, "another", name)).toEqual(sheet);
        }
  });

  it.each([
    [null, "not a graph's document"],
    [{ version: 2, nodes: [], edges: [] }, "version 2"],
    [{ version: "1", nodes: [], edges: [] }, "unknown"],
    [{ version: 1, nodes: {}, edges: [] }, "not lists"],
    [{ version: 1, nodes: [{ name: "a" }], edges: [] }, "neither a task"],
    [{ version: 1, nodes: [], edges: [{ from: "a", when: [[true]] }] }, "JSON Schema"],
    [{ version: 1, nodes: [], edges: [{ from: "a" }] }, "JSON Schema"],
  ])("that cannot be drawn are refused: %j", (document, words) => {
    expect(unreadable(document)).toContain(words);
  });
});

const orders = (): Sheet => ({
  document: {
    version: 1,
    nodes: [
      { name: "score", signature: { task: "shop.score" } },
      { name: "pay", signature: { task: "shop.pay" }, inputs: { amount: ["item", ["node", "score"], "total"] } },
      { name: "ask", approval: {} },
    ],
    edges: [
      { from: START, to: "score" },
      { from: "score", when: [[["gt", ["item", ["node", "score"], "x"], 1], "pay"]], otherwise: "ask", mode: "first" },
      { from: "ask", keys: [["approved", "pay"], ["rejected", END]], mode: "first" },
      { from: "pay", to: END },
    ],
  },
  layout: { nodes: { score: { x: 0, y: 0 }, pay: { x: 300, y: 0 }, ask: { x: 300, y: 100 } } },
});

describe("commands", () => {
  it("rename a node in edges, conditions and inputs", () => {
    const { document, layout } = renameNode(orders(), [], "score", "rate");
    expect(JSON.stringify(document)).not.toContain('"score"');
    expect(nodesRead(document.nodes[1]?.inputs?.["amount"] ?? null)).toEqual(["rate"]);
    expect(layout.nodes["rate"]).toEqual({ x: 0, y: 0 });
    // Text that only looks like the name is no reference.
    const literal = changeGraph(orders(), [], (graph) => setCondition(graph, 1, 0, ["eq", ["result"], ["value", ["node", "score"]]]));
    expect(JSON.stringify(renameNode(literal, [], "score", "rate").document.edges[1]?.when?.[0]?.[0])).toContain('["value",["node","score"]]');
  });

  it("connect by the edge that is likely meant", () => {
    const sheet = orders();
    const kinds = (graph: GraphBody, line: string | null): string | undefined => linesOf(graph).find(({ id }) => id === line)?.kind;
    const plain = connect(sheet.document, "pay", "ask");
    expect(kinds(plain.graph, plain.line)).toBe("always");
    const branch = connect(sheet.document, "score", END);
    expect(kinds(branch.graph, branch.line)).toBe("condition");
    const decided = connect({ ...sheet.document, edges: [] }, "ask", "pay");
    expect(decided.graph.edges[0]?.keys).toEqual([["approved", "pay"]]);
    expect(connect(decided.graph, "ask", END).graph.edges[0]?.keys?.[1]).toEqual(["rejected", END]);
    expect(connect(sheet.document, "score", "ask", "error").graph.edges.at(-1)).toEqual({ from: "score", error: null, to: "ask" });
  });

  it("delete a node with its edges, and keep what is left of a rule", () => {
    const { document, layout } = deleteParts(orders(), [], new Set(["pay"]), new Set());
    expect(document.edges).toEqual([
      { from: START, to: "score" },
      { from: "score", to: "ask" },
      { from: "ask", keys: [["rejected", END]], mode: "first" },
    ]);
    expect(Object.keys(layout.nodes)).toEqual(["score", "ask"]);
    expect(deleteParts(orders(), [], new Set([START]), new Set()).document).toEqual(orders().document);
  });

  it("change kinds and order of branches", () => {
    const graph = orders().document;
    const condition = changeKind(graph, 3, "to", "condition");
    expect(condition.graph.edges[3]).toEqual({ from: "pay", when: [[true, END]], mode: "first" });
    expect(changeKind(condition.graph, 3, 0, "always").graph.edges[3]).toEqual({ from: "pay", to: END });
    const two = connect(graph, "score", END).graph;
    expect(moveBranch(two, 1, 1, -1).edges[1]?.when?.map(([, target]) => target)).toEqual([END, "pay"]);
    expect(changeKind(graph, 0, "to", "error").graph).toBe(graph);
  });

  it("paste under free names, with conditions that follow", () => {
    const sheet = orders();
    const text = copied(sheet, [], new Set(["score", "pay"])) ?? "";
    const made = pasted(sheet, [], text);
    expect(made?.names).toEqual(["score 2", "pay 2"]);
    expect(made?.sheet.document.edges.at(-1)).toEqual({ from: "score 2", when: [[["gt", ["item", ["node", "score 2"], "x"], 1], "pay 2"]], mode: "first" });
    expect(made?.sheet.layout.nodes["pay 2"]).toEqual({ x: 332, y: 32 });
    expect(readPart("{}")).toBeNull();
    expect(readPart("hello")).toBeNull();
    expect(readPart(JSON.stringify({ nodes: [], edges: [] }))).toBeNull();
    expect(readPart(JSON.stringify(sheet.document))?.nodes.length).toBe(3);
  });

  it("join typing in one field to one step, and forget what is redone", () => {
    let time = 0;
    const session = new Session(orders(), () => time);
    for (const category of ["s", "sh", "shop"]) session.do("category", (sheet) => changeFields(sheet, [], { category }), { merge: "category" });
    time = 5_000;
    session.do("category", (sheet) => changeFields(sheet, [], { category: "shop." }), { merge: "category" });
    session.undo();
    expect(session.sheet.document.category).toBe("shop");
    session.undo();
    expect(session.sheet.document.category).toBeUndefined();
    session.redo();
    session.do("tags", (sheet) => changeFields(sheet, [], { tags: ["eu"] }));
    expect(session.redo()).toBeNull();
  });

  it("leave a nested graph that is undone, and a selection that is deleted", () => {
    const session = new Session(orders());
    const made = addNode(session.sheet, [], { kind: "graph" }, { x: 0, y: 0 });
    session.do("add", () => made.sheet, { select: { nodes: new Set([made.name]) } });
    session.open([made.name]);
    session.do("add", (sheet) => addNode(sheet, [made.name], { kind: "approval" }, { x: 0, y: 0 }).sheet);
    expect(session.graph.nodes.length).toBe(1);
    session.undo();
    session.undo();
    expect(session.snapshot().path).toEqual([]);
    session.select({ nodes: new Set(["pay"]) });
    session.do("delete", (sheet) => deleteParts(sheet, [], new Set(["pay"]), new Set()));
    expect(session.snapshot().selection.nodes.size).toBe(0);
  });
});

describe("numbers", () => {
  it("that a browser rounds are noticed", () => {
    expect(isRounded(JSON.parse('{"a": [9223372036854775807]}'))).toBe(true);
    expect(isRounded({ a: [1.5, 2 ** 53 - 1, "9223372036854775807"] })).toBe(false);
  });
});

describe("names", () => {
  it("are checked as the server checks them", () => {
    const graph = orders().document;
    for (const name of ["a", "a b", "größe", "a.b-c"]) expect(nameProblem(graph, name, null)).toBeNull();
    for (const name of ["", "__a", " a", "a/b", "a\n", "x".repeat(81), "pay", "<b>"]) expect(nameProblem(graph, name, null)).not.toBeNull();
    expect(freeName(["pay", "pay 2"], "pay")).toBe("pay 3");
    expect(nameProblem(graph, freeName([], "<img src=x>"), null)).toBeNull();
  });
});

describe("layout", () => {
  it("aligns, spreads, and saves only places of nodes that there are", () => {
    const { document, layout } = orders();
    const places = placesOf(document, [], layout);
    const left = aligned(document, places, ["score", "pay", "ask"], "left");
    expect([...left.values()].map(({ x }) => x)).toEqual([0, 0, 0]);
    const row = [...aligned(document, places, ["score", "pay", "ask"], "row").values()].map(({ x }) => x).sort((one, other) => one - other);
    expect((row[1] ?? 0) - (row[0] ?? 0)).toBeGreaterThan(sizeOf("score", undefined).width);
    expect(savedLayout({ document, layout: { nodes: { ...layout.nodes, gone: { x: 1, y: 1 } } } }).nodes).toEqual(layout.nodes);
  });
});

describe("problems", () => {
  it("stand at their node, their edge, and at the graph around them", () => {
    const inner: GraphBody = { nodes: [{ name: "one", signature: { task: "t" } }], edges: [{ from: "one", to: END }] };
    const sheet = orders();
    const document = insertGraph(sheet, [], { ...inner, name: "sub" }, { x: 0, y: 0 }).sheet.document;
    const problems = [
      { node: "pay", edge: null, text: "p" },
      { node: "score", edge: 1, text: "q" },
      { node: "sub/one", edge: 0, text: "r" },
      { node: null, edge: null, text: "s" },
    ];
    const outer = marksOf(document, problems, []);
    expect([...outer.nodes.keys()]).toEqual(["pay", "score", "sub"]);
    expect([...outer.lines.keys()]).toEqual(["1:0", "1:otherwise"]);
    const nested = marksOf(document, problems, ["sub"]);
    expect([[...nested.nodes.keys()], [...nested.lines.keys()]]).toEqual([["one"], ["0:to"]]);
  });
});

describe("arguments", () => {
  const parameters = [
    { name: "order", required: true },
    { name: "amount", required: true },
    { name: "note", required: false },
  ];
  it("tell what is missing and too much", () => {
    const node = { name: "pay", signature: { task: "pay", args: [], kwargs: { colour: 1 } } };
    expect(fitOf(node, parameters)).toMatchObject({ before: "order", missing: ["amount"], extra: ["colour"] });
    expect(fitOf({ ...node, signature: { task: "pay", args: [1, 2, 3], kwargs: { order: 1 } } }, parameters).extra).toEqual(["order, twice", "1 by position"]);
    expect(fitOf({ ...node, signature: { task: "pay", immutable: true, kwargs: { order: 1 } }, inputs: { amount: ["result"] } }, parameters)).toMatchObject({ before: null, missing: [], extra: [] });
  });
});

describe("comparison", () => {
  it("marks added, removed and changed parts", () => {
    const old = orders();
    let now = renameNode(old, [], "ask", "board");
    now = changeNode(now, [], "pay", { max_visits: 2 });
    now = changeGraph(now, [], (graph) => setCondition(graph, 1, 0, true));
    const found = compared(old.document, now.document);
    const outer = found.graphs.get(pathKey([]));
    expect(Object.fromEntries(outer?.nodes ?? [])).toEqual({ pay: "changed", board: "added", ask: "removed" });
    expect(outer?.lines.get("1:0")).toBe("changed");
    expect([...(outer?.lines.values() ?? [])].filter((change) => change === "removed").length).toBe(3);
    expect(unreadable(found.document)).toBeNull();
    expect(compared(old.document, old.document).graphs.size).toBe(0);
    expect(stable({ a: 1, b: { d: 1, c: 2 } })).toBe(stable({ b: { c: 2, d: 1 }, a: 1 }));
  });
});

describe("comparing nested graphs", () => {
  const body = (...names: string[]): GraphBody => ({ nodes: names.map((name) => ({ name, signature: signatureOf("shop.pay") })), edges: names.map((name) => ({ from: START, to: name })) });
  const around = (inner: GraphBody, outer = "checks"): GraphDocument => ({ version: 1, nodes: [{ name: outer, signature: graphSignature(inner) }], edges: [{ from: START, to: outer }] });

  it("marks what differs inside, and keeps what was removed there", () => {
    const found = compared(around(body("one", "two")), around(body("one", "three")));
    expect(changedGraphs(found)).toEqual([["checks"]]);
    expect(Object.fromEntries(found.graphs.get(pathKey([]))?.nodes ?? [])).toEqual({ checks: "changed" });
    expect(Object.fromEntries(found.graphs.get(pathKey(["checks"]))?.nodes ?? [])).toEqual({ three: "added", two: "removed" });
    expect(graphAt(found.document, ["checks"])?.nodes.map(({ name }) => name)).toEqual(["one", "three", "two"]);
  });

  it("marks all of a graph that is new or gone, at any depth", () => {
    const found = compared(around(around(body("one")), "outer"), around(body("one")));
    expect(changedGraphs(found)).toEqual([["checks"], ["outer"], ["outer", "checks"]]);
    expect([...(found.graphs.get(pathKey(["outer", "checks"]))?.nodes.values() ?? [])]).toEqual(["removed"]);
    expect([...(found.graphs.get(pathKey(["checks"]))?.nodes.values() ?? [])]).toEqual(["added"]);
    expect(unreadable(found.document)).toBeNull();
  });
});

describe("drafts", () => {
  it("outlive the page, per graph and version, and are bounded", () => {
    localStorage.clear();
    const draft = { name: "orders", base: 3, window: "w", saved: 1, sheet: orders() };
    for (let index = 0; index < 30; index += 1) keepDraft(localStorage, { ...draft, base: index, saved: index });
    expect(draftsOf(localStorage, "orders").length).toBe(20);
    expect(draftsOf(localStorage, "orders")[0]?.base).toBe(29);
    expect(draftsOf(localStorage, "other")).toEqual([]);
    localStorage.setItem('orchestrator-draft:["orders",1,"x"]', "{broken");
    localStorage.setItem('orchestrator-draft:["orders",2,"x"]', JSON.stringify({ ...draft, sheet: { document: { version: 9 }, layout: {} } }));
    expect(draftsOf(localStorage, "orders").length).toBe(20);
    dropDraft(localStorage, { ...draft, base: 29 });
    expect(draftsOf(localStorage, "orders")[0]?.base).toBe(28);
  });
});
