import { describe, expect, it } from "vitest";
import { draw, FOLD_ABOVE, graphsOf, neighbour, slot, type GraphEdge, type NodeView } from "./model";

const nothing = new Map<string, boolean>();
const noEdges = new Map<string, GraphEdge[]>();

function node(id: string, kind: string, more: Partial<NodeView> = {}): NodeView {
  const children = more.children ?? [];
  return { id, kind, name: id, state: "SUCCEEDED", children, children_total: children.length, callbacks: [], ...more } as NodeView;
}

function edge(source: string, target: string, more: Partial<GraphEdge> = {}): GraphEdge {
  return { source, target, kind: "plain", label: "", taken: 0, ...more } as GraphEdge;
}

const chain = node("0", "chain", { children: [node("0.0", "task"), node("0.1", "task", { state: "RUNNING" }), node("0.2", "task", { state: "WAITING" })] });

describe("containers", () => {
  it("joins the steps of a chain, and tells how far it has come", () => {
    const { boxes, lines } = draw(chain, noEdges, nothing);
    expect(boxes.map(({ id, parent }) => [id, parent])).toEqual([["0", null], ["0.0", "0"], ["0.1", "0"], ["0.2", "0"]]);
    expect(lines.map(({ source, target, way }) => [source, target, way])).toEqual([["0.0", "0.1", "taken"], ["0.1", "0.2", "open"]]);
  });

  it("leads from the header of a chord to its body, and joins no members of a group", () => {
    const group = node("0.0", "group", { children: [node("0.0.0", "task"), node("0.0.1", "task")] });
    const { lines } = draw(node("0", "chord", { children: [group, node("0.1", "task")] }), noEdges, nothing);
    expect(lines.map(({ id }) => id)).toEqual(["0.0>0.1"]);
  });

  it("draws the run that replaced a task beside it, with a way there", () => {
    const replaced = node("0.0", "task", { replaced_by: "r:0.0:1", replacement: node("0", "chain", { name: "steps", state: "RUNNING" }) });
    const { boxes, lines } = draw(node("0", "chain", { children: [replaced, node("0.1", "task", { state: "WAITING" })] }), noEdges, nothing);
    expect(boxes.find(({ kind }) => kind === "run")).toMatchObject({ id: "0.0/run", run: "r:0.0:1", name: "steps", state: "RUNNING", parent: "0" });
    expect(lines.map(({ id, way }) => [id, way])).toEqual([["0.0>0.0/run", "taken"], ["0.0>0.1", "open"]]);
  });

  it("starts folded above its limit, and opens when somebody asks", () => {
    const many = node("0", "group", { children: [node("0.0", "task")], children_total: FOLD_ABOVE + 1 });
    expect(draw(many, noEdges, nothing).boxes).toHaveLength(1);
    const { boxes } = draw(many, noEdges, new Map([["0", true]]));
    expect(boxes.at(-1)).toMatchObject({ kind: "more", name: `${FOLD_ABOVE} more`, parent: "0" });
  });

  it("draws a swarm as one box whatever is in it", () => {
    const swarm = node("0", "swarm", { children: [node("0.0", "task")], children_total: 100_000 });
    expect(draw(swarm, noEdges, new Map([["0", true]])).boxes).toMatchObject([{ id: "0", open: false, foldable: false }]);
  });

  it("tells the kinds of callbacks apart", () => {
    const task = node("0", "task", { callbacks: [node("0.s0", "task"), node("0.f0", "task", { state: "SKIPPED" }), node("0.c0", "task")] });
    expect(draw(task, noEdges, nothing).lines.map(({ kind, way }) => [kind, way])).toEqual([
      ["success", "taken"],
      ["error", "not-taken"],
      ["cleanup", "taken"],
    ]);
  });
});

describe("graphs", () => {
  const graph = node("0", "graph", {
    state: "RUNNING",
    children: [node("0.0.2", "task", { visits: 3 }), node("0.1", "node", { state: "SKIPPED" }), node("0.2.0", "approval", { state: "AWAITING" })],
  });
  const edges = new Map([
    ["0", [edge("0/S", "0.0", { taken: 1 }), edge("0.0", "0.0", { taken: 2, label: "again" }), edge("0.0", "0.1"), edge("0.0", "0.2", { taken: 1, kind: "condition" }), edge("0.2", "0/E")]],
  ]);

  it("draws the visits of a node as one box, and names the visit that the API knows", () => {
    expect(slot("0", "0.0.2")).toBe("0.0");
    const { boxes } = draw(graph, edges, nothing);
    expect(boxes.find(({ id }) => id === "0.0")).toMatchObject({ node: "0.0.2", visits: 3, parent: "0" });
  });

  it("adds where it begins and ends, once each", () => {
    const { boxes } = draw(graph, edges, nothing);
    expect(boxes.filter(({ kind }) => kind === "start" || kind === "end").map(({ name }) => name)).toEqual(["START", "END"]);
  });

  it("tells the way that was taken from those that may be and those that will not be", () => {
    const { lines } = draw(graph, edges, nothing);
    expect(lines.map(({ way, count }) => [way, count])).toEqual([["taken", 1], ["taken", 2], ["not-taken", 0], ["taken", 1], ["open", 0]]);
  });

  it("finds the graphs inside of graphs", () => {
    const outer = node("0", "chain", { children: [graph, node("0.1", "graph", { children: [node("0.1.0.0", "graph")] })] });
    expect(graphsOf(outer)).toEqual(["0", "0.1", "0.1.0.0"]);
  });

  it("leaves out a line to a box that is not drawn", () => {
    const folded = draw(graph, edges, new Map([["0", false]]));
    expect([folded.boxes.length, folded.lines.length]).toEqual([1, 0]);
  });
});

describe("the layout's key", () => {
  it("does not change with states and counts, and does with the form", () => {
    const before = draw(chain, noEdges, nothing).shape;
    const later = { ...chain, children: (chain.children ?? []).map((child) => ({ ...child, state: "SUCCEEDED" as const })) };
    expect(draw(later, noEdges, nothing).shape).toBe(before);
    expect(draw({ ...chain, children: (chain.children ?? []).slice(1) }, noEdges, nothing).shape).not.toBe(before);
    expect(draw(chain, noEdges, new Map([["0", false]])).shape).not.toBe(before);
  });
});

describe("the arrow keys", () => {
  const { lines } = draw(chain, noEdges, nothing);
  const places = new Map([["0.0", { x: 0, y: 0 }], ["0.1", { x: 100, y: 0 }], ["0.2", { x: 200, y: 0 }], ["below", { x: 10, y: 80 }]]);

  it("follow the lines, else go to the nearest box", () => {
    expect(neighbour("0.0", "ArrowRight", lines, places)).toBe("0.1");
    expect(neighbour("0.2", "ArrowLeft", lines, places)).toBe("0.1");
    expect(neighbour("0.0", "ArrowDown", lines, places)).toBe("below");
    expect(neighbour("0.0", "ArrowUp", lines, places)).toBeNull();
    expect(neighbour("nowhere", "ArrowUp", lines, places)).toBeNull();
  });
});
