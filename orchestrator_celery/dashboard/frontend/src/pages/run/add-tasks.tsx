/** Adds tasks to an open swarm: one by a form, or many by lines of arguments. All are added, or none. */
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useState, type ReactNode } from "react";
import { get, post, type Schemas } from "@/api/client";
import { Button } from "@/parts/button";
import { Dialog, Field, INPUT } from "@/parts/dialog";
import { DialogForm, useSubmit } from "@/parts/form";
import { counted, exact } from "@/parts/format";
import { blank, problemsOf } from "@/parts/schema";
import { SchemaForm } from "@/parts/schema-form";
import { Switch } from "@/parts/switch";
import { schemaOfParameters } from "@/parts/task-schema";
import { toast } from "@/parts/toast";
import { MOST, readLines, type NewItem } from "./new-items";
import { refreshRun } from "./run-verbs";

type Priority = Schemas["NewItems"]["priority"];

interface Props {
  run: string;
  swarm: string;
  /** The task that the swarm has already; most new items are of the same one. */
  first: string;
}

export function AddTasks({ onClose, name, ...rest }: Props & { name: string; onClose: () => void }): ReactNode {
  return (
    <Dialog open onClose={onClose} title={`Add tasks to ${name}`} width={560}>
      <Form {...rest} onClose={onClose} />
    </Dialog>
  );
}

function Form({ run, swarm, first, onClose }: Props & { onClose: () => void }): ReactNode {
  const names = useId();
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => get("/api/tasks", {}, {}, signal), staleTime: 15_000 }).data ?? [];
  const [task, setTask] = useState(first);
  const [many, setMany] = useState(false);
  const [text, setText] = useState("");
  const [one, setOne] = useState<{ task: string; value: unknown }>({ task: "", value: undefined });
  const [priority, setPriority] = useState<Priority>("MEDIUM");
  const known = tasks.find((each) => each.name === task);
  const schema = useMemo(() => (known?.parameters ? schemaOfParameters(known.parameters) : null), [known]);
  const value = schema && one.task !== task ? blank(schema, schema) : one.value;
  const lines = useMemo(() => readLines(text), [text]);
  const asLines = many || !schema;
  const items: NewItem[] = asLines ? lines.items : [{ args: [], kwargs: (value ?? {}) as Record<string, unknown> }];
  const wrong = asLines ? lines.problems.length > 0 || items.length > MOST : problemsOf(schema, value).size > 0;
  const { busy, error, submit } = useSubmit(async () => {
    const form = { node: swarm, priority, dry_run: false, tasks: items.map((item) => ({ task, args: item.args as never[], kwargs: item.kwargs as Record<string, never> })) };
    const report = await post("/api/runs/{run}/items", { run }, form);
    toast(`${counted(report.added, "task")} added.`);
    refreshRun(run);
    onClose();
  });
  const ready = Boolean(task) && items.length > 0 && !wrong;
  const button = (
    <Button type="submit" kind="primary" busy={busy} disabled={!ready}>
      {items.length === 1 ? "Add 1 task" : `Add ${exact(items.length)} tasks`}
    </Button>
  );
  return (
    <DialogForm submit={submit} ready={ready} error={error} buttons={button}>
      <Field label="Task" hint={tasks.length && task && !known ? "No worker and no process of the dashboard has this task now." : (known?.doc ?? "")}>
        <input className={`${INPUT} font-mono`} list={names} spellCheck={false} maxLength={500} value={task} onChange={(event) => setTask(event.target.value.trim())} />
      </Field>
      <datalist id={names}>
        {tasks.map((each) => (
          <option key={each.name} value={each.name} />
        ))}
      </datalist>
      {schema ? <Switch label="How many" options={["One task", "Many tasks"]} chosen={many ? 1 : 0} onChoose={(index) => setMany(index === 1)} /> : null}
      {asLines ? <LinesField text={text} onChange={setText} lines={lines} /> : schema ? <SchemaForm key={task} schema={schema} value={value} onChange={(next) => setOne({ task, value: next })} /> : null}
      <Field label="Priority" hint="A free place always goes to the highest priority.">
        <select className={INPUT} value={priority} onChange={(event) => setPriority(event.target.value as Priority)}>
          <option value="HIGH">High</option>
          <option value="MEDIUM">Medium</option>
          <option value="LOW">Low</option>
        </select>
      </Field>
    </DialogForm>
  );
}

function LinesField({ text, onChange, lines }: { text: string; onChange: (text: string) => void; lines: ReturnType<typeof readLines> }): ReactNode {
  const [first] = lines.problems;
  const error = lines.items.length > MOST ? `${counted(lines.items.length, "task")} are too many at once: at most ${exact(MOST)}.` : first ? `Line ${first.line}: ${first.text}` : undefined;
  const hint = (
    <>
      One line a task: <code>[1, &quot;a&quot;]</code> has positional arguments, <code>{'{"x": 1}'}</code> keyword arguments; any other line is the one argument.
    </>
  );
  return (
    <Field label="Arguments" hint={hint} error={error}>
      <textarea className={`${INPUT} h-40! py-1 font-mono`} spellCheck={false} aria-invalid={Boolean(error)} value={text} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}
