/** The fields of an object whose names are free, such as the variants of a test: each entry has a name and a value. */
import { useState, type ReactNode } from "react";
import { Button } from "./button";
import { Field, INPUT, withCode } from "./dialog";

export interface MapFieldsProps {
  title: string;
  hint: string | undefined;
  error: string | undefined;
  value: unknown;
  /** The first value of a new entry. */
  first: () => unknown;
  onChange: (value: Record<string, unknown>) => void;
  /** Draws the field of a value. */
  field: (key: string, value: unknown, onChange: (value: unknown) => void) => ReactNode;
}

export function MapFields({ title, hint, error, value, first, onChange, field }: MapFieldsProps): ReactNode {
  const entries = Object.entries(value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
  const write = (next: readonly (readonly [string, unknown])[]): void => onChange(Object.fromEntries(next));
  const free = (): string => {
    for (let number = entries.length + 1; ; number += 1) if (!entries.some(([key]) => key === `name ${number}`)) return `name ${number}`;
  };
  return (
    <fieldset className="m-0 flex min-w-0 flex-col gap-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-[550] text-muted">{title}</legend>
      {hint ? <p className="m-0 text-sm text-faint">{withCode(hint)}</p> : null}
      {entries.map(([key, each], index) => (
        <div key={index} className="flex items-start gap-2 max-sm:flex-wrap">
          <Name name={key} taken={entries.map(([other]) => other)} onChange={(name) => write(entries.map((entry, other) => (other === index ? [name, entry[1]] : entry)))} />
          <div className="min-w-0 flex-[2]">{field(key, each, (next) => write(entries.map((entry, other) => (other === index ? [entry[0], next ?? null] : entry))))}</div>
          <Button kind="quiet" icon="close" className="mt-[22px]" aria-label={`Remove ${key}`} onClick={() => write(entries.filter((_, other) => other !== index))} />
        </div>
      ))}
      {error ? <p className="m-0 text-sm text-failed">{error}</p> : null}
      <Button small icon="plus" className="self-start" onClick={() => write([...entries, [free(), first()]])}>
        Add
      </Button>
    </fieldset>
  );
}

/** The name of an entry. A name that another entry has stays in the field and is not written. */
function Name({ name, taken, onChange }: { name: string; taken: readonly string[]; onChange: (name: string) => void }): ReactNode {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && text !== name && taken.includes(text) ? "Another entry has this name." : undefined;
  return (
    <div className="min-w-0 flex-1 max-sm:basis-full">
      <Field label="Name" error={wrong}>
        <input
          dir="auto"
          className={INPUT}
          aria-invalid={Boolean(wrong)}
          value={text ?? name}
          onChange={(event) => {
            setText(event.target.value);
            if (!taken.includes(event.target.value)) onChange(event.target.value);
          }}
          onBlur={() => setText(null)}
        />
      </Field>
    </div>
  );
}
