/** The canvas on which a graph is drawn. */
import "@xyflow/react/dist/base.css";
import { Background, BackgroundVariant, MiniMap, Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Connection, type EdgeChange, type Node, type NodeChange } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent, type MouseEvent, type ReactNode } from "react";
import { Arrows } from "@/graph/line";
import { Button } from "@/parts/button";
import { statusLook } from "@/parts/status";
import { useSteady } from "@/parts/steady";
import { toastError } from "@/parts/toast";
import { useEditor, useSessionState } from "../page/context";
import { freePlace, isUnplaced, placeAfter, placesOf, sizeOf } from "../model/arrange";
import { addNode, changeGraph, insertGraph, moveNodes, type Piece } from "../model/commands";
import { END, nestedIn, placeKey, START, type Point } from "../model/document";
import { connect } from "../model/edges";
import { arranged } from "../model/layout-graph";
import { Status } from "./announce";
import { Crowded, FarLines } from "./far-lines";
import { useFlowLines, useFlowNodes } from "./flow";
import { useCanvasKeys } from "./keys";
import { MapNode } from "@/graph/map-node";
import { LineView, type EditLine } from "./line-view";
import { NodeView, type EditNode } from "./node-view";

const NODE_TYPES = { edit: NodeView };
const EDGE_TYPES = { edit: LineView };
/** The kind of data that the palette drags. */
export const DRAGGED = "application/x-orchestrator-piece";
const MANY = ["Meta", "Control", "Shift"];
/** Names of nodes stay readable down to this scale. */
const READABLE = 0.55;
const FAR = 0.4;
const MANY_NODES = 60;
/** More nodes than these are mounted only where they are seen; from afar they are plain boxes, and their lines one picture. */
const CROWD = 120;
const NO_LINES: EditLine[] = [];
/** On a phone a part that can be read is worth more than the whole. */
const NARROW = 480;
const PLAIN = { hideAttribution: true };
const MAP = { width: 140, height: 90 };
const NO_MOVES: ReadonlyMap<string, Point> = new Map();

export interface CanvasHandle {
  add: (piece: Piece) => void;
  insert: (graph: Parameters<typeof insertGraph>[2]) => void;
  arrange: () => void;
  show: (name: string) => void;
  focus: () => void;
}

export function EditorCanvas({ handle, onInspect }: { handle: { current: CanvasHandle | null }; onInspect: () => void }): ReactNode {
  return (
    <ReactFlowProvider>
      <Inner handle={handle} onInspect={onInspect} />
    </ReactFlowProvider>
  );
}

function Inner({ handle, onInspect }: { handle: { current: CanvasHandle | null }; onInspect: () => void }): ReactNode {
  const editor = useEditor();
  const { session } = editor;
  const { history, path, selection } = useSessionState(session);
  const flow = useReactFlow<EditNode, EditLine>();
  const frame = useRef<HTMLDivElement>(null);
  // Where names cannot be read, nodes are plain boxes: 500 of them move without a late frame.
  const far = useStore(({ transform }) => transform[2] < FAR);
  const [busy, setBusy] = useState(false);
  const [moving, setMoving] = useState(NO_MOVES);
  const { graph } = session;
  const { layout } = history.now;
  const places = useMemo(() => placesOf(graph, path, layout), [graph, path, layout]);

  const select = useCallback(
    (id: string, add: boolean) => {
      const { selection: old } = session.snapshot();
      session.select(add ? { nodes: old.nodes, lines: new Set([...old.lines, id]) } : { lines: new Set([id]) });
      frame.current?.focus({ preventScroll: true });
    },
    [session],
  );
  const nodes = useFlowNodes(editor, graph, path, places, moving, selection);
  const lines = useFlowLines(editor, graph, path, selection, select);

  const crowded = far && nodes.length > CROWD;

  const fit = useCallback(() => void flow.fitView({ padding: 0.07, maxZoom: 1, minZoom: (frame.current?.clientWidth ?? 0) < NARROW ? 0.45 : 0.05, duration: 0 }), [flow]);
  const at = path.join("/");
  // A nested graph is fitted when it is opened; one without places is laid out first.
  useEffect(() => {
    let over = false;
    const show = (): void => void requestAnimationFrame(() => (over ? undefined : fit()));
    if (isUnplaced(session.graph, session.snapshot().path, session.sheet.layout))
      arranged(session.graph).then((found) => {
        if (over) return;
        session.settle(Object.fromEntries([...found].map(([name, place]) => [placeKey(session.snapshot().path, name), place])));
        show();
      }, toastError);
    else show();
    return () => {
      over = true;
    };
  }, [session, at, fit]);

  const show = useCallback(
    (name: string, whenHidden = false) => {
      const place = placesOf(session.graph, session.snapshot().path, session.sheet.layout).get(name);
      const box = frame.current?.getBoundingClientRect();
      if (!place || !box) return;
      const size = sizeOf(name, session.graph.nodes.find((node) => node.name === name));
      const { x, y, zoom } = flow.getViewport();
      const left = place.x * zoom + x;
      const top = place.y * zoom + y;
      const seen = left >= 0 && top >= 0 && left + size.width * zoom <= box.width && top + size.height * zoom <= box.height;
      if (whenHidden && seen) return;
      // The whole graph, where its names stay readable; else the node in the middle.
      const bounds = flow.getNodesBounds(flow.getNodes());
      const whole = Math.min(box.width / (bounds.width + 80), box.height / (bounds.height + 110));
      if (whenHidden && whole >= READABLE) requestAnimationFrame(fit);
      else void flow.setCenter(place.x + size.width / 2, place.y + size.height / 2, { zoom: Math.max(0.7, Math.min(1, zoom)), duration: 0 });
    },
    [session, flow, fit],
  );

  const middle = useCallback((): Point => {
    const box = frame.current?.getBoundingClientRect();
    return box ? flow.screenToFlowPosition({ x: box.x + box.width / 2 - 92, y: box.y + box.height / 2 - 29 }) : { x: 0, y: 0 };
  }, [flow]);

  /** Adds a piece: where it was dropped, else after the selected node, else in the middle of what is seen. */
  const add = useCallback(
    (piece: Piece, dropped: Point | null = null) => {
      const { path: now, selection: chosen } = session.snapshot();
      const known = placesOf(session.graph, now, session.sheet.layout);
      const [one] = chosen.nodes.size === 1 ? chosen.nodes : [];
      const after = dropped === null && one !== undefined && one !== END ? one : null;
      const place = dropped ?? (after === null ? freePlace(known, middle()) : placeAfter(session.graph, known, after));
      const made = addNode(session.sheet, now, piece, place, after);
      session.do(`add ${made.name}`, () => made.sheet, { select: { nodes: new Set([made.name]) } });
      show(made.name, true);
    },
    [session, middle, show],
  );

  const arrange = useCallback(() => {
    const { path: now } = session.snapshot();
    setBusy(true);
    arranged(session.graph)
      .then((found) => {
        session.do("auto-layout", (sheet) => moveNodes(sheet, now, found));
        requestAnimationFrame(() => {
          fit();
          setBusy(false);
        });
      })
      .catch((error: unknown) => {
        setBusy(false);
        toastError(error);
      });
  }, [session, fit]);

  useEffect(() => {
    handle.current = {
      add,
      arrange,
      show: (name) => show(name),
      focus: () => frame.current?.focus(),
      insert: (body) => {
        const { path: now } = session.snapshot();
        const empty = session.graph.nodes.length === 0;
        const made = insertGraph(session.sheet, now, body, middle());
        session.do("insert a graph", () => made.sheet, { select: made.name ? { nodes: new Set([made.name]) } : {} });
        if (empty) arrange();
        else if (made.name) show(made.name, true);
      },
    };
  }, [handle, add, arrange, show, session, middle]);

  const onKey = useCanvasKeys({ editor, frame, show: (name) => show(name, true), fit, arrange, onInspect });

  // An edge from a node to itself ends with a click on the node, which must not take the selection from the edge.
  const connected = useRef(false);
  const onNodesChange = useSteady((changes: NodeChange<EditNode>[]): void => {
    const next = new Map(moving);
    const chosen = new Set(session.snapshot().selection.nodes);
    let ended = false;
    let picked = false;
    for (const change of changes) {
      if (change.type === "select") {
        picked = true;
        if (change.selected) chosen.add(change.id);
        else chosen.delete(change.id);
      }
      if (change.type !== "position") continue;
      if (change.position) next.set(change.id, change.position);
      if (change.dragging === false) ended = true;
    }
    if (picked && !connected.current) session.select({ nodes: chosen, lines: session.snapshot().selection.lines });
    if (ended) {
      session.do(next.size === 1 ? "move a node" : `move ${next.size} nodes`, (sheet) => moveNodes(sheet, session.snapshot().path, next));
      setMoving(NO_MOVES);
    } else if (next.size) setMoving(next);
  });
  const onLinesChange = useSteady((changes: EdgeChange<EditLine>[]): void => {
    if (connected.current) return;
    const chosen = new Set(session.snapshot().selection.lines);
    for (const change of changes)
      if (change.type === "select") {
        if (change.selected) chosen.add(change.id);
        else chosen.delete(change.id);
      }
    session.select({ nodes: session.snapshot().selection.nodes, lines: chosen });
  });
  const onConnect = useSteady(({ source, target, sourceHandle }: Connection): void => {
    let line: string | null = null;
    session.do(
      "connect",
      (sheet) =>
        changeGraph(sheet, session.snapshot().path, (old) => {
          const made = connect(old, source, target, sourceHandle === "error" ? "error" : "likely");
          line = made.line;
          return made.graph;
        }),
    );
    if (line !== null) session.select({ lines: new Set([line]) });
    connected.current = true;
    setTimeout(() => (connected.current = false));
  });
  const onNodeDoubleClick = useSteady((_: unknown, node: EditNode): void => (node.data.entry && nestedIn(node.data.entry) ? session.open([...path, node.id]) : onInspect()));
  const onNodeClick = useSteady((event: MouseEvent, node: EditNode): void => {
    frame.current?.focus({ preventScroll: true });
    // A click on one of several selected nodes means this one.
    if (!connected.current && !(event.shiftKey || event.ctrlKey || event.metaKey)) session.select({ nodes: new Set([node.id]) });
  });
  const focus = useCallback(() => frame.current?.focus({ preventScroll: true }), []);
  const onDrop = (event: DragEvent): void => {
    const text = event.dataTransfer.getData(DRAGGED);
    if (!text) return;
    event.preventDefault();
    const piece = JSON.parse(text) as Piece | { kind: "template"; name: string };
    if (piece.kind === "template") editor.ask(piece);
    else {
      const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      add(piece, { x: x - 92, y: y - 29 });
    }
    frame.current?.focus({ preventScroll: true });
  };

  return (
    <div
      ref={frame}
      role="application"
      aria-label="Canvas. Tab goes from node to node, the question mark lists the keys."
      aria-describedby="editor-status"
      tabIndex={0}
      data-canvas
      data-far={far && nodes.length > MANY_NODES}
      className="group/canvas relative h-full min-h-0 [contain:strict] outline-none focus-visible:outline-2 focus-visible:outline-offset-[-2px]"
      onKeyDown={onKey}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(DRAGGED)) event.preventDefault();
      }}
      onDrop={onDrop}
    >
      <Status session={session} marks={editor.marks} />
      <Arrows />
      <Crowded value={crowded}>
      <ReactFlow<EditNode, EditLine>
        nodes={nodes}
        edges={crowded ? NO_LINES : lines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={onLinesChange}
        onConnect={onConnect}
        isValidConnection={mayConnect}
        onNodeDoubleClick={onNodeDoubleClick}
        onPaneClick={focus}
        onNodeClick={onNodeClick}
        onEdgeClick={focus}
        multiSelectionKeyCode={MANY}
        selectionKeyCode="Shift"
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        connectionRadius={26}
        nodeDragThreshold={3}
        minZoom={0.05}
        maxZoom={2}
        onlyRenderVisibleElements={nodes.length > CROWD}
        proOptions={PLAIN}
      >
        {crowded ? <FarLines nodes={nodes} lines={lines} /> : null}
        <Background variant={BackgroundVariant.Dots} gap={18} size={1.2} color="var(--line)" />
        {nodes.length > 24 ? (
          <MiniMap pannable zoomable ariaLabel="Map of the graph" className="rounded-md border border-line bg-surface! max-sm:hidden" style={MAP} maskColor="color-mix(in srgb, var(--bg) 70%, transparent)" nodeComponent={MapNode} nodeColor={colorOf} />
        ) : null}
        <Panel position="top-right" className="m-2! flex gap-1">
          <Button small icon="plus" aria-label="Zoom in" onClick={() => void flow.zoomIn()} />
          <Button small icon="minus" aria-label="Zoom out" onClick={() => void flow.zoomOut()} />
          <Button small icon="fit" aria-label="Fit into the window" title="Fit (f)" onClick={fit} />
          <Button small busy={busy} onClick={arrange} title="Lay out the graph anew (Shift L)">
            Auto-layout
          </Button>
        </Panel>
      </ReactFlow>
      </Crowded>
      {graph.nodes.length ? null : (
        <p className="pointer-events-none absolute inset-x-6 top-[38%] m-0 text-center text-muted">
          {path.length ? "This nested graph" : "This graph"} is empty. Choose a task or a template on the left, or drag it here.
        </p>
      )}
    </div>
  );
}

function mayConnect({ source, target }: Connection | EditLine): boolean {
  return source !== END && target !== START && !(source === START && target === END);
}

function colorOf(node: Node): string {
  const { data } = node as EditNode;
  return data.trial ? statusLook(data.trial.state).color : data.problems.length ? "var(--bar-failed)" : "var(--bar-quiet)";
}
