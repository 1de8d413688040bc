/** What the canvas shows of a dry run or a test run: states of nodes, lines that were taken, and values. Pure. */
import type { Schemas } from "@/api/client";
import type { DryRun, Step } from "../api";
import { END, START, type GraphBody, type Json, type Path } from "../model/document";
import { linesOf, type Line } from "../model/lines";

type NodeView = Schemas["NodeView"];
type GraphEdge = Schemas["GraphEdge"];

export interface NodeTrial {
  state: string;
  visits: number;
  /** The result as one short line; null if nothing is known of it. */
  value: string | null;
  /** No stand-in result was given, so null was taken. */
  assumed: boolean;
  /** The id of the node in the run; null in a dry run. */
  id: string | null;
}

export interface Trial {
  /** The graph of which this tells; a dry run shows the outermost one, a test run the one that is open. */
  path: Path;
  nodes: ReadonlyMap<string, NodeTrial>;
  /** How often each line was taken. */
  lines: ReadonlyMap<string, number>;
}

const LONGEST = 60;

export function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The first steps of a dry run as marks of the canvas. */
export function ofSteps(graph: GraphBody, run: DryRun, steps: number): Trial {
  const nodes = new Map<string, NodeTrial>();
  const lines = new Map<string, number>();
  const drawn = linesOf(graph);
  for (const step of run.steps.slice(0, steps)) {
    const failed = step.outcome === "failed";
    nodes.set(step.node, { state: failed ? "FAILED" : "SUCCEEDED", visits: step.visit, value: step.node === START ? null : short(step.value), assumed: step.assumed === true, id: null });
    for (const line of takenBy(drawn, step)) lines.set(line.id, (lines.get(line.id) ?? 0) + 1);
    if (step.targets.includes(END)) nodes.set(END, { state: "SUCCEEDED", visits: 1, value: null, assumed: false, id: null });
  }
  // A dry run need not tell of START: what leads to the first step was taken.
  if (steps > 0 && !nodes.has(START)) {
    nodes.set(START, { state: "SUCCEEDED", visits: 1, value: null, assumed: false, id: null });
    for (const line of drawn) if (line.source === START && line.kind === "always") lines.set(line.id, 1);
  }
  return { path: [], nodes, lines };
}

function takenBy(drawn: readonly Line[], step: Step): Line[] {
  const found = drawn.filter((line) => step.edges.includes(line.edge) && step.targets.includes(line.target));
  // Two conditions of one rule may lead to the same node: the first stands for both.
  return found.filter((line, index) => found.findIndex((other) => other.edge === line.edge && other.target === line.target) === index);
}

/** The visit of the graph at a path in the tree of a run; null while the run has not come there. */
export function viewAt(tree: NodeView, path: Path): NodeView | null {
  let view: NodeView | undefined = tree;
  for (const name of path) {
    const children: readonly NodeView[] = view?.children ?? [];
    view = children.find((child) => child.name === name);
    // A graph that runs once for each element: the element that was begun last.
    if (view?.kind === "map") view = view.children?.findLast((child) => child.started) ?? view.children?.[0];
    if (view?.kind !== "graph") return null;
  }
  return view ?? null;
}

/** What is marked in a graph to which a test run has not come. */
export function untouched(path: Path): Trial {
  return { path, nodes: new Map(), lines: new Map() };
}

/** A test run as marks of the canvas: the graph at a path, from its visit in the tree of the run and its edges. */
export function ofRun(graph: GraphBody, path: Path, tree: NodeView, edges: readonly GraphEdge[], values: ReadonlyMap<string, Json>): Trial {
  const nodes = new Map<string, NodeTrial>();
  const names = new Map<string, string>();
  const slot = (id: string): string => id.slice(tree.id.length + 1).split(".")[0] ?? "";
  for (const child of tree.children ?? []) {
    names.set(slot(child.id), child.name);
    const value = values.get(child.id);
    const told = child.error && child.state === "FAILED" ? `${child.error.type}: ${child.error.message}` : value === undefined ? null : short(value);
    nodes.set(child.name, { state: child.state, visits: child.visits ?? 1, value: told, assumed: false, id: child.id });
  }
  names.set("S", START);
  names.set("$", END);
  const lines = new Map<string, number>();
  // Both lists follow the declarations; edges of one pair of nodes are told apart by their order.
  const waiting = [...edges];
  for (const line of linesOf(graph)) {
    const index = waiting.findIndex((edge) => names.get(slot(edge.source)) === line.source && names.get(slot(edge.target)) === line.target);
    const [edge] = index < 0 ? [] : waiting.splice(index, 1);
    if (edge?.taken) lines.set(line.id, edge.taken);
  }
  nodes.set(START, { state: "SUCCEEDED", visits: 1, value: null, assumed: false, id: null });
  if (tree.state === "SUCCEEDED") nodes.set(END, { state: "SUCCEEDED", visits: 1, value: null, assumed: false, id: null });
  return { path, nodes, lines };
}
