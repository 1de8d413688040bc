/** Where nodes stand: sizes, places of those that have none, aligning. Pure; `layout-graph.ts` asks elk. */
import { END, nestedIn, placeKey, START, SWARM, type GraphBody, type Layout, type NodeEntry, type Path, type Point, type Sheet } from "./document";
import { drawnNames } from "./commands";
import { linesOf } from "./lines";

export interface Size {
  width: number;
  height: number;
}

const GAP = { x: 84, y: 34 };

export function sizeOf(name: string, node: NodeEntry | undefined): Size {
  if (name === START || name === END) return { width: 62, height: 28 };
  if (node && (nestedIn(node) || node.signature?.subtask_type === SWARM)) return { width: 196, height: 58 };
  return { width: 184, height: 58 };
}

/** The last answer: one change of a large graph asks for the same places several times. */
let last: { graph: GraphBody; at: string; layout: Layout; found: ReadonlyMap<string, Point> } | null = null;

/** The places of all that is drawn. What has no place stands right of what leads to it, below what stands there. */
export function placesOf(graph: GraphBody, path: Path, layout: Layout): ReadonlyMap<string, Point> {
  const at = JSON.stringify(path);
  if (last?.graph !== graph || last.layout !== layout || last.at !== at) last = { graph, at, layout, found: foundPlaces(graph, path, layout) };
  return last.found;
}

function foundPlaces(graph: GraphBody, path: Path, layout: Layout): Map<string, Point> {
  const found = new Map<string, Point>();
  const entries = new Map(graph.nodes.map((node) => [node.name, node]));
  const missing: string[] = [];
  for (const name of drawnNames(graph)) {
    const place = layout.nodes[placeKey(path, name)];
    if (place && Number.isFinite(place.x) && Number.isFinite(place.y)) found.set(name, place);
    else missing.push(name);
  }
  if (!missing.length) return found;
  const before = new Map<string, string[]>();
  for (const line of linesOf(graph)) before.set(line.target, [...(before.get(line.target) ?? []), line.source]);
  const taken = new Set([...found.values()].map(({ x, y }) => `${Math.round(x / 100)}|${Math.round(y / 60)}`));
  // START first, END last: END stands right of everything.
  for (const name of [...missing.filter((each) => each !== END), ...missing.filter((each) => each === END)]) {
    const sources = name === END ? [...found.keys()] : (before.get(name) ?? []).filter((each) => found.has(each));
    const corner = sources.map((each) => ({ x: (found.get(each)?.x ?? 0) + sizeOf(each, entries.get(each)).width + GAP.x, y: found.get(each)?.y ?? 0 }));
    const x = name === START ? Math.min(0, ...[...found.values()].map((place) => place.x - 62 - GAP.x)) : Math.max(146, ...corner.map((place) => place.x));
    let y = name === START || name === END ? 15 + Math.min(...[0, ...corner.map((place) => place.y)]) : Math.min(...(corner.length ? corner.map((place) => place.y) : [0]));
    while (taken.has(`${Math.round(x / 100)}|${Math.round(y / 60)}`)) y += sizeOf(name, entries.get(name)).height + GAP.y;
    taken.add(`${Math.round(x / 100)}|${Math.round(y / 60)}`);
    found.set(name, { x, y });
  }
  return found;
}

/** Whether no node of the graph has a place, so that the automatic layout decides. */
export function isUnplaced(graph: GraphBody, path: Path, layout: Layout): boolean {
  return graph.nodes.length > 0 && !graph.nodes.some((node) => layout.nodes[placeKey(path, node.name)]);
}

export type Alignment = "left" | "center" | "right" | "top" | "middle" | "bottom" | "row" | "column";

/** New places of nodes: on one edge or middle line, or with equal distances. */
export function aligned(graph: GraphBody, places: ReadonlyMap<string, Point>, names: readonly string[], how: Alignment): Map<string, Point> {
  const boxes = names.flatMap((name) => {
    const place = places.get(name);
    return place ? [{ name, ...place, ...sizeOf(name, graph.nodes.find((node) => node.name === name)) }] : [];
  });
  if (boxes.length < 2) return new Map();
  const left = Math.min(...boxes.map((box) => box.x));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const top = Math.min(...boxes.map((box) => box.y));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  if (how === "row" || how === "column") return spread(boxes, how === "row" ? "x" : "y", how === "row" ? { low: left, high: right } : { low: top, high: bottom });
  const place = (box: Point & Size): Point =>
    ({
      left: { x: left, y: box.y },
      center: { x: (left + right - box.width) / 2, y: box.y },
      right: { x: right - box.width, y: box.y },
      top: { x: box.x, y: top },
      middle: { x: box.x, y: (top + bottom - box.height) / 2 },
      bottom: { x: box.x, y: bottom - box.height },
    })[how];
  return new Map(boxes.map((box) => [box.name, place(box)]));
}

function spread(boxes: (Point & Size & { name: string })[], axis: "x" | "y", { low, high }: { low: number; high: number }): Map<string, Point> {
  const length = axis === "x" ? "width" : "height";
  const sorted = [...boxes].sort((one, other) => one[axis] - other[axis]);
  const free = high - low - sorted.reduce((sum, box) => sum + box[length], 0);
  const gap = Math.max(20, free / (sorted.length - 1));
  let at = low;
  return new Map(
    sorted.map((box) => {
      const place = { x: box.x, y: box.y, [axis]: at };
      at += box[length] + gap;
      return [box.name, { x: place.x, y: place.y }];
    }),
  );
}

/** The order in which Tab goes from node to node: from left to right, then from top to bottom. */
export function readingOrder(places: ReadonlyMap<string, Point>): string[] {
  return [...places].sort(([, one], [, other]) => Math.round(one.x / 60) - Math.round(other.x / 60) || one.y - other.y).map(([name]) => name);
}

/** The place, or the next one below it at which no node stands. */
export function freePlace(places: ReadonlyMap<string, Point>, { x, y: wished }: Point): Point {
  let y = wished;
  while ([...places.values()].some((place) => Math.abs(place.x - x) < 190 && Math.abs(place.y - y) < 64)) y += 58 + GAP.y;
  return { x, y };
}

/** The free space right of a node, for what is added after it. */
export function placeAfter(graph: GraphBody, places: ReadonlyMap<string, Point>, name: string): Point {
  const from = places.get(name) ?? { x: 0, y: 0 };
  const x = from.x + sizeOf(name, graph.nodes.find((node) => node.name === name)).width + GAP.x;
  return freePlace(places, { x, y: name === START ? from.y - 15 : from.y });
}

/** The places of the nodes that there are, with those of nested graphs; what is saved beside the document. */
export function savedLayout({ document, layout }: Sheet): Layout {
  const known = new Set<string>();
  const visit = (graph: GraphBody, path: Path): void => {
    for (const name of drawnNames(graph)) known.add(placeKey(path, name));
    for (const node of graph.nodes) {
      const inner = nestedIn(node);
      if (inner) visit(inner, [...path, node.name]);
    }
  };
  visit(document, []);
  return { nodes: Object.fromEntries(Object.entries(layout.nodes).filter(([key]) => known.has(key))) };
}
