/** The panel on the right: the selected node, edge, or the graph. */
import { useDeferredValue, type ReactNode } from "react";
import { useEditor, useSessionState } from "../page/context";
import { displayName, isMarker, linesOf } from "../model/lines";
import { EdgeInspector } from "./edge-inspector";
import { GraphInspector } from "./graph-inspector";
import { ManyInspector } from "./many-inspector";
import { EdgesSection, NodeInspector } from "./node-inspector";

export function Inspector(): ReactNode {
  const { session } = useEditor();
  const { selection, epoch } = useSessionState(session);
  const graph = session.graph;
  const [name] = selection.nodes;
  const [id] = selection.lines;
  const many = selection.nodes.size + selection.lines.size > 1;
  const node = graph.nodes.find((each) => each.name === name);
  const line = name === undefined ? linesOf(graph).find((each) => each.id === id) : undefined;
  const chosen = many ? "many" : (name ?? id ?? "");
  // The canvas answers a click first, and the forms of another part follow in a task of their own. Until then there is no form,
  // so that nobody writes into that of the part before.
  const shown = useDeferredValue(chosen);
  if (shown !== chosen) return null;
  // Undo changes fields from outside: the forms start anew then.
  return (
    <div
      key={`${epoch}|${chosen}`}
      data-inspector
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        document.querySelector<HTMLElement>("[data-canvas]")?.focus();
      }}
    >
      {many ? (
        <ManyInspector />
      ) : node ? (
        <NodeInspector node={node} />
      ) : name !== undefined && isMarker(name) ? (
        <>
          <p className="m-0 px-3 pt-3 pb-3">
            <b className="font-[560]">{displayName(name)}</b>
            <span className="block text-muted">{displayName(name) === "START" ? "The graph begins here. Nodes after it get the input of the run." : "The graph ends here. Its result is that of the last node on the way."}</span>
          </p>
          <EdgesSection name={name} />
        </>
      ) : line ? (
        <EdgeInspector line={line} />
      ) : (
        <GraphInspector />
      )}
    </div>
  );
}
