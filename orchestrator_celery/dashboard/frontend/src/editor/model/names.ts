/** Names of nodes: free ones, and a new name with all references to the old one. */
import { graphAt, patched, withGraphAt, type EdgeEntry, type Expression, type GraphBody, type Layout, type NodeEntry, type Path, type Sheet } from "./document";
import { renameInExpression } from "./expressions";

const ALLOWED = /^(?!__)[\p{L}\p{N}_](?:[\p{L}\p{N}_ .-]*[\p{L}\p{N}_])?$/u;
const LONGEST = 80;

/** Why a name is not allowed for a node; null if it is. */
export function nameProblem(graph: GraphBody, name: string, own: string | null): string | null {
  if (!name) return "Give the node a name.";
  if (name.length > LONGEST) return `Use at most ${LONGEST} characters.`;
  if (!ALLOWED.test(name)) return "Use letters, digits and underscores; blanks, points and hyphens only between them.";
  if (name !== own && graph.nodes.some((node) => node.name === name)) return `There is another node ${JSON.stringify(name)}: choose another name.`;
  return null;
}

/** A name that no node of the graph has, made of a wished one. */
export function freeName(taken: Iterable<string>, wish: string): string {
  const known = new Set(taken);
  const cleaned = wish.replace(/[^\p{L}\p{N}_ .-]+/gu, "_").replace(/^[_ .-]+|[ .-]+$/gu, "").slice(0, LONGEST - 4);
  const stem = cleaned || "node";
  if (!known.has(stem)) return stem;
  const bare = stem.replace(/ \d+$/, "");
  for (let number = 2; ; number += 1) if (!known.has(`${bare} ${number}`)) return `${bare} ${number}`;
}

/** Renames a node in its graph: in edges, conditions, inputs, map_over, and in the layout. */
export function renameNode(sheet: Sheet, path: Path, from: string, to: string): Sheet {
  const graph = graphAt(sheet.document, path);
  if (!graph || from === to) return sheet;
  const document = withGraphAt(sheet.document, path, (old) => ({ ...old, nodes: old.nodes.map((node) => renamedNode(node, from, to)), edges: old.edges.map((edge) => renamedEdge(edge, from, to)) }));
  return { document, layout: renamedLayout(sheet.layout, [...path, from].join("/"), [...path, to].join("/")) };
}

export function renamedNode(node: NodeEntry, from: string, to: string): NodeEntry {
  const change: Partial<NodeEntry> = {};
  if (node.name === from) change.name = to;
  if (node.map_over !== undefined) change.map_over = renameInExpression(node.map_over, from, to);
  if (node.inputs) change.inputs = mapValues(node.inputs, (value) => renameInExpression(value, from, to));
  return same(node, change) ? node : patched(node, change);
}

export function renamedEdge(edge: EdgeEntry, from: string, to: string): EdgeEntry {
  const end = (name: string): string => (name === from ? to : name);
  const change: Partial<EdgeEntry> = { from: end(edge.from) };
  if (edge.to !== undefined) change.to = end(edge.to);
  if (edge.otherwise !== undefined) change.otherwise = end(edge.otherwise);
  if (edge.keys) change.keys = edge.keys.map(([key, target]) => [key, end(target)]);
  if (edge.when) change.when = edge.when.map(([condition, target]) => [renameInExpression(condition, from, to), end(target)]);
  return same(edge, change) ? edge : patched(edge, change);
}

function renamedLayout(layout: Layout, from: string, to: string): Layout {
  const nodes = Object.fromEntries(Object.entries(layout.nodes).map(([key, place]) => [key === from ? to : key.startsWith(`${from}/`) ? `${to}${key.slice(from.length)}` : key, place]));
  return { ...layout, nodes };
}

function mapValues(object: Record<string, Expression>, change: (value: Expression) => Expression): Record<string, Expression> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function same<T extends object>(object: T, change: Partial<T>): boolean {
  return JSON.stringify({ ...object, ...change }) === JSON.stringify(object);
}
