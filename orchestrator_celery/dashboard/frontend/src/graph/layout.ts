/** Where boxes and lines stand: elk's layered layout in a worker, cached by the shape of the drawing. */
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api.js";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import type { Box, Drawing } from "./model";

export interface Place {
  /** Relative to the box around it. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Route {
  points: { x: number; y: number }[];
  label: { x: number; y: number } | null;
}

export interface Layout {
  places: Map<string, Place>;
  routes: Map<string, Route>;
  width: number;
  height: number;
}

const HEAD = 34;
const cache = new Map<string, Promise<Layout>>();
let elk: InstanceType<typeof ELK> | null = null;

/** The size of a closed box; the layout decides the size of an open one. */
export function sizeOf(box: Box): { width: number; height: number } {
  if (box.kind === "start" || box.kind === "end") return { width: 58, height: 26 };
  if (box.kind === "more") return { width: 110, height: 30 };
  if (box.kind === "swarm") return { width: 196, height: 82 };
  if (box.foldable) return { width: 190, height: 62 };
  return { width: 172, height: 54 };
}

export function labelWidth(text: string): number {
  return Math.min(190, 12 + text.length * 6);
}

export function layout(drawing: Drawing): Promise<Layout> {
  const known = cache.get(drawing.shape);
  if (known) return known;
  const made = compute(drawing);
  cache.set(drawing.shape, made);
  // A failed layout is tried again.
  made.catch(() => cache.delete(drawing.shape));
  if (cache.size > 60) for (const key of [...cache.keys()].slice(0, 20)) cache.delete(key);
  return made;
}

async function compute(drawing: Drawing): Promise<Layout> {
  // One box, such as a whole swarm, has its place without the large program that places many.
  const [only, ...others] = drawing.boxes;
  if (only && !only.open && others.length === 0) {
    const size = sizeOf(only);
    return { places: new Map([[only.id, { x: 0, y: 0, ...size }]]), routes: new Map(), ...size };
  }
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) });
  const root = await elk.layout(toElk(drawing));
  return fromElk(root);
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "40",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "16",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.spacing.componentComponent": "26",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.nodePlacement.favorStraightEdges": "true",
  "elk.edgeLabels.inline": "false",
} as const;

/** A long group is a column or, above a dozen, a block of columns. */
function optionsOf(box: Box, drawing: Drawing): Record<string, string> {
  const padding = `[top=${HEAD + 10},left=16,bottom=16,right=16]`;
  const inner = drawing.lines.some((line) => drawing.boxes.find((each) => each.id === line.source)?.parent === box.id);
  if (inner || box.kind === "graph") return { ...OPTIONS, "elk.padding": padding };
  return { "elk.algorithm": "rectpacking", "elk.padding": padding, "elk.spacing.nodeNode": "14", "elk.aspectRatio": box.children > 12 ? "1.6" : "0.4" };
}

function toElk(drawing: Drawing): ElkNode {
  const inside = new Map<string | null, Box[]>();
  for (const box of drawing.boxes) inside.set(box.parent, [...(inside.get(box.parent) ?? []), box]);
  const parents = new Map(drawing.boxes.map((box) => [box.id, box.parent]));
  const edges = new Map<string | null, ElkExtendedEdge[]>();
  for (const line of drawing.lines) {
    const parent = parents.get(line.source) ?? null;
    if (parent !== (parents.get(line.target) ?? null)) continue;
    const labels = line.label ? [{ text: line.label, width: labelWidth(line.label), height: 16 }] : [];
    edges.set(parent, [...(edges.get(parent) ?? []), { id: line.id, sources: [line.source], targets: [line.target], labels }]);
  }
  const node = (box: Box): ElkNode =>
    box.open
      ? { id: box.id, layoutOptions: optionsOf(box, drawing), children: (inside.get(box.id) ?? []).map(node), edges: edges.get(box.id) ?? [] }
      : { id: box.id, ...sizeOf(box) };
  return { id: "root", layoutOptions: { ...OPTIONS, "elk.padding": "[top=0,left=0,bottom=0,right=0]" }, children: (inside.get(null) ?? []).map(node), edges: edges.get(null) ?? [] };
}

function fromElk(root: ElkNode): Layout {
  const places = new Map<string, Place>();
  const routes = new Map<string, Route>();
  const visit = (node: ElkNode, x: number, y: number): void => {
    for (const edge of node.edges ?? []) {
      const section = edge.sections?.[0];
      if (!section) continue;
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map((point) => ({ x: point.x + x, y: point.y + y }));
      const label = edge.labels?.[0];
      routes.set(edge.id, { points, label: label?.x === undefined ? null : { x: label.x + x, y: (label.y ?? 0) + y } });
    }
    for (const child of node.children ?? []) {
      places.set(child.id, { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 });
      visit(child, x + (child.x ?? 0), y + (child.y ?? 0));
    }
  };
  visit(root, 0, 0);
  return { places, routes, width: root.width ?? 0, height: root.height ?? 0 };
}

/** A path through points with round corners. */
export function roundPath(points: readonly { x: number; y: number }[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  rest.forEach((point, index) => {
    const before = points[index];
    const after = rest[index + 1];
    if (!before || !after) {
      path += `L${point.x} ${point.y}`;
      return;
    }
    const cut = (to: { x: number; y: number }): { x: number; y: number } => {
      const length = Math.hypot(to.x - point.x, to.y - point.y) || 1;
      const far = Math.min(radius, length / 2);
      return { x: point.x + ((to.x - point.x) * far) / length, y: point.y + ((to.y - point.y) * far) / length };
    };
    const from = cut(before);
    const to = cut(after);
    path += `L${from.x} ${from.y}Q${point.x} ${point.y} ${to.x} ${to.y}`;
  });
  return path;
}
