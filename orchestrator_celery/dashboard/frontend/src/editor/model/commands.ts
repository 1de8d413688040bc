/** Commands on the nodes of a graph. Each takes a state and returns the next one; the history keeps both. */
import { END, GRAPH, graphAt, nestedIn, patched, placeKey, START, SWARM, withGraphAt, type ApprovalBody, type GraphBody, type Layout, type NodeEntry, type Path, type Point, type Sheet, type Signature } from "./document";
import { withoutBranches } from "./edges";
import { isMarker, linesOf, type Branch } from "./lines";
import { freeName } from "./names";

/** What the palette offers. */
export type Piece = { kind: "task"; task: string } | { kind: "swarm" } | { kind: "approval" } | { kind: "graph" };

export function changeGraph(sheet: Sheet, path: Path, change: (graph: GraphBody) => GraphBody): Sheet {
  const before = graphAt(sheet.document, path);
  if (!before) return sheet;
  const after = change(before);
  return after === before ? sheet : { ...sheet, document: withGraphAt(sheet.document, path, () => after) };
}

export function signatureOf(task: string): Signature {
  return { task, args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false };
}

/** A new node of a kind, without its name. */
function bodyOf(piece: Piece): { wish: string; body: { signature: Signature } | { approval: ApprovalBody } } {
  if (piece.kind === "approval") return { wish: "approval", body: { approval: {} } };
  if (piece.kind === "graph") return { wish: "graph", body: { signature: graphSignature({ nodes: [], edges: [] }) } };
  if (piece.kind === "swarm") return { wish: "swarm", body: { signature: { ...signatureOf(SWARM), kwargs: { tasks: [] }, subtask_type: SWARM } } };
  return { wish: piece.task.split(".").at(-1) ?? piece.task, body: { signature: signatureOf(piece.task) } };
}

export function graphSignature(graph: GraphBody): Signature {
  return { ...signatureOf(GRAPH), kwargs: graph as unknown as NonNullable<Signature["kwargs"]>, subtask_type: GRAPH };
}

/** Adds a node; from a node without a way on, an edge leads to it. */
export function addNode(sheet: Sheet, path: Path, piece: Piece, place: Point, after: string | null = null): { sheet: Sheet; name: string } {
  const graph = graphAt(sheet.document, path);
  const { wish, body } = bodyOf(piece);
  const name = freeName(graph?.nodes.map((node) => node.name) ?? [], wish);
  const follows = after !== null && after !== END && graph !== null && !graph.edges.some((edge) => edge.from === after && edge.error === undefined);
  const source = graph?.nodes.find((node) => node.name === after);
  const edge = source?.approval ? { from: after ?? "", keys: [["approved", name] as [string, string]], mode: "first" as const } : { from: after ?? "", to: name };
  const next = changeGraph(sheet, path, (old) => ({ ...old, nodes: [...old.nodes, { name, ...body }], edges: follows ? [...old.edges, edge] : old.edges }));
  return { sheet: { ...next, layout: moved(next.layout, path, new Map([[name, place]])) }, name };
}

/** Deletes nodes with their edges, and single lines. */
export function deleteParts(sheet: Sheet, path: Path, names: ReadonlySet<string>, lines: ReadonlySet<string>): Sheet {
  const graph = graphAt(sheet.document, path);
  if (!graph) return sheet;
  const gone = new Set([...names].filter((name) => !isMarker(name)));
  const chosen = new Map<number, Set<Branch>>();
  for (const line of linesOf(graph)) if (lines.has(line.id)) chosen.set(line.edge, (chosen.get(line.edge) ?? new Set()).add(line.branch));
  if (!gone.size && !chosen.size) return sheet;
  const edges = graph.edges.flatMap((edge, index) => {
    if (gone.has(edge.from)) return [];
    const left = withoutBranches(edge, (branch, target) => gone.has(target) || (chosen.get(index)?.has(branch) ?? false));
    return left ? [left] : [];
  });
  const next = changeGraph(sheet, path, (old) => ({ ...old, nodes: old.nodes.filter((node) => !gone.has(node.name)), edges }));
  const keys = [...gone].map((name) => placeKey(path, name));
  const nodes = Object.fromEntries(Object.entries(next.layout.nodes).filter(([key]) => !keys.some((each) => key === each || key.startsWith(`${each}/`))));
  return { ...next, layout: { ...next.layout, nodes } };
}

export function moveNodes(sheet: Sheet, path: Path, places: ReadonlyMap<string, Point>): Sheet {
  const changed = [...places].some(([name, place]) => {
    const old = sheet.layout.nodes[placeKey(path, name)];
    return old?.x !== Math.round(place.x) || old.y !== Math.round(place.y);
  });
  return changed ? { ...sheet, layout: moved(sheet.layout, path, places) } : sheet;
}

function moved(layout: Layout, path: Path, places: ReadonlyMap<string, Point>): Layout {
  const found = [...places].map(([name, { x, y }]): [string, Point] => [placeKey(path, name), { x: Math.round(x), y: Math.round(y) }]);
  return { ...layout, nodes: { ...layout.nodes, ...Object.fromEntries(found) } };
}

/** Changes fields of a node; `undefined` removes one. */
export function changeNode(sheet: Sheet, path: Path, name: string, change: Partial<{ [Key in keyof NodeEntry]: NodeEntry[Key] | undefined }>): Sheet {
  return changeGraph(sheet, path, (graph) => ({ ...graph, nodes: graph.nodes.map((node) => (node.name === name ? patched(node, change) : node)) }));
}

export function changeSignature(sheet: Sheet, path: Path, name: string, change: Partial<Signature>): Sheet {
  const node = graphAt(sheet.document, path)?.nodes.find((each) => each.name === name);
  return node?.signature ? changeNode(sheet, path, name, { signature: { ...node.signature, ...change } }) : sheet;
}

/** Changes fields of the graph itself; `undefined` removes one. */
export function changeFields(sheet: Sheet, path: Path, change: Partial<GraphBody>): Sheet {
  return changeGraph(sheet, path, (graph) => patched(graph, change));
}

/** Puts a whole graph, such as that of a template, into the one that is shown: as a nested graph, or instead of an empty one. */
export function insertGraph(sheet: Sheet, path: Path, graph: GraphBody, place: Point): { sheet: Sheet; name: string | null } {
  const target = graphAt(sheet.document, path);
  if (!target) return { sheet, name: null };
  if (!target.nodes.length) {
    return { sheet: changeGraph(sheet, path, (old) => patched({ ...old, ...graph }, { version: old["version"], name: old.name || graph.name })), name: null };
  }
  const body = patched(graph, { version: undefined });
  const name = freeName(target.nodes.map((node) => node.name), graph.name ?? "graph");
  const next = changeGraph(sheet, path, (old) => ({ ...old, nodes: [...old.nodes, { name, signature: graphSignature(body) }] }));
  return { sheet: { ...next, layout: moved(next.layout, path, new Map([[name, place]])) }, name };
}

/** The number of nodes at all depths. */
export function countNodes(graph: GraphBody): number {
  return graph.nodes.reduce((sum, node) => sum + 1 + (nestedIn(node) ? countNodes(nestedIn(node) as GraphBody) : 0), 0);
}

/** All that the canvas shows of a graph: its nodes, and the markers of begin and end. */
export function drawnNames(graph: GraphBody): string[] {
  return [START, ...graph.nodes.map((node) => node.name), END];
}
