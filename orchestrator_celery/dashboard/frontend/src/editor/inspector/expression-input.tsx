/** An expression as JSON, until the builder of conditions stands in its place. */
import type { ReactNode } from "react";
import type { Expression } from "../model/document";
import { expressionText } from "../model/expressions";
import { JsonField } from "./fields";

export interface ExpressionProps {
  value: Expression;
  onChange: (value: Expression) => void;
  label: string;
  names: string[];
  sample: { result?: unknown; nodes?: Record<string, unknown>; run_input?: unknown };
  problem: string | null;
}

export function ConditionInput({ value, onChange, label, problem }: ExpressionProps): ReactNode {
  return (
    <div>
      <JsonField label={label} hint={expressionText(value)} value={value} onChange={(next) => onChange(next as Expression)} />
      {problem ? <p className="m-0 mt-1 text-sm text-failed">{problem}</p> : null}
    </div>
  );
}

export const ExpressionInput = ConditionInput;
