/** Two versions in one drawing: what was added, removed and changed. Pure. */
import { nestedIn, type EdgeEntry, type GraphBody, type GraphDocument } from "./document";
import { branchesOf, labelOf, linesOf, type Branch, type Line } from "./lines";

export type Change = "added" | "removed" | "changed";

export interface Comparison {
  /** The newer graph with the removed parts of the older one. */
  document: GraphDocument;
  nodes: Map<string, Change>;
  lines: Map<string, Change>;
}

export function compared(old: GraphDocument, now: GraphDocument): Comparison {
  const nodes = new Map<string, Change>();
  const before = new Map(old.nodes.map((node) => [node.name, node]));
  const after = new Set(now.nodes.map((node) => node.name));
  for (const node of now.nodes) {
    const known = before.get(node.name);
    if (!known) nodes.set(node.name, "added");
    else if (stable(known) !== stable(node)) nodes.set(node.name, "changed");
  }
  const gone = old.nodes.filter((node) => !after.has(node.name));
  for (const node of gone) nodes.set(node.name, "removed");
  const { edges, lines } = mergedEdges(old, now);
  return { document: { ...now, nodes: [...now.nodes, ...gone], edges }, nodes, lines };
}

function mergedEdges(old: GraphBody, now: GraphBody): { edges: EdgeEntry[]; lines: Map<string, Change> } {
  const lines = new Map<string, Change>();
  const left = linesOf(old);
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

/** Names of nested graphs that differ, for a hint: the canvas shows only the outermost graph. */
export function changedGraphs(comparison: Comparison): string[] {
  return comparison.document.nodes.filter((node) => comparison.nodes.get(node.name) === "changed" && nestedIn(node)).map((node) => node.name);
}
