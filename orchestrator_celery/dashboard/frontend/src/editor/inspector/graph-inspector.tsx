/** What can be set for the graph as a whole. */
import type { ReactNode } from "react";
import { counted } from "@/parts/format";
import { useEditor, useSessionState } from "../page/context";
import { changeFields, countNodes } from "../model/commands";
import type { GraphBody } from "../model/document";
import { NumberField, Section, TextField, WordsField } from "./fields";
import { RetryFields } from "./retry-fields";

export function GraphInspector(): ReactNode {
  const { session } = useEditor();
  const { path } = useSessionState(session);
  const graph = session.graph;
  const set = (field: string, change: Partial<GraphBody>): void => session.do(`change ${field} of the graph`, (sheet) => changeFields(sheet, path, change), { merge: `graph\n${field}` });
  return (
    <>
      <div className="flex flex-col gap-3 px-3 pt-3 pb-3">
        <p className="m-0 text-sm text-muted">
          {counted(countNodes(graph), "node")}, {counted(graph.edges.length, "declaration")} of edges. Select a node or an edge to change it.
        </p>
        <TextField label="Name of its runs" value={graph.name ?? ""} onChange={(name) => set("name", { name: name || undefined })} />
        {path.length ? null : (
          <>
            <TextField label="Category" value={graph.category ?? ""} onChange={(category) => set("category", { category: category || undefined })} />
            <WordsField label="Tags" hint="Separated by commas." value={graph.tags ?? []} onChange={(tags) => set("tags", { tags: tags.length ? tags : undefined })} />
            <NumberField label="Deadline, seconds" least={0.001} whole={false} placeholder="none" value={graph.deadline} onChange={(deadline) => set("deadline", { deadline })} />
          </>
        )}
        <NumberField label="Visits of each node at most" hint="Ends a loop that does not stop." least={1} placeholder="25" value={graph.max_visits} onChange={(max_visits) => set("max_visits", { max_visits })} />
      </div>
      <Section title="Retry of each node that has no rule of its own">
        <RetryFields value={graph.retry} inherited="1, no retry" onChange={(retry) => set("retry", { retry })} />
      </Section>
    </>
  );
}
