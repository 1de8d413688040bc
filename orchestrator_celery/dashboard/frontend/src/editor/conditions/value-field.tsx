/** The value of a row: an input that suits its kind. */
import { useState, type ReactNode } from "react";
import { FIELD } from "@/parts/dialog";
import { is, isMoment, TYPES, type Expression, type Json } from "./expression";
import { isPath, type Row } from "./rows";
import type { Scope } from "./sample";
import { TextLine } from "./text-line";
import { asKind, elementsOf, KIND_LABELS, kindOf, listText, type ValueKind } from "./values";

interface ValueFieldProps {
  name: string;
  row: Row;
  scope: Scope;
  onChange: (value: Expression) => void;
}

export function ValueField({ name, row, scope, onChange }: ValueFieldProps): ReactNode {
  if (row.comparison === "is_type") return <Choice label={`Type of condition ${name}`} value={String(row.right)} options={TYPES} onChange={onChange} />;
  if (row.comparison === "matches")
    return (
      <Typed label={`Pattern of condition ${name}`} value={String(row.right)} write={(value) => value} read={(text) => text} refusal="" onChange={onChange} placeholder="^order-[0-9]+$" />
    );
  const kinds: ValueKind[] = row.comparison === "in" ? ["list", "expression"] : [...KIND_LABELS.keys()];
  const kind = kindOf(row.right);
  return (
    <div className="flex min-w-0 flex-1 items-start gap-1">
      <select
        className={`${FIELD} w-[84px] shrink-0 text-sm`}
        aria-label={`Kind of the value of condition ${name}`}
        value={kind}
        onChange={(event) => onChange(asKind(row.right, event.target.value as ValueKind))}
      >
        {(kinds.includes(kind) ? kinds : [kind, ...kinds]).map((each) => (
          <option key={each} value={each}>
            {KIND_LABELS.get(each)}
          </option>
        ))}
      </select>
      <Input label={`Compared value of condition ${name}`} kind={kind} value={row.right} scope={scope} onChange={onChange} />
    </div>
  );
}

function Input({ label, kind, value, scope, onChange }: { label: string; kind: ValueKind; value: Expression; scope: Scope; onChange: (value: Expression) => void }): ReactNode {
  switch (kind) {
    case "null":
      return null;
    case "bool":
      return <Choice label={label} value={String(value)} options={["true", "false"]} onChange={(text) => onChange(text === "true")} />;
    case "number":
      return <Typed key={kind} label={label} value={value as number} write={String} read={numberOf} refusal="A number is expected, such as 0.5." onChange={onChange} />;
    case "list":
      return (
        <Typed key={kind} label={label} value={is(value, "value") && Array.isArray(value[1]) ? value[1] : []} write={listText} read={elementsOf} refusal="A bracket or a quotation mark is open." placeholder="DE, FR" onChange={(elements) => onChange(["value", elements])} />
      );
    case "date":
      return (
        <Typed key={kind} label={label} value={is(value, "datetime") ? String(value[1]) : ""} write={String} read={(text) => (isMoment(text) ? text : null)} refusal="A date with its timezone is expected, such as 2030-01-01T00:00:00Z." onChange={(text) => onChange(["datetime", text])} />
      );
    case "text":
      return <Typed key={kind} label={label} value={String(value)} write={String} read={(text) => text} refusal="" onChange={onChange} />;
    default:
      return (
        <div className="min-w-0 flex-1">
          <TextLine label={label} value={value} scope={scope} atOnce={isPath} onChange={(next) => next !== undefined && onChange(next)} />
        </div>
      );
  }
}

interface TypedProps<Value> {
  label: string;
  value: Value;
  write: (value: Value) => string;
  /** The value of a text; null if it has none. */
  read: (text: string) => Value | null;
  refusal: string;
  placeholder?: string;
  onChange: (value: Value) => void;
}

/** An input whose text may be wrong for a while; then the value stays as it was. */
function Typed<Value extends Json>({ label, value, write, read, refusal, placeholder, onChange }: TypedProps<Value>): ReactNode {
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null);
  const written = write(value);
  const live = draft?.of === written ? draft : null;
  const text = live?.text ?? written;
  const wrong = live !== null && read(text) === null;
  return (
    <div className="min-w-0 flex-1">
      <input
        className={`${FIELD} w-full font-mono text-sm`}
        dir="auto"
        spellCheck={false}
        autoComplete="off"
        aria-label={label}
        aria-invalid={wrong}
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          const next = read(event.target.value);
          setDraft({ text: event.target.value, of: next === null ? written : write(next) });
          if (next !== null && write(next) !== written) onChange(next);
        }}
        onBlur={() => (wrong ? undefined : setDraft(null))}
      />
      {wrong ? (
        <p role="alert" className="m-0 mt-1 text-sm text-failed">
          {refusal}
        </p>
      ) : null}
    </div>
  );
}

function Choice({ label, value, options, onChange }: { label: string; value: string; options: readonly string[]; onChange: (value: string) => void }): ReactNode {
  return (
    <select className={`${FIELD} flex-1`} aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {(options.includes(value) ? options : [value, ...options]).map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}

function numberOf(text: string): number | null {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : null;
}
