/** A form from a JSON Schema, and the same value as JSON beside it. */
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Button } from "./button";
import { Field, INPUT, withCode } from "./dialog";
import { MapFields } from "./map-fields";
import { blank, problemsOf, resolve, valuesOf, type Schema } from "./schema";
import { Switch } from "./switch";
import { Check } from "./table";

/** Types whose field has its label above it. */
const LABELLED = new Set(["string", "integer", "number", ""]);

const JsonEditor = lazy(() => import("./json-editor"));

export interface SchemaFormProps {
  schema: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The form with its switch between fields and JSON. A schema without a type has only the JSON side. */
export function SchemaForm({ schema, value, onChange }: SchemaFormProps): ReactNode {
  const [raw, setRaw] = useState(!resolve(schema, schema).type);
  const [text, setText] = useState<string | null>(null);
  const [broken, setBroken] = useState("");
  const json = text ?? JSON.stringify(value ?? null, null, 2);
  return (
    <div className="flex flex-col gap-3">
      <Switch
        label="Edit as"
        options={["Form", "JSON"]}
        chosen={raw ? 1 : 0}
        // Broken JSON has no form; the text is kept until it is right.
        refused={broken !== "" ? [0] : []}
        onChoose={(index) => {
          setText(null);
          setRaw(index === 1);
        }}
      />
      {raw ? (
        <>
          <Suspense fallback={<textarea aria-label="JSON" className={`${INPUT} h-40! font-mono`} readOnly value={json} />}>
            <JsonEditor
              value={json}
              onChange={(next) => {
                setText(next);
                try {
                  onChange(JSON.parse(next));
                  setBroken("");
                } catch (error) {
                  setBroken(error instanceof Error ? error.message : "This is not JSON.");
                }
              }}
            />
          </Suspense>
          {broken ? (
            <p role="alert" className="m-0 text-sm text-failed">
              {broken}
            </p>
          ) : null}
        </>
      ) : (
        <Node root={schema} schema={schema} value={value} onChange={onChange} name="" path="" problems={problemsOf(schema, value)} />
      )}
    </div>
  );
}

interface NodeProps {
  root: Schema;
  schema: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
  name: string;
  path: string;
  required?: boolean;
  problems: Map<string, string>;
}

function Node(props: NodeProps): ReactNode {
  const schema = resolve(props.schema, props.root);
  if (schema.type === "object" && schema.properties) return <ObjectFields {...props} schema={schema} />;
  const values = valuesOf(schema);
  if (values)
    return (
      <MapFields
        title={schema.title ?? props.name}
        hint={schema.description}
        error={props.problems.get(props.path)}
        value={props.value}
        first={() => blank(values, props.root)}
        onChange={props.onChange}
        field={(key, value, onChange) => <Node root={props.root} schema={values} name="Value" path={`${props.path}.${key}`} value={value} required problems={props.problems} onChange={onChange} />}
      />
    );
  if (schema.type === "array") return <ArrayFields {...props} schema={schema} />;
  const label = (
    <>
      {schema.title ?? props.name}
      {props.required ? null : <span className="ml-1 font-normal text-faint">optional</span>}
    </>
  );
  const error = props.problems.get(props.path);
  if (schema.type === "boolean")
    return (
      <label className="flex items-center gap-2">
        <Check label={schema.title ?? props.name} checked={props.value === true} onChange={() => props.onChange(props.value !== true)} />
        <span>{schema.title ?? props.name}</span>
        {schema.description ? <span className="text-sm text-faint">{withCode(schema.description)}</span> : null}
      </label>
    );
  return (
    <Field label={label} hint={withCode(schema.description)} error={error}>
      <Input {...props} schema={schema} invalid={Boolean(error)} />
    </Field>
  );
}

function Input({ schema, value, onChange, invalid, required }: NodeProps & { invalid: boolean }): ReactNode {
  if (schema.enum)
    return (
      <select className={INPUT} aria-invalid={invalid} value={JSON.stringify(value ?? null)} onChange={(event) => onChange(JSON.parse(event.target.value))}>
        {required ? null : <option value="null">–</option>}
        {schema.enum.map((each) => (
          <option key={JSON.stringify(each)} value={JSON.stringify(each)}>
            {String(each)}
          </option>
        ))}
      </select>
    );
  if (schema.type === "integer" || schema.type === "number")
    return (
      <input
        className={INPUT}
        type="number"
        aria-invalid={invalid}
        step={schema.type === "integer" ? 1 : "any"}
        min={schema.minimum}
        max={schema.maximum}
        value={typeof value === "number" ? value : ""}
        onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
      />
    );
  if (schema.type === "string") {
    const text = typeof value === "string" ? value : "";
    const change = (next: string): void => onChange(next === "" && !required ? undefined : next);
    return text.length > 60 || text.includes("\n") ? (
      <textarea dir="auto" className={`${INPUT} h-24! py-1`} aria-invalid={invalid} value={text} onChange={(event) => change(event.target.value)} />
    ) : (
      <input dir="auto" className={INPUT} aria-invalid={invalid} value={text} onChange={(event) => change(event.target.value)} />
    );
  }
  return <AnyInput value={value} onChange={onChange} invalid={invalid} />;
}

/** A value of any type: JSON, and text that is not JSON is a string. */
function AnyInput({ value, onChange, invalid }: { value: unknown; onChange: (value: unknown) => void; invalid: boolean }): ReactNode {
  const [text, setText] = useState(value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  return (
    <input
      className={`${INPUT} font-mono`}
      aria-invalid={invalid}
      placeholder="text or JSON"
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        if (event.target.value === "") onChange(undefined);
        else
          try {
            onChange(JSON.parse(event.target.value));
          } catch {
            onChange(event.target.value);
          }
      }}
    />
  );
}

function ObjectFields({ root, schema, value, onChange, name, path, problems }: NodeProps): ReactNode {
  const object = (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {}) as Record<string, unknown>;
  const fields = Object.entries(schema.properties ?? {}).map(([key, part]) => (
    <Node
      key={key}
      root={root}
      schema={part}
      name={key}
      path={path ? `${path}.${key}` : key}
      value={object[key]}
      required={schema.required?.includes(key) ?? false}
      problems={problems}
      onChange={(next) => {
        const rest = Object.fromEntries(Object.entries(object).filter(([other]) => other !== key));
        // Optional and empty means absent, so that the task's own default applies.
        onChange(next === undefined ? rest : { ...object, [key]: next });
      }}
    />
  ));
  if (!path) return fields.length ? <div className="flex flex-col gap-3">{fields}</div> : <p className="m-0 text-muted">It takes no input.</p>;
  return (
    <fieldset className="m-0 flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-[550] text-muted">{schema.title ?? name}</legend>
      {fields}
    </fieldset>
  );
}

function ArrayFields({ root, schema, value, onChange, name, path, problems }: NodeProps): ReactNode {
  const items = Array.isArray(value) ? value : [];
  const part = schema.items ?? {};
  return (
    <fieldset className="m-0 flex flex-col gap-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-[550] text-muted">{schema.title ?? name}</legend>
      {items.map((item, index) => (
        <div key={index} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <Node
              root={root}
              schema={part}
              name={String(index + 1)}
              path={`${path}.${index}`}
              value={item}
              required
              problems={problems}
              onChange={(next) => onChange(items.map((each, other) => (other === index ? (next === undefined ? null : next) : each)))}
            />
          </div>
          <Button kind="quiet" icon="close" className={LABELLED.has(resolve(part, root).type ?? "") ? "mt-[22px]" : "mt-[10px]"} aria-label={`Remove ${index + 1}`} onClick={() => onChange(items.filter((_, other) => other !== index))} />
        </div>
      ))}
      <Button small icon="plus" className="self-start" onClick={() => onChange([...items, blank(part, root)])}>
        Add
      </Button>
    </fieldset>
  );
}
