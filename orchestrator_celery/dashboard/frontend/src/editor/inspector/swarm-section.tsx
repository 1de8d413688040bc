/** What can be set at a swarm: its items, its limits, what follows each item; and all of it as JSON. */
import { useState, type ReactNode } from "react";
import { Field, INPUT } from "@/parts/dialog";
import type { Task } from "../api";
import { isObject, type Json, type Signature } from "../model/document";
import { callbackTask, callOf, itemsOf, sameItems, type SameItems } from "../model/swarm";
import { useEditor } from "../page/context";
import { CheckField, ChoiceField, JsonField, NumberField, Section } from "./fields";

type Kwargs = Record<string, Json>;
type Set = (key: string, value: Json | undefined) => void;

const CALLBACKS = [
  ["on_task_success", "After an item that succeeded", "Called with the result and the item."],
  ["on_task_error", "After an item that failed", "Called with the error and the item."],
  ["on_task_cleanup", "After each item", "Called with the item, however it ended."],
] as const;
const LEVELS = [
  ["HIGH", "High"],
  ["MEDIUM", "Medium"],
  ["LOW", "Low"],
] as const;

export function SwarmSections({ signature, onChange }: { signature: Signature; onChange: (change: Partial<Signature>, field: string) => void }): ReactNode {
  const kwargs = signature.kwargs ?? {};
  const set: Set = (key, value) => onChange({ kwargs: Object.fromEntries(Object.entries({ ...kwargs, [key]: value }).filter(([, each]) => each !== undefined)) as Kwargs }, key);
  return (
    <>
      <Items kwargs={kwargs} set={set} />
      <Limits kwargs={kwargs} set={set} />
      <Callbacks kwargs={kwargs} set={set} />
      <Section title="Advanced">
        <details>
          <summary className="cursor-pointer text-sm text-muted">The whole swarm as JSON</summary>
          <div className="mt-2">
            <JsonField label="Swarm as JSON" value={kwargs} onChange={(value) => (isObject(value) && Array.isArray(value["tasks"]) ? onChange({ kwargs: { ...(value as Kwargs), tasks: value["tasks"].map(completed) } }, "json") : undefined)} />
          </div>
        </details>
      </Section>
    </>
  );
}

function Items({ kwargs, set }: { kwargs: Kwargs; set: Set }): ReactNode {
  const { tasks } = useEditor();
  const same = sameItems(kwargs);
  const [chosen, setChosen] = useState("");
  const count = Array.isArray(kwargs["tasks"]) ? kwargs["tasks"].length : 0;
  if (!same)
    return (
      <Section title="Items">
        <p className="m-0 text-sm text-muted">Its {count} items run different tasks, or have priorities or callbacks of their own: change them as JSON, under Advanced.</p>
      </Section>
    );
  const task = same.task || chosen;
  const write = (change: Partial<SameItems>): void => set("tasks", itemsOf({ ...same, task, ...change }));
  return (
    <Section title="Items" count={count}>
      <TaskChoice
        label="Task of the items"
        hint={describe(tasks.get(task))}
        value={task}
        onChange={(next) => {
          setChosen(next);
          if (count && next) write({ task: next });
        }}
      />
      <Lines lines={same.lines} disabled={!task} onChange={(lines) => write({ lines })} />
      <CheckField label="Each item takes what the swarm is given" hint="as its first argument" checked={!same.immutable} disabled={!count} onChange={(takes) => write({ immutable: !takes })} />
    </Section>
  );
}

function Lines({ lines, disabled, onChange }: { lines: string[]; disabled: boolean; onChange: (lines: string[]) => void }): ReactNode {
  const [text, setText] = useState(lines.join("\n"));
  return (
    <Field label="Arguments, one item a line" hint={disabled ? "Choose the task first." : 'A value, a list such as ["a.png", 300], or names such as {"path": "a.png"}.'}>
      <textarea
        dir="auto"
        spellCheck={false}
        disabled={disabled}
        className={`${INPUT} h-auto min-h-[64px] py-1 font-mono text-[12px]`}
        rows={Math.min(12, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange(event.target.value.split("\n"));
        }}
      />
    </Field>
  );
}

function Limits({ kwargs, set }: { kwargs: Kwargs; set: Set }): ReactNode {
  const number = (key: string): number | undefined => (typeof kwargs[key] === "number" ? kwargs[key] : undefined);
  const { batch } = kwargs;
  const how = batch === "auto" ? "auto" : typeof batch === "number" ? "number" : "";
  return (
    <Section title="Limits">
      <NumberField label="At the same time at most" least={1} placeholder="as many as the window holds" value={number("max_concurrency")} onChange={(value) => set("max_concurrency", value)} />
      <NumberField label="Tolerated failures" hint="A count, or a fraction below 1. With more, the swarm fails at its end." least={0} whole={false} placeholder="0" value={number("max_failures")} onChange={(value) => set("max_failures", value || undefined)} />
      <NumberField label="Stop after this many failures" hint="Then no further item starts." least={1} placeholder="does not stop" value={number("stop_after_n_failures")} onChange={(value) => set("stop_after_n_failures", value)} />
      <ChoiceField
        label="Items in one message"
        value={how}
        options={[
          ["", "One"],
          ["auto", "As many as fit (auto)"],
          ["number", "A number"],
        ]}
        onChange={(next) => set("batch", next === "number" ? 10 : next || undefined)}
      />
      {how === "number" ? <NumberField label="Number of items" least={1} value={number("batch")} onChange={(value) => set("batch", value ?? 1)} /> : null}
      <CheckField label="Open: tasks can be added while it runs" hint="It ends when it is closed and all items are done." checked={kwargs["open"] === true} onChange={(open) => set("open", open || undefined)} />
      <NumberField label="Items at most" least={1} placeholder="no limit" value={number("max_items")} onChange={(value) => set("max_items", value)} />
      <Slots value={kwargs["slots"]} onChange={(value) => set("slots", value)} />
    </Section>
  );
}

function Slots({ value, onChange }: { value: Json | undefined; onChange: (value: Json | undefined) => void }): ReactNode {
  const slots = isObject(value) ? value : {};
  return (
    <fieldset className="m-0 border-0 p-0">
      <legend className="mb-1 p-0 text-sm text-muted">Places reserved for a priority</legend>
      <div className="grid grid-cols-3 gap-2">
        {LEVELS.map(([key, words]) => (
          <NumberField
            key={key}
            label={words}
            least={0}
            placeholder="0"
            value={typeof slots[key] === "number" ? slots[key] : undefined}
            onChange={(next) => {
              const all = Object.fromEntries(Object.entries({ ...slots, [key]: next }).filter(([, each]) => each !== undefined)) as Kwargs;
              onChange(Object.keys(all).length ? all : undefined);
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Callbacks({ kwargs, set }: { kwargs: Kwargs; set: Set }): ReactNode {
  return (
    <Section title="Callbacks">
      {CALLBACKS.map(([key, label, hint]) => {
        const task = callbackTask(kwargs[key]);
        return task === null ? (
          <p key={key} className="m-0 text-sm text-muted">
            {label}: set as JSON, under Advanced.
          </p>
        ) : (
          <TaskChoice key={key} label={label} hint={hint} value={task} onChange={(next) => set(key, next ? [callOf(next)] : undefined)} />
        );
      })}
    </Section>
  );
}

/** A field for the name of a task, with the tasks of the project to choose from. */
function TaskChoice({ label, hint, value, onChange }: { label: string; hint?: string; value: string; onChange: (task: string) => void }): ReactNode {
  const { tasks, tasksKnown } = useEditor();
  return (
    <Field label={label} hint={hint} error={value && tasksKnown && !tasks.has(value) ? "No live worker has this task. Choose another one, or start a worker that has it." : undefined}>
      <input className={`${INPUT} font-mono text-[12px]`} list="swarm-tasks" placeholder="none" value={value} spellCheck={false} onChange={(event) => onChange(event.target.value)} />
      <datalist id="swarm-tasks">
        {[...tasks.keys()].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Field>
  );
}

function describe(task: Task | undefined): string | undefined {
  if (!task?.parameters) return task?.doc || undefined;
  return `It takes ${task.parameters.map(({ name, required, default: value }) => (required ? name : `${name}=${value ?? "…"}`)).join(", ") || "nothing"}.`;
}

/** A signature with the fields that Celery writes into each. */
function completed(value: unknown): Json {
  return (isObject(value) ? { args: [], immutable: false, kwargs: {}, options: {}, subtask_type: null, ...value } : value) as Json;
}
