/** An expression as text, until the builder of conditions stands in its place. */
import { useEffect, useState, type ReactNode } from "react";
import { Field, INPUT } from "@/parts/dialog";
import { parse } from "../conditions/grammar";
import type { Expression } from "../model/document";
import { expressionText } from "../model/expressions";

export interface ExpressionProps {
  value: Expression;
  onChange: (value: Expression) => void;
  label: string;
  names: string[];
  sample: { result?: unknown; nodes?: Record<string, unknown>; run_input?: unknown };
  problem: string | null;
}

export function ConditionInput({ value, onChange, label, problem }: ExpressionProps): ReactNode {
  const told = expressionText(value);
  const [text, setText] = useState(told);
  const parsed = parse(text);
  useEffect(() => setText((old) => (parse(old).expression !== undefined && expressionText(parse(old).expression ?? null) === told ? old : told)), [told]);
  return (
    <Field label={label} error={parsed.error?.message ?? problem ?? undefined}>
      <textarea
        dir="ltr"
        spellCheck={false}
        rows={Math.min(6, 1 + Math.floor(text.length / 36))}
        className={`${INPUT} h-auto min-h-[30px] py-1 font-mono text-[12px]`}
        aria-invalid={Boolean(parsed.error)}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const next = parse(event.target.value);
          if (next.expression !== undefined) onChange(next.expression);
        }}
      />
    </Field>
  );
}

export const ExpressionInput = ConditionInput;
