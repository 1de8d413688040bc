/** What screen readers hear of the canvas: what is selected, and its problems. */
import type { ReactNode } from "react";
import { useSessionState } from "../page/context";
import { displayName, linesOf } from "../model/lines";
import type { Marks } from "../model/problems";
import type { Session } from "../model/session";

export function Status({ session, marks }: { session: Session; marks: Marks }): ReactNode {
  const { selection } = useSessionState(session);
  return (
    <p id="editor-status" aria-live="polite" className="sr-only">
      {describe(session, marks, selection.nodes, selection.lines)}
    </p>
  );
}

function describe(session: Session, marks: Marks, nodes: ReadonlySet<string>, lines: ReadonlySet<string>): string {
  const [node] = nodes;
  const [id] = lines;
  if (nodes.size + lines.size > 1) return `${nodes.size + lines.size} parts are selected.`;
  if (node !== undefined) {
    const problems = marks.nodes.get(node) ?? [];
    return `Node ${displayName(node)} is selected. ${problems.join(". ")}`;
  }
  const line = linesOf(session.graph).find((each) => each.id === id);
  return line ? `The edge from ${displayName(line.source)} to ${displayName(line.target)} is selected. ${line.label}` : "Nothing is selected.";
}
