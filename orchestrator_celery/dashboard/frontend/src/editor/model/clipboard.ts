/** Copied nodes as JSON text, so that they can be pasted into another graph, another window, or a chat. */
import { graphAt, isObject, placeKey, unreadable, VERSION, withGraphAt, type EdgeEntry, type GraphBody, type NodeEntry, type Path, type Point, type Sheet } from "./document";
import { withoutBranches } from "./edges";
import { drawnNames } from "./commands";
import { isMarker } from "./lines";
import { freeName, renamedEdge, renamedNode } from "./names";

const KIND = "orchestrator-graph-part";

interface Part {
  kind: typeof KIND;
  nodes: NodeEntry[];
  /** Only the edges between the copied nodes. */
  edges: EdgeEntry[];
  layout: Record<string, Point>;
}

/** The chosen nodes with the edges between them as text; null if nothing is chosen. */
export function copied(sheet: Sheet, path: Path, names: ReadonlySet<string>): string | null {
  const graph = graphAt(sheet.document, path);
  const nodes = graph?.nodes.filter((node) => names.has(node.name)) ?? [];
  if (!graph || !nodes.length) return null;
  const known = new Set(nodes.map((node) => node.name));
  const edges = graph.edges.flatMap((edge) => {
    const left = known.has(edge.from) ? withoutBranches(edge, (_, target) => !known.has(target)) : null;
    return left ? [left] : [];
  });
  const layout: Record<string, Point> = {};
  for (const name of known)
    for (const [key, place] of Object.entries(sheet.layout.nodes)) {
      const own = placeKey(path, name);
      if (key === own || key.startsWith(`${own}/`)) layout[`${name}${key.slice(own.length)}`] = place;
    }
  const part: Part = { kind: KIND, nodes, edges, layout };
  return JSON.stringify(part, null, 2);
}

/** Reads copied nodes, or a whole document; null if the text is neither. */
export function readPart(text: string): Part | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { nodes, edges } = value;
  if (unreadable({ version: value["version"] ?? VERSION, nodes, edges })) return null;
  if (value["kind"] !== KIND && value["version"] === undefined) return null;
  const layout = isObject(value["layout"]) ? (value["layout"] as Record<string, Point>) : {};
  const places = Object.fromEntries(Object.entries(layout).filter(([, place]) => isObject(place) && Number.isFinite(place.x) && Number.isFinite(place.y)));
  return { kind: KIND, nodes: nodes as NodeEntry[], edges: edges as EdgeEntry[], layout: places };
}

/** Pastes nodes beside their originals, under free names; edges and conditions among them follow the new names. */
export function pasted(sheet: Sheet, path: Path, text: string, shift = 32): { sheet: Sheet; names: string[] } | null {
  const part = readPart(text);
  const graph = graphAt(sheet.document, path);
  if (!part || !graph || !part.nodes.length) return null;
  const taken = new Set(drawnNames(graph));
  const renames = new Map<string, string>();
  for (const { name } of part.nodes) {
    const free = freeName(taken, name);
    taken.add(free);
    renames.set(name, free);
  }
  const known = new Set(part.nodes.map((node) => node.name));
  const between = part.edges.flatMap((edge) => {
    const left = known.has(edge.from) ? withoutBranches(edge, (_, target) => !known.has(target) || isMarker(target)) : null;
    return left ? [left] : [];
  });
  const nodes = renamedAll(part.nodes, renames, renamedNode);
  const edges = renamedAll(between, renames, renamedEdge);
  const layout = { ...sheet.layout.nodes };
  for (const [key, place] of Object.entries(part.layout)) {
    const [name = "", ...inner] = key.split("/");
    const free = renames.get(name);
    if (free) layout[placeKey(path, [free, ...inner].join("/"))] = inner.length ? place : { x: place.x + shift, y: place.y + shift };
  }
  const document = withGraphAt(sheet.document, path, (old: GraphBody) => ({ ...old, nodes: [...old.nodes, ...nodes], edges: [...old.edges, ...edges] }));
  return { sheet: { document, layout: { ...sheet.layout, nodes: layout } }, names: [...renames.values()] };
}

/** Renames in two steps, so that a new name that is the old one of another node is not taken for it. */
function renamedAll<T>(parts: T[], renames: ReadonlyMap<string, string>, rename: (part: T, from: string, to: string) => T): T[] {
  const changed = [...renames].filter(([from, to]) => from !== to);
  return parts.map((part) => {
    let next = part;
    for (const [index, [from]] of changed.entries()) next = rename(next, from, `\u0000${index}`);
    for (const [index, [, to]] of changed.entries()) next = rename(next, `\u0000${index}`, to);
    return next;
  });
}
