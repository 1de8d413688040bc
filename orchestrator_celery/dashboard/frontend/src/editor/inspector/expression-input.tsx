/** Fields for conditions and for values, with what the editor knows for their completion. */
import type { ReactNode } from "react";
import { ConditionField } from "../conditions/condition-field";
import { ExpressionField } from "../conditions/expression-field";
import type { Expression } from "../model/document";

export interface ExpressionProps {
  value: Expression;
  onChange: (value: Expression) => void;
  label: string;
  names: string[];
  sample: { result?: unknown; nodes?: Record<string, unknown>; run_input?: unknown };
  problem: string | null;
}

export function ConditionInput(props: ExpressionProps): ReactNode {
  return <ConditionField {...props} />;
}

export function ExpressionInput({ onChange, ...props }: ExpressionProps): ReactNode {
  return <ExpressionField {...props} onChange={(value) => (value === undefined ? undefined : onChange(value))} />;
}
