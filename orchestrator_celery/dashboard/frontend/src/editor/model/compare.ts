/** Two versions in one drawing: what was added, removed and changed. Pure. */
import { nestedIn, type EdgeEntry, type GraphBody, type GraphDocument, type Json, type NodeEntry, type Path } from "./document";
import { branchesOf, labelOf, linesOf, type Branch, type Line } from "./lines";

export type Change = "added" | "removed" | "changed";

/** What to mark in one graph. */
export interface Changes {
  nodes: ReadonlyMap<string, Change>;
  lines: ReadonlyMap<string, Change>;
}

export interface Comparison {
  /** The newer graph with the removed parts of the older one; nested graphs too. */
  document: GraphDocument;
  /** The marks of each graph by `pathKey`, as far as something differs in it. */
  graphs: ReadonlyMap<string, Changes>;
}

export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

export function compared(old: GraphDocument, now: GraphDocument): Comparison {
  const graphs = new Map<string, Changes>();
  return { document: merged(old, now, [], graphs) as GraphDocument, graphs };
}

const EMPTY: GraphBody = { nodes: [], edges: [] };

function merged(old: GraphBody, now: GraphBody, path: Path, graphs: Map<string, Changes>): GraphBody {
  const changes = new Map<string, Change>();
  const before = new Map(old.nodes.map((node) => [node.name, node]));
  const after = new Set(now.nodes.map((node) => node.name));
  for (const node of now.nodes) {
    const known = before.get(node.name);
    if (!known) changes.set(node.name, "added");
    else if (stable(known) !== stable(node)) changes.set(node.name, "changed");
  }
  const gone = old.nodes.filter((node) => !after.has(node.name));
  for (const node of gone) changes.set(node.name, "removed");
  const { edges, lines } = mergedEdges(old, now);
  if (changes.size || lines.size) graphs.set(pathKey(path), { nodes: changes, lines });
  const whole = (node: NodeEntry, from: NodeEntry | undefined, to: NodeEntry | undefined): NodeEntry => {
    const inner = nestedIn(node);
    if (!inner || !node.signature || !changes.has(node.name)) return node;
    const body = merged(nestedIn(from) ?? EMPTY, nestedIn(to) ?? EMPTY, [...path, node.name], graphs);
    return { ...node, signature: { ...node.signature, kwargs: { ...inner, nodes: body.nodes, edges: body.edges } as unknown as Record<string, Json> } };
  };
  const nodes = [...now.nodes.map((node) => whole(node, before.get(node.name), node)), ...gone.map((node) => whole(node, node, undefined))];
  return { ...now, nodes, edges };
}

function mergedEdges(old: GraphBody, now: GraphBody): { edges: EdgeEntry[]; lines: Map<string, Change> } {
  const lines = new Map<string, Change>();
  const left = [...linesOf(old)];
  const fresh: Line[] = [];
  for (const line of linesOf(now)) {
    const same = left.findIndex((other) => other.source === line.source && other.target === line.target && other.kind === line.kind && other.label === line.label);
    if (same < 0) fresh.push(line);
    else left.splice(same, 1);
  }
  for (const line of fresh) {
    const other = left.findIndex(({ source, target }) => source === line.source && target === line.target);
    lines.set(line.id, other < 0 ? "added" : "changed");
    if (other >= 0) left.splice(other, 1);
  }
  const edges = [...now.edges];
  for (const line of left) {
    const declaration = old.edges[line.edge];
    if (!declaration) continue;
    edges.push(alone(declaration, line.branch));
    lines.set(`${edges.length - 1}:${branchesOf(edges.at(-1) as EdgeEntry)[0]?.branch ?? "to"}`, "removed");
  }
  return { edges, lines };
}

/** A declaration with only one of its targets. */
function alone(edge: EdgeEntry, branch: Branch): EdgeEntry {
  if (branch === "to") return edge;
  if (branch === "otherwise") return { from: edge.from, keys: [[labelOf(edge, branch), edge.otherwise ?? ""]] };
  return edge.when ? { from: edge.from, when: edge.when.slice(branch, branch + 1) } : { from: edge.from, keys: (edge.keys ?? []).slice(branch, branch + 1) };
}

/** The same text for equal values, whatever the order of their keys. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part !== null && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1))) : part));
}

/** The paths of nested graphs that differ. */
export function changedGraphs(comparison: Comparison): Path[] {
  return [...comparison.graphs.keys()].map((key) => JSON.parse(key) as Path).filter((path) => path.length);
}
