/** The form of a template; the graph that it makes comes onto the canvas. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { blank, problemsOf, type Schema } from "@/parts/schema";
import { SchemaForm } from "@/parts/schema-form";
import { Note, Skeleton } from "@/parts/states";
import { buildTemplate, readTemplates, type Template } from "../api";
import type { GraphDocument } from "../model/document";
import { formSchema, parametersOf } from "./template-schema";

export function TemplateDialog({ name, tasks, onClose, onBuilt }: { name: string; tasks: readonly string[]; onClose: () => void; onBuilt: (document: GraphDocument) => void }): ReactNode {
  const templates = useQuery({ queryKey: ["graph-templates"], queryFn: ({ signal }) => readTemplates(signal), staleTime: Infinity });
  const template = templates.data?.find((each) => each.name === name);
  return (
    <Dialog open onClose={onClose} title={name.replaceAll("_", " ")} about={template?.summary} width={560}>
      {template ? <Form template={template} tasks={tasks} onClose={onClose} onBuilt={onBuilt} /> : <Skeleton rows={4} />}
    </Dialog>
  );
}

function Form({ template, tasks, onClose, onBuilt }: { template: Template; tasks: readonly string[]; onClose: () => void; onBuilt: (document: GraphDocument) => void }): ReactNode {
  const schema = useMemo(() => formSchema(template.parameters as Schema, tasks), [template, tasks]);
  const [value, setValue] = useState<unknown>(() => blank(schema, schema));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const build = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      onBuilt(await buildTemplate(template.name, parametersOf(template.parameters as Schema, value, new Set(tasks))));
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        void build();
      }}
    >
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4">
        <SchemaForm schema={schema} value={value} onChange={setValue} />
        {error ? <Note tone="failed">{problemOf(error).detail || problemOf(error).title}</Note> : null}
      </div>
      <footer className="flex justify-end gap-2 rounded-b-xl border-t border-line bg-sunken px-4 py-3">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" busy={busy} disabled={problemsOf(schema, value).size > 0}>
          Add to the graph
        </Button>
      </footer>
    </form>
  );
}
