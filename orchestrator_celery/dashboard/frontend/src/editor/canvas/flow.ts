/** From the model to what React Flow draws. What did not change keeps its object, so that only changed parts are drawn again. */
import { Position } from "@xyflow/react";
import { useMemo, useRef } from "react";
import type { Editor } from "../page/context";
import { sizeOf } from "../model/arrange";
import { pathKey } from "../model/compare";
import { END, GRAPH, START, SWARM, type GraphBody, type NodeEntry, type Path, type Point } from "../model/document";
import { drawnNames } from "../model/commands";
import { displayName, isMarker, linesOf } from "../model/lines";
import type { Selection } from "../model/session";
import type { EditLine } from "./line-view";
import type { EditNode } from "./node-view";

const NONE: readonly string[] = [];

/** The width of a handle, as `node-view.tsx` draws it. */
const DOT = 11;

/** The size and the handles of a node, so that the canvas need not measure what it draws. */
function frameOf(name: string, entry: NodeEntry | undefined): Pick<EditNode, "width" | "height" | "measured" | "handles"> {
  const { width, height } = sizeOf(name, entry);
  const dot = { width: DOT, height: DOT };
  const middle = height / 2 - DOT / 2;
  const handles: NonNullable<EditNode["handles"]> = [];
  if (name !== START) handles.push({ type: "target", position: Position.Left, x: -DOT / 2, y: middle, ...dot });
  if (name !== END) handles.push({ type: "source", id: "then", position: Position.Right, x: width - DOT / 2, y: middle, ...dot });
  if (!isMarker(name)) handles.push({ type: "source", id: "error", position: Position.Bottom, x: 22 - DOT / 2, y: height - DOT / 2, ...dot });
  return { width, height, measured: { width, height }, handles };
}

/** A small store of drawn parts by what decides their look. */
function useKept<T>(): (id: string, facts: readonly unknown[], make: () => T) => T {
  const kept = useRef(new Map<string, { facts: readonly unknown[]; part: T }>());
  return useMemo(
    () => (id, facts, make) => {
      const known = kept.current.get(id);
      if (known && known.facts.length === facts.length && known.facts.every((fact, index) => fact === facts[index])) return known.part;
      const part = make();
      kept.current.set(id, { facts, part });
      return part;
    },
    [],
  );
}

export function useFlowNodes(editor: Editor, graph: GraphBody, path: Path, places: ReadonlyMap<string, Point>, moving: ReadonlyMap<string, Point>, selection: Selection): EditNode[] {
  const keep = useKept<EditNode>();
  const { marks, tasks, tasksKnown, trial, compared } = editor;
  return useMemo(() => {
    const entries = new Map(graph.nodes.map((node) => [node.name, node]));
    const shown = trial && pathKey(trial.path) === pathKey(path) ? trial : null;
    const changes = compared?.graphs.get(pathKey(path))?.nodes;
    return drawnNames(graph).map((name) => {
      const entry = entries.get(name) ?? null;
      const place = moving.get(name) ?? places.get(name) ?? { x: 0, y: 0 };
      const problems = marks.nodes.get(name) ?? NONE;
      const signature = entry?.signature;
      const plain = signature && signature.subtask_type !== GRAPH && signature.subtask_type !== SWARM && !signature.subtask_type;
      const unknown = Boolean(plain && tasksKnown && !tasks.has(signature.task));
      const state = shown?.nodes.get(name) ?? null;
      const change = changes?.get(name) ?? null;
      const selected = selection.nodes.has(name);
      const trialFacts = state ? `${state.state}|${state.visits}|${state.value ?? ""}|${state.assumed}` : "";
      return keep(name, [entry, place.x, place.y, problems.join("\n"), unknown, trialFacts, Boolean(shown), change, selected], () => ({
        id: name,
        type: "edit",
        position: { x: place.x, y: place.y },
        ...frameOf(name, entry ?? undefined),
        selected,
        focusable: false,
        ariaLabel: displayName(name),
        data: { name, entry, problems, unknown, trial: state, tried: Boolean(shown), change },
      }));
    });
  }, [graph, path, places, moving, selection.nodes, marks, tasks, tasksKnown, trial, compared, keep]);
}

export function useFlowLines(editor: Editor, graph: GraphBody, path: Path, selection: Selection, onSelect: (id: string, add: boolean) => void): EditLine[] {
  const keep = useKept<EditLine>();
  const { marks, trial, compared } = editor;
  return useMemo(() => {
    const known = new Set(drawnNames(graph));
    const shown = trial && pathKey(trial.path) === pathKey(path) ? trial : null;
    const changes = compared?.graphs.get(pathKey(path))?.lines;
    return linesOf(graph)
      .filter(({ source, target }) => known.has(source) && known.has(target))
      .map((line) => {
        const problems = marks.lines.get(line.id) ?? NONE;
        const rows = graph.edges[line.edge]?.when;
        const order = rows && rows.length > 1 && typeof line.branch === "number" ? line.branch + 1 : 0;
        const taken = shown?.lines.get(line.id) ?? 0;
        const value = taken ? (shown?.nodes.get(line.source)?.value ?? null) : null;
        const selected = selection.lines.has(line.id);
        const change = changes?.get(line.id) ?? null;
        const facts = [line.source, line.target, line.kind, line.label, line.twin, order, problems.join("\n"), taken, value, Boolean(shown), selected, change, onSelect];
        return keep(line.id, facts, () => ({
          id: line.id,
          source: line.source,
          target: line.target,
          sourceHandle: line.kind === "error" ? "error" : "then",
          type: "edit",
          selected,
          focusable: false,
          zIndex: selected ? 1 : 0,
          data: { line, order, problems, taken, value, tried: Boolean(shown), change, onSelect },
        }));
      });
  }, [graph, path, selection.lines, marks, trial, compared, onSelect, keep]);
}
