/** The form of a template; the graph that it makes comes onto the canvas. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { DialogForm, useSubmit } from "@/parts/form";
import { blank, problemsOf, type Schema } from "@/parts/schema";
import { SchemaForm } from "@/parts/schema-form";
import { Skeleton } from "@/parts/states";
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

/** All names that were listed since the dialog was opened: what is chosen stays a choice while a worker is late. */
function useKnown(names: readonly string[]): readonly string[] {
  const [known, setKnown] = useState(names);
  if (names.every((name) => known.includes(name))) return known;
  const all = [...new Set([...known, ...names])].sort();
  setKnown(all);
  return all;
}

function Form({ template, tasks, onClose, onBuilt }: { template: Template; tasks: readonly string[]; onClose: () => void; onBuilt: (document: GraphDocument) => void }): ReactNode {
  const names = useKnown(tasks);
  const schema = useMemo(() => formSchema(template.parameters as Schema, names), [template, names]);
  const [value, setValue] = useState<unknown>(() => blank(schema, schema));
  const { busy, error, submit } = useSubmit(async () => {
    onBuilt(await buildTemplate(template.name, parametersOf(template.parameters as Schema, value)));
    onClose();
  });
  const ready = problemsOf(schema, value).size === 0;
  const buttons = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" kind="primary" busy={busy} disabled={!ready}>
        Add to the graph
      </Button>
    </>
  );
  return (
    <DialogForm submit={submit} ready={ready} error={error} buttons={buttons}>
      <SchemaForm schema={schema} value={value} onChange={setValue} />
    </DialogForm>
  );
}
