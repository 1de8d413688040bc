/** The keys of the canvas. They suffice for everything; `KEYS` is what the sheet lists. */
import type { KeyboardEvent, RefObject } from "react";
import type { Editor } from "../page/context";
import { placesOf, readingOrder } from "../model/arrange";
import { deleteParts, drawnNames, moveNodes } from "../model/commands";
import { END, nestedIn, START, type Point } from "../model/document";
import { isMarker, linesOf } from "../model/lines";

export const KEYS: [string, string][] = [
  ["Tab, Shift Tab", "Next and previous node"],
  ["← ↑ → ↓", "Move the selected nodes; with Shift, further"],
  ["n", "Add a node: goes to the palette"],
  ["c", "Connect the selected node to…"],
  ["e", "Add an error edge from the selected node to…"],
  ["o", "Next edge out of the selected node"],
  ["Enter", "Edit what is selected"],
  ["Escape", "Back to the canvas; select nothing"],
  ["Delete", "Delete what is selected"],
  ["Ctrl C, X, V, D", "Copy, cut, paste, duplicate"],
  ["Ctrl A", "Select all nodes"],
  ["Shift drag", "Select with a box; Shift click adds"],
  ["Ctrl Z, Ctrl Shift Z", "Undo and redo"],
  ["Ctrl S", "Save"],
  ["Ctrl ↓, Ctrl ↑", "Open a nested graph, and leave it"],
  ["f, Shift L", "Fit into the window, and auto-layout"],
  ["?", "This sheet"],
];

interface View {
  editor: Editor;
  frame: RefObject<HTMLDivElement | null>;
  show: (name: string) => void;
  fit: () => void;
  arrange: () => void;
  onInspect: () => void;
}

const STEP = 10;
const FAR = 60;
const MOVES: Record<string, Point> = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } };

export function useCanvasKeys(view: View): (event: KeyboardEvent<HTMLDivElement>) => void {
  return (event) => {
    if ((event.target as Element).closest("input,textarea,select,button") || event.altKey) return;
    const done = event.ctrlKey || event.metaKey ? withControl(event, view) : event.key === "Tab" ? tab(event, view) : plain(event, view);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function one(view: View): string | null {
  const { nodes } = view.editor.session.snapshot().selection;
  const [name] = nodes;
  return nodes.size === 1 && name !== undefined ? name : null;
}

function withControl(event: KeyboardEvent, { editor: { session } }: View): boolean {
  const key = event.key.toLowerCase();
  const { path, selection } = session.snapshot();
  if (key === "a") session.select({ nodes: new Set(drawnNames(session.graph).filter((name) => !isMarker(name))) });
  else if (key === "arrowdown") {
    const [name = ""] = selection.nodes;
    if (!nestedIn(session.graph.nodes.find((node) => node.name === name))) return false;
    session.open([...path, name]);
  } else if (key === "arrowup" && path.length) session.open(path.slice(0, -1), { nodes: new Set([path.at(-1) ?? ""]), lines: new Set() });
  else return false;
  return true;
}

/** Goes from node to node; beyond the last one, Tab leaves the canvas. */
function tab(event: KeyboardEvent, { editor: { session }, show }: View): boolean {
  const { path, selection } = session.snapshot();
  const order = readingOrder(placesOf(session.graph, path, session.sheet.layout));
  const [name] = selection.nodes;
  const line = linesOf(session.graph).find(({ id }) => selection.lines.has(id));
  const now = order.indexOf(name ?? "");
  // From an edge, back to its begin or on to its end.
  const next = line && name === undefined ? (event.shiftKey ? line.source : line.target) : order[event.shiftKey ? (now < 0 ? order.length : now) - 1 : now + 1];
  if (next === undefined) return false;
  session.select({ nodes: new Set([next]) });
  show(next);
  return true;
}

function plain(event: KeyboardEvent, view: View): boolean {
  const { editor } = view;
  const { session } = editor;
  const { path, selection } = session.snapshot();
  const name = one(view);
  const move = MOVES[event.key];
  if (move) return nudge(view, move, event.shiftKey ? FAR : STEP);
  if (event.key === "Delete" || event.key === "Backspace") session.do("delete", (sheet) => deleteParts(sheet, path, selection.nodes, selection.lines));
  else if (event.key === "Escape") session.select({});
  else if (event.key === "Enter" && (selection.nodes.size || selection.lines.size)) view.onInspect();
  else if (event.key === "n") document.querySelector<HTMLElement>("[data-palette] input")?.focus();
  else if ((event.key === "c" || event.key === "e") && name !== null && name !== END) {
    if (event.key === "e" && name === START) return false;
    editor.ask({ kind: "connect", source: name, error: event.key === "e" });
  } else if (event.key === "o") return nextLine(view);
  else if (event.key === "f") view.fit();
  else if (event.key === "L" && event.shiftKey) view.arrange();
  else return false;
  return true;
}

function nudge({ editor: { session } }: View, move: Point, step: number): boolean {
  const { path, selection } = session.snapshot();
  if (!selection.nodes.size) return false;
  const places = placesOf(session.graph, path, session.sheet.layout);
  const next = new Map([...selection.nodes].flatMap((name) => (places.has(name) ? [[name, { x: (places.get(name)?.x ?? 0) + move.x * step, y: (places.get(name)?.y ?? 0) + move.y * step }] as const] : [])));
  session.do("move", (sheet) => moveNodes(sheet, path, next), { merge: `nudge ${[...selection.nodes].join("\n")}` });
  return true;
}

/** From a node to its first edge, and from edge to edge of the same node. */
function nextLine({ editor: { session } }: View): boolean {
  const { selection } = session.snapshot();
  const all = linesOf(session.graph);
  const current = all.find(({ id }) => selection.lines.has(id));
  const [node] = selection.nodes;
  const source = current?.source ?? node;
  const out = all.filter((line) => line.source === source);
  const next = out[((current ? out.indexOf(current) : -1) + 1) % Math.max(1, out.length)];
  if (!next) return false;
  session.select({ lines: new Set([next.id]) });
  return true;
}
