/** A field for a value that a graph computes: an input of a node, or the list of a map. */
import type { ReactNode } from "react";
import type { Expression } from "./expression";
import { preview, sampleOf, type Sample } from "./sample";
import { TextLine } from "./text-line";

export interface ExpressionFieldProps {
  value: Expression | undefined;
  onChange: (value: Expression | undefined) => void;
  label: string;
  /** The names of the graph's nodes. */
  names: readonly string[];
  sample?: Sample | undefined;
  problem?: string | null | undefined;
  /** Whether the field may be empty; then `onChange` gets undefined. */
  optional?: boolean;
  placeholder?: string;
  hint?: ReactNode;
}

export function ExpressionField({ value, onChange, label, names, sample, problem, optional = false, placeholder = "result.total", hint }: ExpressionFieldProps): ReactNode {
  const found = Array.isArray(value) ? sampleOf(value, sample) : null;
  return (
    <div className="min-w-0">
      <span aria-hidden className="mb-1 block text-sm font-[550] text-muted">
        {label}
        {optional ? <span className="ml-1 font-normal text-faint">optional</span> : null}
      </span>
      <TextLine label={label} value={value} onChange={onChange} scope={{ names, sample }} optional={optional} placeholder={placeholder} problem={problem} />
      {found ? (
        <p className="m-0 mt-1 truncate text-sm text-faint">
          in the sample: <code>{preview(found.value)}</code>
        </p>
      ) : hint ? (
        <p className="m-0 mt-1 text-sm text-faint">{hint}</p>
      ) : null}
    </div>
  );
}
