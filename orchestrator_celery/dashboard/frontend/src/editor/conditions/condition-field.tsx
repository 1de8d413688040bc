/** A field for the condition of an edge: a line of text, and rows that anybody can fill in. Both edit one expression. */
import { useId, useState, type ReactNode } from "react";
import { Icon } from "@/parts/icons";
import { Builder } from "./builder";
import type { Expression } from "./expression";
import type { Sample } from "./sample";
import { TextLine } from "./text-line";

export interface ConditionFieldProps {
  /** Undefined for a condition that is not written yet. */
  value: Expression | undefined;
  onChange: (value: Expression) => void;
  label: string;
  /** The names of the graph's nodes. */
  names: readonly string[];
  /** Outputs of an earlier run, for completion. */
  sample?: Sample | undefined;
  problem?: string | null | undefined;
  /** Whether the rows are shown at first. */
  expanded?: boolean;
}

export function ConditionField({ value, onChange, label, names, sample, problem, expanded = true }: ConditionFieldProps): ReactNode {
  const [open, setOpen] = useState(expanded);
  const rows = useId();
  const scope = { names, sample };
  const change = (next: Expression | undefined): void => {
    if (next !== undefined) onChange(next);
  };
  return (
    <div role="group" aria-label="Condition" className="min-w-0">
      <div className="mb-1 flex items-center justify-between gap-2">
        <span aria-hidden className="text-sm font-[550] text-muted">
          {label}
        </span>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={rows}
          className="inline-flex items-center gap-1 rounded-sm px-1 text-sm text-muted hover:text-ink"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? "chevronDown" : "chevronRight"} size={11} />
          Builder
        </button>
      </div>
      <TextLine label={`${label}, as text`} value={value} onChange={change} scope={scope} placeholder='result.score >= 0.8 and result.country in ["DE"]' problem={problem} />
      <div id={rows} className={open ? "mt-2" : "hidden"}>
        {open ? <Builder value={value} onChange={onChange} scope={scope} /> : null}
      </div>
    </div>
  );
}
