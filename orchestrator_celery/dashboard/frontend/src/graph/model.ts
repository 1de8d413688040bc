/**
 * From the tree of a run and the edges of its graphs to what is drawn: boxes in boxes, and lines between them. Pure, so
 * that the view and the editor share it.
 */
import type { Schemas } from "@/api/client";

export type NodeView = Schemas["NodeView"];
export type GraphEdge = Schemas["GraphEdge"];

export type LineKind = "data" | "condition" | "otherwise" | "error" | "success" | "cleanup";

/** How a line looks: the way that was taken, one that will not be, or one that may be. */
export type Way = "taken" | "open" | "not-taken";

export interface Box {
  id: string;
  /** The id of the node of a visit, which is what the API knows; differs from `id` inside graphs. */
  node: string;
  kind: string;
  name: string;
  state: string;
  parent: string | null;
  /** A container that is open: its children are drawn inside it. */
  open: boolean;
  /** Whether it may be folded or unfolded. */
  foldable: boolean;
  children: number;
  visits: number;
  view: NodeView | null;
  /** Of the kind `run`: the run that stands in for a task that replaced itself. */
  run?: string;
}

export interface Line {
  id: string;
  source: string;
  target: string;
  kind: LineKind;
  label: string;
  way: Way;
  count: number;
}

export interface Drawing {
  boxes: Box[];
  lines: Line[];
  /** Equal for drawings that have the same layout: states and counts do not matter. */
  shape: string;
}

/** Containers with more nodes than this start folded. */
export const FOLD_ABOVE = 40;

const CONTAINERS = new Set(["chain", "group", "chord", "graph", "complex", "map"]);
const BEGUN = new Set(["RUNNING", "SUCCEEDED", "FAILED", "AWAITING", "INTERRUPTED", "QUEUED"]);

/** Where a node stands in its graph: visits of the same node share a box, so `0.3.1` is drawn as `0.3`. */
export function slot(graph: string, node: string): string {
  if (!node.startsWith(`${graph}.`)) return node;
  const [first] = node.slice(graph.length + 1).split(".");
  return `${graph}.${first ?? ""}`;
}

/** The ids of all graphs in a tree, whose edges the API has to tell. */
export function graphsOf(tree: NodeView): string[] {
  const found: string[] = [];
  const visit = (node: NodeView): void => {
    if (node.kind === "graph") found.push(node.id);
    for (const child of node.children ?? []) visit(child);
  };
  visit(tree);
  return found;
}

/** Which containers are open; what somebody chose counts more than the rule. */
export function isOpen(node: NodeView, chosen: ReadonlyMap<string, boolean>): boolean {
  if (!CONTAINERS.has(node.kind)) return false;
  return chosen.get(node.id) ?? (node.children_total ?? 0) <= FOLD_ABOVE;
}

export function draw(tree: NodeView, edges: ReadonlyMap<string, readonly GraphEdge[]>, chosen: ReadonlyMap<string, boolean>): Drawing {
  const boxes: Box[] = [];
  const lines: Line[] = [];
  const add = (view: NodeView, id: string, parent: string | null): void => {
    const open = isOpen(view, chosen);
    boxes.push({
      id,
      node: view.id,
      kind: view.kind,
      name: view.name,
      state: view.state,
      parent,
      open,
      foldable: CONTAINERS.has(view.kind) && (view.children_total ?? 0) > 0,
      children: view.children_total ?? 0,
      visits: view.visits ?? 1,
      view,
    });
    callbacks(view, id, parent);
    replacement(view, id, parent);
    if (!open) return;
    if (view.kind === "graph") graph(view, id);
    else inside(view, id);
  };
  const callbacks = (view: NodeView, id: string, parent: string | null): void => {
    for (const callback of view.callbacks ?? []) {
      add(callback, callback.id, parent);
      const letter = callback.id.split(".").at(-1)?.[0] ?? "s";
      const kind: LineKind = letter === "f" ? "error" : letter === "c" ? "cleanup" : "success";
      lines.push(line(id, callback.id, kind, "", view.state, callback.state));
    }
  };
  // A run of its own has a page of its own: its box leads there.
  const replacement = (view: NodeView, id: string, parent: string | null): void => {
    if (!view.replaced_by) return;
    const state = view.replacement?.state ?? "WAITING";
    const name = view.replacement?.name || "a run of its own";
    boxes.push({ ...marker(`${id}/run`, "run", name, parent), node: view.id, state, run: view.replaced_by });
    lines.push(line(id, `${id}/run`, "data", "replaced by", "SUCCEEDED", state));
  };
  const inside = (view: NodeView, id: string): void => {
    const children = view.children ?? [];
    for (const child of children) add(child, child.id, id);
    more(view, id);
    if (view.kind === "chain" || view.kind === "complex") {
      children.slice(1).forEach((child, index) => {
        const before = children[index];
        if (before) lines.push(line(before.id, child.id, "data", "", before.state, child.state));
      });
    } else if (view.kind === "chord") {
      const body = children.at(-1);
      for (const child of children.slice(0, -1)) if (body) lines.push(line(child.id, body.id, "data", "", child.state, body.state));
    }
  };
  const more = (view: NodeView, id: string): void => {
    const rest = (view.children_total ?? 0) - (view.children ?? []).length;
    if (rest > 0) boxes.push({ ...marker(`${id}/more`, "more", `${rest.toLocaleString("en-US")} more`, id), node: view.id });
  };
  const graph = (view: NodeView, id: string): void => {
    for (const child of view.children ?? []) add(child, slot(view.id, child.id), id);
    more(view, id);
    const known = new Set(boxes.map((box) => box.id));
    const listed = edges.get(view.id) ?? [];
    const states = new Map((view.children ?? []).map((child) => [slot(view.id, child.id), child.state]));
    for (const [index, edge] of listed.entries()) {
      for (const [end, name] of [
        [edge.source, "START"],
        [edge.target, "END"],
      ] as const) {
        if (known.has(end)) continue;
        known.add(end);
        boxes.push({ ...marker(end, name === "START" ? "start" : "end", name, id), state: view.state });
      }
      const over = ["SUCCEEDED", "FAILED", "SKIPPED"].includes(view.state) || states.get(edge.target) === "SKIPPED" || states.get(edge.source) === "SKIPPED";
      lines.push({
        id: `${edge.source}>${edge.target}#${index}`,
        source: edge.source,
        target: edge.target,
        kind: edge.kind === "plain" ? "data" : edge.kind,
        label: edge.label ?? "",
        way: edge.taken ? "taken" : over ? "not-taken" : "open",
        count: edge.taken ?? 0,
      });
    }
  };
  add(tree, tree.id, null);
  const drawn = new Set(boxes.map((box) => box.id));
  const whole = lines.filter(({ source, target }) => drawn.has(source) && drawn.has(target));
  return { boxes, lines: whole, shape: shapeOf(boxes, whole) };
}

function marker(id: string, kind: string, name: string, parent: string | null): Box {
  return { id, node: id, kind, name, state: "WAITING", parent, open: false, foldable: false, children: 0, visits: 1, view: null };
}

function line(source: string, target: string, kind: LineKind, label: string, before: string, after: string): Line {
  const way: Way = BEGUN.has(after) && before === "SUCCEEDED" ? "taken" : after === "SKIPPED" || before === "SKIPPED" ? "not-taken" : BEGUN.has(after) ? "taken" : "open";
  return { id: `${source}>${target}`, source, target, kind, label, way, count: way === "taken" ? 1 : 0 };
}

/** The shape decides the layout: who is in whom, what is open, what leads where, and how wide a label is. */
export function shapeOf(boxes: readonly Box[], lines: readonly Line[]): string {
  const parts = boxes.map(({ id, parent, open, kind }) => `${id}|${parent ?? ""}|${open ? 1 : 0}|${kind}`);
  return hash([...parts, ...lines.map(({ id, label }) => `${id}|${label.length}`)].join("\n"));
}

/** FNV-1a, two lanes; only a key of a cache. */
function hash(text: string): string {
  let one = 0x811c9dc5;
  let two = 0x1000193;
  for (let index = 0; index < text.length; index += 1) {
    one = Math.imul(one ^ text.charCodeAt(index), 0x01000193);
    two = Math.imul(two ^ text.charCodeAt(index), 0x85ebca6b);
  }
  return `${text.length}.${(one >>> 0).toString(36)}.${(two >>> 0).toString(36)}`;
}

/** Where the arrow keys go from a box: the nearest along lines, else the nearest in that direction. */
export function neighbour(from: string, key: string, lines: readonly Line[], places: ReadonlyMap<string, { x: number; y: number }>): string | null {
  const here = places.get(from);
  if (!here) return null;
  const along = key === "ArrowRight" ? lines.filter((each) => each.source === from).map((each) => each.target) : key === "ArrowLeft" ? lines.filter((each) => each.target === from).map((each) => each.source) : [];
  const candidates = along.length ? along : [...places.keys()];
  let best: string | null = null;
  let distance = Infinity;
  for (const id of candidates) {
    const there = places.get(id);
    if (!there || id === from) continue;
    const dx = there.x - here.x;
    const dy = there.y - here.y;
    const fits = along.length > 0 || { ArrowRight: dx > 4, ArrowLeft: dx < -4, ArrowDown: dy > 4, ArrowUp: dy < -4 }[key];
    const far = key === "ArrowUp" || key === "ArrowDown" ? Math.abs(dy) + 2 * Math.abs(dx) : Math.abs(dx) + 2 * Math.abs(dy);
    if (fits && far < distance) {
      best = id;
      distance = far;
    }
  }
  return best;
}
