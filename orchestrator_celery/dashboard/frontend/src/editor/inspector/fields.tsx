/** The small fields of the inspector. Each writes a command at once; typing in one field is one step of undo. */
import { useEffect, useState, type ReactNode } from "react";
import { Field, FIELD, INPUT } from "@/parts/dialog";

export function TextField({ label, hint, value, onChange, placeholder, area = false }: { label: ReactNode; hint?: string; value: string; onChange: (value: string) => void; placeholder?: string; area?: boolean }): ReactNode {
  return (
    <Field label={label} hint={hint}>
      {area ? (
        <textarea dir="auto" className={`${INPUT} h-16 py-1`} value={value} placeholder={placeholder} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input dir="auto" className={INPUT} value={value} placeholder={placeholder} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}

/** A number, or nothing. What is no allowed number stays in the field and is not written. */
export function NumberField({ label, hint, value, onChange, least, whole = true, placeholder }: { label: string; hint?: string; value: number | undefined | null; onChange: (value: number | undefined) => void; least: number; whole?: boolean; placeholder?: string }): ReactNode {
  const [text, setText] = useState(value === undefined || value === null ? "" : String(value));
  useEffect(() => setText((old) => (old.trim() !== "" && Number(old) === value ? old : value === undefined || value === null ? "" : String(value))), [value]);
  const number = Number(text);
  const wrong = text.trim() !== "" && (!Number.isFinite(number) || number < least || (whole && !Number.isInteger(number)));
  return (
    <Field label={label} hint={hint} error={wrong ? `Give a ${whole ? "whole " : ""}number of at least ${least}.` : undefined}>
      <input
        className={INPUT}
        inputMode="decimal"
        aria-invalid={wrong}
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          setText(event.target.value);
          const next = event.target.value.trim();
          if (next === "") onChange(undefined);
          else if (Number.isFinite(Number(next)) && Number(next) >= least && (!whole || Number.isInteger(Number(next)))) onChange(Number(next));
        }}
      />
    </Field>
  );
}

export function ChoiceField<T extends string>({ label, hint, value, options, onChange }: { label: string; hint?: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }): ReactNode {
  return (
    <Field label={label} hint={hint}>
      <select className={INPUT} value={value} onChange={(event) => onChange(event.target.value as T)}>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Words separated by commas, such as error classes or tags. */
export function WordsField({ label, hint, value, onChange, placeholder }: { label: string; hint?: string; value: readonly string[]; onChange: (value: string[]) => void; placeholder?: string }): ReactNode {
  const [text, setText] = useState(value.join(", "));
  const words = wordsOf(text);
  const told = value.join("\n");
  useEffect(() => setText((old) => (wordsOf(old).join("\n") === told ? old : told.split("\n").filter(Boolean).join(", "))), [told]);
  return (
    <Field label={label} hint={hint}>
      <input
        dir="auto"
        className={INPUT}
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          setText(event.target.value);
          const next = wordsOf(event.target.value);
          if (next.join("\n") !== words.join("\n")) onChange(next);
        }}
      />
    </Field>
  );
}

function wordsOf(text: string): string[] {
  return text.split(",").map((word) => word.trim()).filter(Boolean);
}

export function CheckField({ label, hint, checked, onChange, disabled }: { label: string; hint?: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean }): ReactNode {
  return (
    <label className="flex items-start gap-2">
      <input type="checkbox" className="m-0 mt-[3px] accent-[var(--accent)]" checked={checked} disabled={disabled} onChange={() => onChange(!checked)} />
      <span>
        {label}
        {hint ? <span className="block text-sm text-faint">{hint}</span> : null}
      </span>
    </label>
  );
}

export function JsonField({ label, hint, value, onChange, empty }: { label: string; hint?: string; value: unknown; onChange: (value: unknown) => void; empty?: unknown }): ReactNode {
  const [text, setText] = useState(JSON.stringify(value) ?? "");
  const told = JSON.stringify(value) ?? "";
  useEffect(() => setText((old) => (compactOf(old) === told ? old : told)), [told]);
  const [wrong, setWrong] = useState("");
  return (
    <Field label={label} hint={hint} error={wrong || undefined}>
      <textarea
        dir="ltr"
        spellCheck={false}
        className={`${INPUT} h-auto min-h-[30px] py-1 font-mono text-[12px]`}
        rows={Math.min(8, text.split("\n").length + Math.floor(text.length / 44))}
        aria-invalid={Boolean(wrong)}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          try {
            onChange(event.target.value.trim() === "" && empty !== undefined ? empty : JSON.parse(event.target.value));
            setWrong("");
          } catch (error) {
            setWrong(error instanceof Error ? error.message : "This is not JSON.");
          }
        }}
      />
    </Field>
  );
}

function compactOf(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return null;
  }
}

export function Section({ title, children, count }: { title: string; children: ReactNode; count?: ReactNode }): ReactNode {
  return (
    <section aria-label={title} className="flex flex-col gap-3 border-t border-line px-3 py-3">
      <h3 className="text-xs font-[600] text-faint">
        {title} {count}
      </h3>
      {children}
    </section>
  );
}

export { FIELD };
