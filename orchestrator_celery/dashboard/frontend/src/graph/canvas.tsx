/** The canvas of a graph: shared by the page of a run and, later, by the editor. */
import "@xyflow/react/dist/base.css";
import { Background, BackgroundVariant, MiniMap, Panel, ReactFlow, ReactFlowProvider, useReactFlow, Position, type Node, type NodeChange } from "@xyflow/react";
import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { Button } from "@/parts/button";
import { Menu } from "@/parts/dialog";
import type { Counts } from "@/parts/progress";
import { ErrorState, Skeleton } from "@/parts/states";
import { statusLook } from "@/parts/status";
import { useSteady } from "@/parts/steady";
import { toastError } from "@/parts/toast";
import { BoxView, type BoxNode } from "./box";
import { MapNode } from "./map-node";
import { download, toPng, toSvg } from "./export";
import { fitted, heightOf } from "./fit";
import { layout, sizeOf, type Layout } from "./layout";
import { Arrows, LineView, type LineEdge } from "./line";
import { neighbour, type Box, type Drawing, type Line } from "./model";

export interface CanvasProps {
  drawing: Drawing;
  counts: ReadonlyMap<string, Counts>;
  current: string | null;
  onCurrent: (node: string | null) => void;
  onToggle: (box: Box) => void;
  name: string;
  /** The largest height of the canvas, in CSS; a flat graph takes less. */
  height?: string;
}

const NODE_TYPES = { box: BoxView };
const EDGE_TYPES = { line: LineView };
const PLAIN = { hideAttribution: true };
const MAP = { width: 150, height: 96 };
const NO_LINES: LineEdge[] = [];

export function Canvas(props: CanvasProps): ReactNode {
  return (
    <ReactFlowProvider>
      <Inner {...props} />
    </ReactFlowProvider>
  );
}

function Inner({ drawing: newest, counts, current, onCurrent, onToggle, name, height = "460px" }: CanvasProps): ReactNode {
  // A change of a large run is drawn in slices, so that clicks and keys need not wait for it.
  const drawing = useDeferredValue(newest);
  const [placed, setPlaced] = useState<{ layout: Layout; drawing: Drawing } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [search, setSearch] = useState("");
  const held = useRef<{ id: string; x: number; y: number } | null>(null);
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);

  useEffect(() => {
    let over = false;
    layout(drawing).then(
      (found) => {
        if (!over) setPlaced({ layout: found, drawing });
      },
      (problem: unknown) => {
        if (!over) setError(problem);
      },
    );
    return () => {
      over = true;
    };
    // Only the shape decides the layout; states change often.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [drawing.shape]);

  const moved = useRef(false);
  const fit = useCallback(
    (animated: boolean) => {
      moved.current = false;
      if (!placed || !frame.current) return;
      const { clientWidth, clientHeight } = frame.current;
      const view = fitted(placed.layout, placed.drawing.boxes.length, { width: clientWidth, height: clientHeight });
      void flow.setViewport(view, { duration: animated && !reduced() ? 200 : 0 });
    },
    [placed, flow],
  );
  // What nobody has moved or unfolded is fitted again when it grows, and in a window of another width.
  useEffect(() => {
    if (placed && width && !moved.current) fit(false);
  }, [placed, width, fit]);

  const absolute = useMemo(() => (placed ? absolutePlaces(placed.drawing, placed.layout) : new Map<string, { x: number; y: number; width: number; height: number }>()), [placed]);

  // What the eye holds on to stays where it is when a container unfolds.
  useEffect(() => {
    const hold = held.current;
    const now = hold ? absolute.get(hold.id) : undefined;
    if (!hold || !now) return;
    held.current = null;
    const { x, y, zoom } = flow.getViewport();
    void flow.setViewport({ x: x + (hold.x - now.x) * zoom, y: y + (hold.y - now.y) * zoom, zoom });
  }, [absolute, flow]);

  const toggle = useCallback(
    (box: Box) => {
      const place = absolute.get(box.id);
      if (place) held.current = { id: box.id, x: place.x, y: place.y };
      moved.current = true;
      onToggle(box);
    },
    [absolute, onToggle],
  );

  const found = useMemo(() => {
    const word = search.trim().toLowerCase();
    return word ? drawing.boxes.filter((box) => box.name.toLowerCase().includes(word) || box.node === word).map(({ id }) => id) : [];
  }, [search, drawing]);

  const kept = useRef(new Map<string, { key: string; node: BoxNode }>());
  const nodes = useMemo(() => {
    if (!placed || placed.drawing.shape !== drawing.shape) return null;
    const marked = new Set(found);
    const depth = depths(drawing);
    const next = new Map<string, { key: string; node: BoxNode }>();
    const list = drawing.boxes.flatMap((box): BoxNode[] => {
      const place = placed.layout.places.get(box.id);
      if (!place) return [];
      const count = counts.get(box.node) ?? null;
      const on = current !== null && (box.node === current || box.id === current);
      const data = { box, counts: count, current: on, found: marked.has(box.id), onToggle: toggle };
      // A node that did not change keeps its object, so that only changed ones are drawn again.
      const key = JSON.stringify([box.state, box.name, box.visits, box.node, view(box), count, on, data.found, place, box.open]);
      const before = kept.current.get(box.id);
      const node: BoxNode =
        before && before.key === key && before.node.data.onToggle === toggle
          ? before.node
          : {
              id: box.id,
              type: "box",
              position: { x: place.x, y: place.y },
              width: place.width,
              height: place.height,
              // What is known need not be measured.
              measured: { width: place.width, height: place.height },
              handles: handlesOf(place),
              data,
              zIndex: depth.get(box.id) ?? 0,
              draggable: false,
              connectable: false,
              focusable: !box.id.endsWith("/more"),
              ariaLabel: `${box.name}, ${statusLook(box.state).word}`,
              ...(box.parent ? { parentId: box.parent } : {}),
            };
      next.set(box.id, { key, node });
      return [node];
    });
    kept.current = next;
    return list;
  }, [placed, drawing, counts, current, found, toggle]);

  const drawn = useRef<LineEdge[]>(NO_LINES);
  const edges = useMemo(() => {
    if (!placed || placed.drawing.shape !== drawing.shape) return NO_LINES;
    drawn.current = linesOf(drawing, placed.layout, drawn.current);
    return drawn.current;
  }, [placed, drawing]);

  const zoom = (change: () => Promise<boolean>): void => {
    moved.current = true;
    void change();
  };
  const flyTo = useCallback(
    (id: string) => {
      moved.current = true;
      const place = absolute.get(id);
      if (place) void flow.setCenter(place.x + place.width / 2, place.y + Math.min(place.height / 2, 120), { zoom: Math.max(0.9, flow.getZoom()), duration: reduced() ? 0 : 260 });
    },
    [absolute, flow],
  );
  const select = (id: string): void => {
    const box = drawing.boxes.find((each) => each.id === id);
    if (box?.view) onCurrent(box.node);
  };
  const onNodeClick = useSteady((_: unknown, node: BoxNode) => select(node.id));
  const onPaneClick = useSteady(() => onCurrent(null));
  const onMoveStart = useCallback((event: unknown) => {
    // Moves of the canvas itself have no event.
    if (event) moved.current = true;
  }, []);
  const onKey = (event: KeyboardEvent): void => {
    if ((event.target as Element).closest("input")) return;
    const now = drawing.boxes.find((box) => box.node === current || box.id === current);
    if (event.key.startsWith("Arrow")) {
      const start = now?.id ?? drawing.boxes.find((box) => !box.open)?.id;
      const closed = new Map([...absolute].filter(([id]) => drawing.boxes.some((box) => box.id === id && box.view)));
      const next = now ? neighbour(start ?? "", event.key, drawing.lines, closed) : start;
      if (next) {
        select(next);
        flyTo(next);
      }
    } else if (event.key === "f") fit(true);
    else if (event.key === " " && now?.foldable) toggle(now);
    else if (event.key === "Escape") onCurrent(null);
    else return;
    event.preventDefault();
  };
  const save = async (form: "svg" | "png"): Promise<void> => {
    if (!placed) return;
    try {
      const svg = toSvg(drawing, placed.layout, absolute, name);
      if (form === "svg") download(`${name}.svg`, new Blob([svg], { type: "image/svg+xml" }));
      else download(`${name}.png`, await toPng(svg));
    } catch (problem) {
      toastError(problem);
    }
  };

  if (error) return <ErrorState error={error} />;
  const tall = placed && width ? `min(${heightOf(placed.layout, placed.drawing.boxes.length, width)}px, ${height})` : height;
  return (
    <div ref={frame} role="application" aria-label={`Graph of ${name}. Arrow keys go from node to node.`} tabIndex={0} onKeyDown={onKey} style={{ height: tall }} className="[contain:strict] focus-visible:outline-offset-[-2px]">
      {nodes && width ? (
        <>
          <Arrows />
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            onNodesChange={ignore}
            onNodeClick={onNodeClick}
            onPaneClick={onPaneClick}
            onMoveStart={onMoveStart}
            nodesDraggable={false}
            nodesConnectable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            zoomOnDoubleClick={false}
            // The wheel scrolls the page unless Ctrl is held or the canvas was clicked into.
            preventScrolling={false}
            panOnScroll={false}
            zoomOnScroll
            zoomActivationKeyCode={null}
            minZoom={0.05}
            maxZoom={2.5}
            // To find out what is visible costs more, with each move, than to draw a thousand nodes once.
            onlyRenderVisibleElements={nodes.length > 3000}
            proOptions={PLAIN}
          >
            <Background variant={BackgroundVariant.Dots} gap={18} size={1.2} color="var(--line)" />
            {nodes.length > 24 ? (
              <MiniMap
                pannable
                zoomable
                ariaLabel="Map of the graph"
                className="rounded-md border border-line bg-surface! max-sm:hidden"
                style={MAP}
                maskColor="color-mix(in srgb, var(--bg) 70%, transparent)"
                nodeComponent={MapNode}
                nodeColor={colorOf}
                nodeStrokeColor="var(--line-strong)"
              />
            ) : null}
            <Panel position="top-right" className="m-2! flex gap-1">
              {drawing.boxes.length > 6 ? (
                <input
                  type="search"
                  aria-label="Find a node"
                  placeholder="Find a node"
                  className="h-6 w-[132px] rounded-md border border-line-strong bg-surface px-2 text-sm placeholder:text-faint"
                  value={search}
                  onChange={(event) => setSearch(event.target.value)}
                  onKeyDown={(event) => {
                    const [first] = found;
                    if (event.key === "Enter" && first) {
                      select(first);
                      flyTo(first);
                    }
                  }}
                />
              ) : null}
              <Button small icon="plus" aria-label="Zoom in" onClick={() => zoom(flow.zoomIn)} />
              <Button small icon="minus" aria-label="Zoom out" onClick={() => zoom(flow.zoomOut)} />
              <Button small icon="fit" aria-label="Fit into the window" title="Fit (f)" onClick={() => fit(true)} />
              <Menu
                label="Export"
                trigger={<Button small icon="download" aria-label="Export as a picture" />}
                items={[
                  { label: "SVG", onSelect: () => void save("svg") },
                  { label: "PNG", onSelect: () => void save("png") },
                ]}
              />
            </Panel>
          </ReactFlow>
        </>
      ) : placed ? null : (
        <Skeleton rows={4} height={80} />
      )}
    </div>
  );
}

/** The width of an element in pixels; 0 before it is there. */
function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    setWidth(current.clientWidth);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Where lines begin and end, as `box.tsx` draws the handles. */
function handlesOf({ width, height }: { width: number; height: number }): NonNullable<BoxNode["handles"]> {
  const middle = { y: height / 2, width: 1, height: 1 };
  return [
    { type: "target", position: Position.Left, x: 0, ...middle },
    { type: "source", position: Position.Right, x: width, ...middle },
  ];
}

/** The lines as React Flow draws them. What did not change keeps its object, so that only changed lines are drawn again. */
export function linesOf(drawing: Drawing, made: Layout, before: LineEdge[]): LineEdge[] {
  const depth = depths(drawing);
  const known = new Map(before.map((edge) => [edge.id, edge]));
  const found = drawing.lines.map((line): LineEdge => {
    const route = made.routes.get(line.id);
    const zIndex = (depth.get(line.source) ?? 0) + 1;
    const old = known.get(line.id);
    if (old?.data && old.zIndex === zIndex && old.data.route === route && sameLine(old.data.line, line)) return old;
    return { id: line.id, source: line.source, target: line.target, type: "line", focusable: false, zIndex, data: { line, route } };
  });
  return found.length === before.length && found.every((edge, index) => edge === before[index]) ? before : found;
}

function sameLine(one: Line, other: Line): boolean {
  return one.source === other.source && one.target === other.target && one.kind === other.kind && one.label === other.label && one.way === other.way && one.count === other.count;
}

function colorOf(node: Node): string {
  const { box } = (node as BoxNode).data;
  return box.open ? "transparent" : statusLook(box.state).color;
}

// Positions come from the layout; the measuring of React Flow changes nothing.
const ignore = (_: NodeChange<BoxNode>[]): void => undefined;

function view(box: Box): unknown {
  const { view: node } = box;
  return node ? [node.started, node.finished, node.attempts, node.worker, node.progress?.done, node.error?.type, node.answer?.decision] : null;
}

function reduced(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function depths(drawing: Drawing): Map<string, number> {
  const found = new Map<string, number>();
  for (const box of drawing.boxes) found.set(box.id, box.parent ? (found.get(box.parent) ?? 0) + 2 : 0);
  return found;
}

export function absolutePlaces(drawing: Drawing, made: Layout): Map<string, { x: number; y: number; width: number; height: number }> {
  const found = new Map<string, { x: number; y: number; width: number; height: number }>();
  for (const box of drawing.boxes) {
    const place = made.places.get(box.id) ?? { x: 0, y: 0, ...sizeOf(box) };
    const around = box.parent ? found.get(box.parent) : undefined;
    found.set(box.id, { ...place, x: place.x + (around?.x ?? 0), y: place.y + (around?.y ?? 0) });
  }
  return found;
}
