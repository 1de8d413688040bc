/** The arguments of a node's task: a form from its signature, and what is missing or too much. */
import { useMemo, type ReactNode } from "react";
import { Button } from "@/parts/button";
import { Field, INPUT } from "@/parts/dialog";
import { SchemaForm } from "@/parts/schema-form";
import { Note } from "@/parts/states";
import { schemaOfParameters } from "@/parts/task-schema";
import type { Task } from "../api";
import { fitOf } from "../model/arguments";
import type { Expression, Json, NodeEntry, Signature } from "../model/document";
import { ExpressionInput, type ExpressionProps } from "./expression-input";
import { CheckField, JsonField, Section } from "./fields";

interface Props {
  node: NodeEntry;
  task: Task | undefined;
  onSignature: (change: Partial<Signature>, field: string) => void;
  onInputs: (inputs: Record<string, Expression> | undefined, field: string) => void;
  names: string[];
  sample: ExpressionProps["sample"];
}

export function ArgumentsSection({ node, task, onSignature, onInputs, names, sample }: Props): ReactNode {
  const signature = node.signature;
  const parameters = useMemo(() => task?.parameters ?? null, [task]);
  const fit = useMemo(() => (parameters ? fitOf(node, parameters) : null), [node, parameters]);
  const inputs = node.inputs ?? {};
  const schema = useMemo(() => schemaOfParameters((fit?.open ?? []).filter(({ name }) => !(name in (node.inputs ?? {})))), [fit, node.inputs]);
  if (!signature) return null;
  const kwargs = signature.kwargs ?? {};
  const unknown = Object.keys(kwargs).filter((name) => !(name in (schema.properties ?? {})));
  const setInput = (name: string, value: Expression | undefined): void => {
    const next = Object.fromEntries(Object.entries({ ...inputs, [name]: value }).filter(([, each]) => each !== undefined)) as Record<string, Expression>;
    onInputs(Object.keys(next).length ? next : undefined, `input ${name}`);
  };
  const free = (fit?.open ?? []).map(({ name }) => name).filter((name) => !(name in inputs));
  return (
    <Section title="Arguments">
      {fit?.missing.length ? (
        <Note tone="suspended">
          Missing: <b className="font-[580]">{fit.missing.join(", ")}</b>. Give a value or an input.
        </Note>
      ) : null}
      {fit?.extra.length ? (
        <Note tone="suspended">
          The task does not take: <b className="font-[580]">{fit.extra.join(", ")}</b>.
        </Note>
      ) : null}
      {parameters === null ? <p className="m-0 text-sm text-muted">{task ? "No worker tells what this task takes: write its arguments as JSON." : "No live worker has this task: write its arguments as JSON."}</p> : null}
      <CheckField
        label="Takes the result of the step before"
        hint={fit?.before ? `as ${fit.before}` : signature.immutable ? undefined : "as its first argument"}
        checked={signature.immutable !== true}
        onChange={(takes) => onSignature({ immutable: !takes }, "immutable")}
      />
      {parameters === null || signature.args?.length ? <JsonField label="Arguments by position" value={signature.args ?? []} empty={[]} onChange={(args) => (Array.isArray(args) ? onSignature({ args: args as Json[] }, "args") : undefined)} /> : null}
      {parameters === null || (unknown.length && !Object.keys(schema.properties ?? {}).length) ? (
        <JsonField label="Arguments by name" value={kwargs} empty={{}} onChange={(next) => (next && typeof next === "object" && !Array.isArray(next) ? onSignature({ kwargs: next as Record<string, Json> }, "kwargs") : undefined)} />
      ) : Object.keys(schema.properties ?? {}).length ? (
        <SchemaForm schema={schema} value={kwargs} onChange={(next) => (next && typeof next === "object" && !Array.isArray(next) ? onSignature({ kwargs: next as Record<string, Json> }, "kwargs") : undefined)} />
      ) : null}
      {Object.entries(inputs).map(([name, value]) => (
        <div key={name} className="flex items-start gap-1">
          <div className="min-w-0 flex-1">
            <ExpressionInput label={`${name} from`} value={value} names={names} sample={sample} problem={null} onChange={(next) => setInput(name, next)} />
          </div>
          <Button small kind="quiet" icon="close" className="mt-[22px]" aria-label={`Remove the input ${name}`} onClick={() => setInput(name, undefined)} />
        </div>
      ))}
      {parameters !== null && !free.length ? null : (
      <Field label="Take a value from an earlier node">
        {free.length ? (
          <select className={INPUT} value="" onChange={(event) => (event.target.value ? setInput(event.target.value, ["result"]) : undefined)}>
            <option value="">Choose an argument…</option>
            {free.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : (
          <NewInput taken={inputs} onAdd={(name) => setInput(name, ["result"])} />
        )}
      </Field>
      )}
    </Section>
  );
}

function NewInput({ taken, onAdd }: { taken: Record<string, unknown>; onAdd: (name: string) => void }): ReactNode {
  return (
    <input
      className={INPUT}
      placeholder="name of the argument, then Enter"
      onKeyDown={(event) => {
        const name = event.currentTarget.value.trim();
        if (event.key !== "Enter" || !name || name in taken) return;
        event.preventDefault();
        event.currentTarget.value = "";
        onAdd(name);
      }}
    />
  );
}
